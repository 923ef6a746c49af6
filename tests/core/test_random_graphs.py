"""However a network is put together, a run means the plain scan of its step."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from neuropil.core import Network, Tick, simulate

from ..contract._cases import assert_close, inputs_for
from ._graphs import networks

TIME, DT, KEY = 11, 0.5, jax.random.key(11)
graphs = given(networks(), st.integers(0, 99), st.sampled_from([None, 1, 4, 11]))
quiet = {"deadline": None, "derandomize": True, "suppress_health_check": list(HealthCheck)}


def plainly(network, inputs):
    """The meaning, stated without any of the machinery of `simulate`."""

    def step(state, x):
        index, now = x
        return network.step(state, now, Tick(index, DT, jax.random.fold_in(KEY, index)))

    return jax.lax.scan(step, network.init(key=KEY), (jnp.arange(TIME), inputs))


def in_blocks(network, inputs, checkpoint):
    state, records = simulate(network, inputs, dt=DT, key=KEY, checkpoint=checkpoint)
    return state.node, records.output


def some_inputs(network, rng):
    """Inputs at a random choice of ports, at least one."""
    inputs = inputs_for(network, TIME)
    chosen = [port for port in inputs if rng.random() < 0.7] or list(inputs)[:1]
    return {port: jnp.asarray(inputs[port]) for port in chosen}


def score_of(network, rng):
    """Return the parameters, and a scalar function of parameters, inputs and a way to run."""
    arrays, rest = eqx.partition(network, eqx.is_inexact_array)
    cotangent = rng.normal(size=(TIME, *network.shape)).astype(np.float32)

    def score(arrays, inputs, run):
        state, output = run(eqx.combine(arrays, rest), inputs)
        return jnp.sum(output * cotangent), (state, output)

    return arrays, score


def check_against_plain_scan(network: Network, seed: int, checkpoint: int | None):
    rng = np.random.default_rng(seed)
    inputs = some_inputs(network, rng)
    arrays, score = score_of(network, rng)

    def differentiated(run):
        of = jax.value_and_grad(lambda *x: score(*x, run), (0, 1), has_aux=True)
        (_, results), gradient = jax.jit(of)(arrays, inputs)
        return results, gradient

    expected = differentiated(plainly)
    largest = max(float(jnp.max(jnp.abs(x))) for x in jax.tree.leaves(expected))
    assume(largest < 100.0)  # what grows without end grows what rounding leaves, NaN in the end
    assert_close(differentiated(lambda *x: in_blocks(*x, checkpoint)), expected)
    return expected[1]


@settings(max_examples=3, **quiet)
@graphs
def test_a_run_is_the_plain_scan(network, seed, checkpoint):
    check_against_plain_scan(network, seed, checkpoint)


@pytest.mark.slow
@settings(max_examples=25, **quiet)
@graphs
def test_many_runs_are_plain_scans_in_forward_mode_too(network, seed, checkpoint):
    gradient = check_against_plain_scan(network, seed, checkpoint)
    rng = np.random.default_rng(seed)
    inputs = some_inputs(network, rng)
    arrays, score = score_of(network, rng)

    def draw(x):
        return jnp.asarray(rng.normal(size=x.shape), x.dtype)

    direction = jax.tree.map(draw, (arrays, inputs))

    @jax.jit
    def along(point, direction):
        def of(*point):
            return score(*point, lambda *x: in_blocks(*x, checkpoint))[0]

        return jax.jvp(of, point, direction)[1]

    products = jax.tree.map(jnp.vdot, gradient, direction)
    reverse = sum(jax.tree.leaves(products))
    scale = sum(float(jnp.abs(x)) for x in jax.tree.leaves(products))
    forward = along((arrays, inputs), direction)
    np.testing.assert_allclose(forward, reverse, rtol=0, atol=1e-5 * max(1.0, scale))
