import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from neuropil.cells import leaky_integrator, lif
from neuropil.connectivity import Dense, ProjectionDelay
from neuropil.core import Input, Network, Projection, Record, detach, learnable_mask, simulate
from neuropil.training import fit, simulate_truncated

from .._selection import mostly_slow
from .problems import KEY, LOSS, SGD, close, options, spikes


def recurrent():
    k1, k2, k3 = jax.random.split(KEY, 3)
    return Network(
        {"input": Input(6), "hidden": lif(5, tau=8.0), "output": leaky_integrator(2)},
        (
            Projection("input", "hidden", Dense(6, 5), jax.random.normal(k1, (6, 5))),
            Projection(
                "hidden", "hidden", Dense(5, 5, ProjectionDelay(1)), jax.random.normal(k2, (5, 5))
            ),
            Projection(
                "hidden", "output", Dense(5, 2, ProjectionDelay(2)), jax.random.normal(k3, (5, 2))
            ),
        ),
        "output",
    )


def gradient(objective):
    params, rest = eqx.partition(recurrent(), learnable_mask(recurrent()))
    return jax.jit(jax.grad(lambda p: objective(eqx.combine(p, rest))))(params)


X, Y = spikes(4, ticks=13)
TIME_FIRST = jnp.asarray(X).swapaxes(0, 1)


def cut(node, every):
    """The truncated run as one would write it by hand."""
    state, outputs = None, []
    for start in range(0, 13, every):
        state, records = simulate(
            node, TIME_FIRST[start : start + every], dt=1.0, key=KEY, state=state
        )
        state = detach(state)
        outputs.append(records.output)
    return jnp.concatenate(outputs)


def judged(output):
    from neuropil.core import Records

    return LOSS(Records(output, {}), Y).mean()


@pytest.mark.parametrize("every", mostly_slow(4, 1, 5, 13, 20))
def test_gradient_is_that_of_the_run_cut_by_hand(every):
    def library(node):
        return judged(simulate_truncated(node, TIME_FIRST, every=every, dt=1.0, key=KEY)[1].output)

    assert close(gradient(library), gradient(lambda node: judged(cut(node, every))))


def test_cutting_changes_the_gradient_but_not_the_values():
    full, truncated = gradient(lambda n: judged(cut(n, 13))), gradient(lambda n: judged(cut(n, 4)))
    assert not close(full, truncated)
    node = recurrent()
    _, one = simulate(node, TIME_FIRST, dt=1.0, key=KEY)
    _, other = simulate_truncated(node, TIME_FIRST, every=4, dt=1.0, key=KEY)
    assert np.array_equal(one.output, other.output)


@pytest.mark.slow
def test_for_a_sum_over_time_it_is_the_sum_of_the_chunks_gradients():
    def of_time(output, start):
        weight = jnp.arange(start, start + output.shape[0])[:, None, None]
        return jnp.sum(weight * jnp.square(output))

    def whole(node):
        return of_time(simulate_truncated(node, TIME_FIRST, every=5, dt=1.0, key=KEY)[1].output, 0)

    state, parts = None, []
    for start in range(0, 13, 5):
        chunk, before = TIME_FIRST[start : start + 5], state

        def one(node, chunk=chunk, before=before, start=start):
            _, records = simulate(node, chunk, dt=1.0, key=KEY, state=before)
            return of_time(records.output, start)

        parts.append(gradient(one))
        state, _ = simulate(recurrent(), chunk, dt=1.0, key=KEY, state=before)
    assert close(gradient(whole), jax.tree.map(lambda *g: sum(g), *parts), 1e-4)


def test_records_and_state_are_those_of_a_whole_run():
    record = {"v": Record("hidden.v")}
    one = simulate(recurrent(), TIME_FIRST, dt=1.0, key=KEY, record=record)
    other = simulate_truncated(recurrent(), TIME_FIRST, every=3, dt=1.0, key=KEY, record=record)
    assert close(one, other)


def test_fit_truncates():
    settings = options(optimizer=SGD, epochs=1, batch_size=4)
    params = eqx.filter(recurrent(), learnable_mask(recurrent()))
    for every in (4, 13):
        node = fit(recurrent(), (X, Y), truncate=every, **settings).node
        found = eqx.filter(node, learnable_mask(node))
        step = gradient(lambda n, every=every: judged(cut(n, every)))
        assert close(found, jax.tree.map(lambda p, g: p - 0.1 * g, params, step))
