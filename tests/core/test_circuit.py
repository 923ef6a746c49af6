"""Networks of populations and listed synapses are run as circuits, and mean the plain scan."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from neuropil.cells import AbsoluteRefractory, lif
from neuropil.connectivity import Dense, ProjectionDelay, from_edges
from neuropil.core import Input, Network, Projection, Record, simulate
from neuropil.numerics._circuit_kernel import _registered

from ..contract._cases import DT, KEY, assert_close, plain_scan

EXC, INH, IN, TIME = 300, 80, 50, 120


def listed(source, target, n, m, ticks, sign, seed, count=10, scale=0.1):
    rng = np.random.default_rng(seed)
    pre, post = np.repeat(np.arange(n), count), rng.integers(0, m, count * n)
    late = rng.integers(*ticks, pre.size) if isinstance(ticks, tuple) else ticks
    kind, weight = from_edges(n, m, pre, post, weight=scale * rng.random(pre.size), ticks=late)
    return Projection(source, target, kind, weight, sign=sign)


def network():
    rng = np.random.default_rng(0)
    back = Dense(INH, INH, ProjectionDelay(1))
    entrances = [
        listed("in", name, IN, n, 0, None, 5, count=n // 5, scale=0.5)
        for name, n in (("exc", EXC), ("inh", INH))
    ]
    return Network(
        {
            "in": Input(IN),
            "exc": lif(EXC, tau=10.0, refractory=AbsoluteRefractory(2.0)),
            "inh": lif(INH, tau=5.0),
        },
        (
            *entrances,
            listed("exc", "exc", EXC, EXC, (1, 6), None, 1),
            listed("exc", "inh", EXC, INH, 2, None, 2),
            listed("inh", "exc", INH, EXC, (1, 4), -np.ones(INH), 3),
            Projection("inh", "inh", back, 0.02 * rng.random((INH, INH)), sign=-1.0),
        ),
        "exc",
    )


X = (np.random.default_rng(9).random((TIME, IN)) < 0.2).astype(np.float32)


def run(net, x, **options):
    return simulate(net, x, dt=DT, key=KEY, **options)


def test_state_spikes_and_records_are_those_of_the_plain_scan():
    net = network()
    state, records = run(net, X, record={"v": Record("inh.v"), "inh": Record("inh")})
    silent = {port: jnp.zeros((TIME, *shape)) for port, shape in net.ports.items()}
    expected, output = plain_scan(net, silent | {"in.input": jnp.asarray(X)})
    np.testing.assert_array_equal(records.output, output)
    assert_close(state.node, expected, 1e-4)
    assert 0.02 < float(output.mean()) < 0.3 and float(records.kept["inh"].mean()) > 0.01
    assert_close(records.kept["v"][-1], expected.nodes["inh"].cells["v"], 1e-4)


def test_outputs_that_nobody_reads_are_not_kept():
    listed_first, *_ = network().projections[2:]
    net = Network({"exc": network().nodes["exc"]}, (listed_first,), "exc")
    state = jax.jit(lambda: run(net, None, ticks=1)[0])()
    state = eqx.tree_at(lambda s: s.node.histories["exc"], state, jnp.ones((5, EXC)))

    def text(**options):
        advance = jax.jit(lambda state: run(net, None, ticks=TIME, state=state, **options))
        return advance(state), advance.lower(state).compile().as_text()

    (kept, records), with_output = text()
    (after, _), without = text(output=None)
    assert f"f32[1,{TIME},{EXC}]" in with_output and f"{TIME},{EXC}]" not in without
    assert 0.0 < float(records.output.mean()) < 0.5
    for a, b in zip(jax.tree.leaves(after), jax.tree.leaves(kept), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("cut", [1, 50])
def test_carrying_on_is_bit_for_bit_the_whole_run(cut):
    net = network()
    whole_state, whole = run(net, X)
    state, first = run(net, X[:cut])
    state, second = run(net, X[cut:], state=state)
    np.testing.assert_array_equal(np.concatenate([first.output, second.output]), whole.output)
    for a, b in zip(jax.tree.leaves(state), jax.tree.leaves(whole_state), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.slow
def test_gradients_are_those_of_the_plain_scan():
    net = network()
    arrays, rest = eqx.partition(net, eqx.is_inexact_array)
    cotangent = np.random.default_rng(4).normal(size=(TIME, EXC)).astype(np.float32)
    silent = {port: jnp.zeros((TIME, *shape)) for port, shape in net.ports.items()}

    def gradient(output_of):
        score = lambda arrays, x: jnp.sum(output_of(eqx.combine(arrays, rest), x) * cotangent)  # noqa: E731
        return jax.jit(jax.grad(score, (0, 1)))(arrays, jnp.asarray(X))

    found = gradient(lambda net, x: run(net, x)[1].output)
    expected = gradient(lambda net, x: plain_scan(net, silent | {"in.input": x})[1])
    for a, b in zip(jax.tree.leaves(found), jax.tree.leaves(expected), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-4 * float(jnp.abs(b).max()))
    assert max(float(jnp.abs(x).max()) for x in jax.tree.leaves(expected)) > 0.1


@pytest.mark.slow
def test_weights_of_single_precision_may_lie_among_numbers_of_double_precision():
    with jax.enable_x64():
        single = network()
        where = lambda n: [p.weight for p in n.projections]  # noqa: E731
        rounded = [p.weight.astype(np.float32) for p in single.projections]
        single = eqx.tree_at(where, single, rounded)
        double = eqx.tree_at(where, single, [w.astype(np.float64) for w in rounded])
        outputs = [run(net, X.astype(float))[1].output for net in (single, double)]
        assert all(output.dtype == np.float64 for output in outputs)
        np.testing.assert_array_equal(*outputs)


def test_samples_of_a_batch_are_single_runs():
    net = network()
    other = np.roll(X, 7, axis=1)
    _, both = run(net, np.stack([X, other], axis=1))
    for sample, x in enumerate((X, other)):
        np.testing.assert_array_equal(both.output[:, sample], run(net, x)[1].output)


def test_an_ensemble_of_weights_is_a_loop_over_its_members():
    net = network()

    def of(factor):
        where = lambda n: n.projections[2].weight  # noqa: E731
        return run(eqx.tree_at(where, net, factor * where(net)), X)[1].output

    factors = jnp.array([0.5, 1.0, 2.0])
    together = jax.jit(jax.vmap(of))(factors)
    for factor, output in zip(factors, together, strict=True):
        np.testing.assert_array_equal(output, of(factor))
    assert not np.array_equal(together[0], together[2])


def test_a_kernel_serves_networks_of_any_delays():
    """What is drawn anew with every seed, such as the longest delay, is not compiled in."""

    def looped(longest):
        late = np.r_[longest, np.random.default_rng(0).integers(1, longest, 10 * EXC - 1)]
        pre = np.repeat(np.arange(EXC), 10)
        kind, weight = from_edges(EXC, EXC, pre, np.roll(pre, 7), weight=0.1, ticks=late)
        return Network({"exc": lif(EXC)}, (Projection("exc", "exc", kind, weight),), "exc")

    simulate(looped(5), None, dt=DT, key=KEY, ticks=3)
    before = _registered.cache_info()
    simulate(looped(19), None, dt=DT, key=KEY, ticks=3)
    after = _registered.cache_info()
    assert after.misses == before.misses and after.hits == before.hits + 1
