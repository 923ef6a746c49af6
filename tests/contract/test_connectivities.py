"""What every connectivity promises, to networks and to rules."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from neuropil.connectivity import Perforated
from neuropil.core import coactivity, learnable_mask
from neuropil.plasticity import Hebb

from ._cases import CONNECTIVITIES, assert_close, cases, learning, plain_scan, weights

TIME = 9
EVERY = pytest.mark.parametrize("build", cases(CONNECTIVITIES))


def signal_for(kind, length=TIME, seed=1):
    drawn = np.random.default_rng(seed).normal(size=(length, *kind.source))
    return jnp.asarray(drawn.astype(jnp.result_type(float)))


def windows(kind, signal):
    """The newest-first window of every tick; before the first tick all was silent."""
    padded = np.concatenate([np.zeros((kind.depth, *kind.source), signal.dtype), signal])
    ends = range(kind.depth, kind.depth + signal.shape[0])
    return jnp.stack([padded[t - kind.depth : t + 1][::-1] for t in ends])


def silence(kind):
    return jnp.zeros((kind.depth, *kind.source))


def tick_by_tick(kind, weight, signal):
    return jax.vmap(lambda window: kind.transmit(weight, kind.read(window)))(windows(kind, signal))


def inner(a, b):
    return float(jnp.sum(a * b))


@EVERY
def test_shapes_are_as_declared(build):
    kind = build()
    declared = (kind.source, kind.target, kind.weight_shape)
    assert all(isinstance(shape, tuple) for shape in declared)
    seen = kind.read(windows(kind, signal_for(kind))[0])
    assert kind.transmit(weights(kind), seen).shape == kind.target
    assert isinstance(kind.depth, int)
    assert 0 <= kind.shortest <= kind.depth
    assert kind.fan_in >= 1


@EVERY
def test_a_block_is_read_and_transmit_at_every_tick(build):
    kind = build()
    signal, weight = signal_for(kind), weights(kind)
    block = eqx.filter_jit(kind.sweep)(weight, silence(kind), signal)
    assert block.shape == (TIME, *kind.target)
    assert_close(block, tick_by_tick(kind, weight, signal))


@pytest.mark.parametrize("cut", [1, 4])
@EVERY
def test_the_past_reaches_across_the_borders_of_blocks(build, cut):
    kind = build()
    signal, weight = signal_for(kind), weights(kind)
    padded = jnp.concatenate([silence(kind), signal])
    pieces = [
        kind.sweep(weight, padded[start : start + kind.depth], signal[start : start + cut])
        for start in range(0, TIME, cut)
    ]
    assert_close(jnp.concatenate(pieces), kind.sweep(weight, silence(kind), signal))


@EVERY
def test_booleans_are_ones_and_zeros(build):
    kind = build()
    weight, spikes = weights(kind), signal_for(kind) > 0.5
    past = jnp.zeros((kind.depth, *kind.source), bool)
    expected = kind.sweep(weight, silence(kind), spikes.astype(weight.dtype))
    assert_close(kind.sweep(weight, past, spikes), expected)


@EVERY
def test_transmission_is_linear_in_the_weight(build):
    kind = build()
    seen = kind.read(windows(kind, signal_for(kind))[-1])
    a, b = weights(kind, 1), weights(kind, 2)
    both = kind.transmit(2.0 * a - 3.0 * b, seen)
    assert_close(both, 2.0 * kind.transmit(a, seen) - 3.0 * kind.transmit(b, seen))
    assert_close(kind.transmit(0.0 * a, seen), jnp.zeros(kind.target))


@EVERY
def test_coactivity_is_the_transpose_of_transmission(build):
    kind = build()
    seen = kind.read(windows(kind, signal_for(kind))[-1])
    weight = weights(kind, 1)
    post = jnp.asarray(np.random.default_rng(2).normal(size=kind.target), weight.dtype)
    found = coactivity(kind, seen, post)
    assert found.shape == kind.weight_shape
    forth, back = inner(kind.transmit(weight, seen), post), inner(weight, found)
    assert forth == pytest.approx(back, rel=1e-4)
    _, pull = jax.vjp(lambda w: kind.transmit(w, seen), weight)
    assert_close(found, pull(post)[0])


@EVERY
def test_nothing_arrives_sooner_than_shortest_or_later_than_depth(build):
    kind = build()
    length = kind.depth + 4
    impulse = jnp.zeros((length, *kind.source)).at[0].set(1.0)
    arrived = kind.sweep(jnp.ones(kind.weight_shape), silence(kind), impulse)
    heard = np.flatnonzero(np.abs(np.asarray(arrived)).reshape(length, -1).max(1) > 1e-6)
    assert kind.shortest <= heard[0]
    assert heard[-1] <= kind.depth
    if not jax.tree.leaves(eqx.filter(kind, learnable_mask(kind))):
        assert (heard[0], heard[-1]) == (kind.shortest, kind.depth), "the ends are reached"


@EVERY
def test_fan_in_counts_the_synapses_of_a_target(build):
    """With every weight and every source at one for ever, a target hears `fan_in`."""
    kind = build()
    ones = jnp.ones((kind.depth + 1, *kind.source))
    arrived = kind.transmit(jnp.ones(kind.weight_shape), kind.read(ones))
    assert float(jnp.max(arrived)) == pytest.approx(kind.fan_in, rel=1e-4)


@EVERY
def test_compiled_and_batched_it_is_the_same(build):
    kind = build()
    weight = weights(kind)
    signals = jnp.stack([signal_for(kind, seed=s) for s in (1, 2)])
    pasts = jnp.stack([silence(kind) + 1.0, silence(kind) - 0.5])
    run = jax.jit(jax.vmap(kind.sweep, in_axes=(None, 0, 0)))
    loop = [kind.sweep(weight, pasts[i], signals[i]) for i in (0, 1)]
    assert_close(run(weight, pasts, signals), jnp.stack(loop))


@EVERY
def test_reverse_mode_is_forward_mode_and_finite_differences(build):
    with jax.enable_x64(True):
        arrays, rest = eqx.partition(build(), learnable_mask(build()))
        kind = eqx.combine(arrays, rest)
        point = (arrays, weights(kind), silence(kind), signal_for(kind))
        rng = np.random.default_rng(3)
        direction = jax.tree.map(lambda x: jnp.asarray(rng.normal(size=x.shape)), point)
        if isinstance(kind, Perforated):  # which has no derivative by its signal
            direction = (*direction[:2], *jax.tree.map(jnp.zeros_like, direction[2:]))
        cotangent = rng.normal(size=(TIME, *kind.target))

        @jax.jit
        def score(point):
            return jnp.sum(eqx.combine(point[0], rest).sweep(*point[1:]) * cotangent)

        def moved(step):
            return score(jax.tree.map(lambda x, d: x + step * d, point, direction))

        _, forward = jax.jvp(score, (point,), (direction,))
        reverse = jax.tree.map(jnp.vdot, jax.grad(score)(point), direction)
        np.testing.assert_allclose(forward, sum(jax.tree.leaves(reverse)), rtol=1e-9)
        step = 1e-6
        difference = (moved(step) - moved(-step)) / (2 * step)
        np.testing.assert_allclose(forward, difference, rtol=1e-6)


@EVERY
def test_what_is_in_range_is_left_where_it_is(build):
    kind = build()
    assert eqx.tree_equal(kind.constrained(), kind)


@EVERY
def test_hebbian_learning_works_on_it(build):
    """A rule knows its connectivity by `coactivity` alone; here it runs inside a network."""
    network = learning(Hebb(0.01), build())
    length = network.projections[0].connectivity.depth + 3
    x = signal_for(network.projections[0].connectivity, length)
    inputs = {port: jnp.zeros((length, *shape)) for port, shape in network.ports.items()} | {
        "entrance.input": x
    }
    state, _ = plain_scan(network, inputs)
    moved = np.abs(np.asarray(state.weights[0] - network.projections[0].weight))
    assert moved.max() > 0
    assert np.isfinite(moved).all()
