"""The way back through circuits: finite differences in double precision, and the form in XLA."""

from unittest import mock

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from neuropil.numerics import (
    CircuitNode,
    CircuitWire,
    Synapses,
    Triangle,
    _circuit_primitive,
    circuit_scan,
)

SIZES, TIME = (13, 9), 14
DEPTHS = (4, 3)


def smooth(u):
    return jax.nn.sigmoid(4.0 * u)


def step_with(publish):
    def step(decay, v, x, arriving):
        excitation, inhibition = arriving
        v = v * decay + x + excitation - inhibition * v
        y = publish(v - 1.0)
        return v * (1.0 - y), y, {"before": v}

    return step


def wire(rng, source, target, arrival, low, high):
    n, m = SIZES[source], SIZES[target]
    pre = np.repeat(np.arange(n), 3)
    ticks = rng.integers(low, high + 1, pre.size) if high > low else low
    listed = Synapses(
        jnp.asarray(np.searchsorted(pre, np.arange(n + 1))),
        jnp.asarray(rng.integers(0, m, pre.size)),
        jnp.asarray(0.2 * rng.random(pre.size)),
        ticks if high == low else jnp.asarray(ticks),
    )
    signs = jnp.asarray(rng.choice([-1.0, 1.0], n)) if arrival == 0 else jnp.ones(())
    return CircuitWire(source, target, arrival, listed, signs, low, high)


def wires():
    rng = np.random.default_rng(0)
    matrix = Synapses(None, None, jnp.asarray(0.05 * rng.random((SIZES[1], SIZES[1]))), 1)
    return [
        wire(rng, 0, 0, 0, 1, 4),
        wire(rng, 0, 1, 0, 0, 2),
        wire(rng, 1, 0, 1, 2, 2),
        CircuitWire(1, 1, 1, matrix, jnp.ones(()), 1, 1),
    ]


def given(rng):
    """Decays, potentials, pasts and inputs."""
    return (
        [jnp.asarray(0.9), jnp.asarray(rng.uniform(0.7, 0.9, SIZES[1]))],
        [jnp.asarray(rng.random(n)) for n in SIZES],
        [jnp.asarray(rng.random((d, n))) for d, n in zip(DEPTHS, SIZES, strict=True)],
        [jnp.asarray(0.4 * rng.random((TIME, n))) for n in (SIZES[0], 1)],
    )


def loss(operands, publish):
    decays, carries, pasts, xs = operands
    nodes = [
        CircuitNode(step_with(publish), decay, v, x, [jnp.zeros(n, v.dtype)] * 2, past)
        for decay, v, x, past, n in zip(decays, carries, xs, pasts, SIZES, strict=True)
    ]
    rng, total = np.random.default_rng(1), 0.0
    for found in circuit_scan(nodes, wires(), TIME):
        for value in jax.tree.leaves((found.carry, found.history, found.output, found.ys)):
            total = total + jnp.sum(value**2 * rng.normal(size=value.shape))
    return total


@pytest.fixture(
    params=[pytest.param(True, marks=pytest.mark.slow), False], ids=["kernel", "reference"]
)
def with_kernel(request):
    jax.clear_caches()
    with mock.patch.object(_circuit_primitive, "LEAST_NEURONS", 0 if request.param else 10**9):
        yield
    jax.clear_caches()


def test_gradient_of_a_smooth_circuit_is_the_finite_difference(with_kernel):
    """Of parameters, carries, pasts and inputs at once, along directions drawn at random."""
    with jax.enable_x64(True):
        rng = np.random.default_rng(2)
        at = given(rng)
        of = jax.jit(lambda at: loss(at, smooth))
        gradient = jax.jit(jax.grad(lambda at: loss(at, smooth)))(at)
        for part in range(4):
            along = jax.tree.map(lambda x: jnp.zeros(x.shape), at)
            along[part][:] = [jnp.asarray(rng.normal(size=x.shape)) for x in at[part]]
            near = [of(jax.tree.map(lambda x, d, h=h: x + h * d, at, along)) for h in (1e-5, -1e-5)]
            expected = (near[0] - near[1]) / 2e-5
            pairs = zip(jax.tree.leaves(gradient), jax.tree.leaves(along), strict=True)
            found = sum(jnp.sum(g * d) for g, d in pairs)
            np.testing.assert_allclose(found, expected, rtol=1e-6)


@pytest.mark.slow
def test_spikes_pass_back_what_their_surrogate_lets_pass():
    """Of compact support, so that most of what comes back is not even gathered."""

    def gradients(least):
        jax.clear_caches()
        with mock.patch.object(_circuit_primitive, "LEAST_NEURONS", least):
            at = jax.tree.map(lambda x: x.astype(jnp.float32), given(np.random.default_rng(3)))
            of = lambda at: loss(at, Triangle(width=0.4))  # noqa: E731
            batch = jax.tree.map(lambda x: jnp.stack([x, 0.9 * x]), at)
            found = jax.jit(lambda at, batch: (jax.grad(of)(at), jax.vmap(jax.grad(of))(batch)))
            moved = jax.jit(lambda at: jax.jvp(of, (at,), (at,))[1])(at)
            return jax.tree.leaves(found(at, batch)), moved, at

    own, moved, at = gradients(0)
    plain, _, _ = gradients(10**9)
    for a, b in zip(own, plain, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-5 * float(jnp.abs(b).max()))
    single = own[: len(own) // 2]
    back = sum(jnp.sum(a * x) for a, x in zip(single, jax.tree.leaves(at), strict=True))
    np.testing.assert_allclose(moved, back, rtol=1e-4)
    assert all(float(jnp.abs(x).max()) > 1e-3 for x in single)


@pytest.mark.slow
def test_the_gradient_of_a_loss_is_as_large_as_the_loss():
    """However large: what comes back would be lost beside large seeds if they were added."""
    with mock.patch.object(_circuit_primitive, "LEAST_NEURONS", 0):
        at = jax.tree.map(lambda x: x.astype(jnp.float32), given(np.random.default_rng(3)))
        gradient = jax.jit(jax.grad(lambda at, scale: scale * loss(at, Triangle(width=0.4))))
        own = jax.tree.leaves(gradient(at, jnp.float32(1.0)))
        for scale in (1e8, 1e12):
            large = jax.tree.leaves(gradient(at, jnp.float32(scale)))
            for a, b in zip(own, large, strict=True):
                np.testing.assert_allclose(b / scale, a, atol=2e-6 * float(jnp.abs(a).max()))
