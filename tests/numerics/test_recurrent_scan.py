import jax
import jax.numpy as jnp
import numpy as np
import pytest

from neuropil.numerics import FastSigmoid, NeuropilError, _scan_primitive, recurrent_scan

from .._selection import mostly_slow

T, B, N = 30, 4, 33


@pytest.fixture(autouse=True)
def _kernels_for_little_work(monkeypatch):
    monkeypatch.setattr(_scan_primitive, "LEAST_WORK", 2**9)
    monkeypatch.setattr(_scan_primitive, "LEAST_NEURONS", 1)


def lif(tau, v, x, arriving):
    v = v * jnp.exp(-1.0 / tau) + x + arriving
    spike = FastSigmoid(2.0)(v - 1.0)
    return v - jax.lax.stop_gradient(spike), spike, jnp.tanh(v)


def reference(step, params, weight, carry, spikes, xs):
    def tick(state, x):
        carry, spikes = state
        carry, spikes, y = step(params, carry, x, spikes @ weight)
        return (carry, spikes), (spikes, y)

    return jax.lax.scan(tick, (carry, spikes), xs)


def inputs(batch=B):
    keys = jax.random.split(jax.random.key(0), 4)
    weight = 0.2 * jax.random.normal(keys[0], (N, N))
    spikes = 1.0 * (jax.random.uniform(keys[1], (batch, N)) < 0.3)
    x = 0.5 * jax.random.normal(keys[2], (T, batch, N))
    return jnp.full(N, 20.0), weight, jnp.zeros((batch, N)), spikes, x


def weighed(tree):
    """Return a sum that weighs every number differently."""
    leaves = jax.tree.leaves(tree)
    return sum(jnp.sum(v * jnp.cos(jnp.arange(v.size)).reshape(v.shape)) for v in leaves)


def loss(scan):
    return lambda *arguments: weighed(scan(lif, *arguments))


def assert_close(got, expected, tolerance):
    for a, b in zip(jax.tree.leaves(got), jax.tree.leaves(expected), strict=True):
        assert a.shape == b.shape
        scale = max(1.0, float(jnp.max(jnp.abs(b))))
        np.testing.assert_allclose(a, b, rtol=0, atol=tolerance * scale)


@pytest.mark.parametrize("batch", mostly_slow(B, 1, 13, 71))
def test_equals_the_scan_and_so_do_its_derivatives(batch):
    arguments = inputs(batch)
    got = jax.jit(lambda *z: recurrent_scan(lif, *z))(*arguments)
    assert_close(got, jax.jit(lambda *z: reference(lif, *z))(*arguments), 1e-6)
    assert 0.01 < got[1][0].mean() < 0.5

    every = tuple(range(5))
    gradient = jax.jit(jax.grad(loss(recurrent_scan), every))
    assert_close(gradient(*arguments), jax.jit(jax.grad(loss(reference), every))(*arguments), 1e-5)
    lowered = gradient.lower(*arguments).as_text()
    assert lowered.count("@neuropil_scan") == 2

    tangents = jax.tree.map(lambda z: jnp.sin(jnp.arange(z.size)).reshape(z.shape), arguments)
    forward = [
        jax.jit(lambda a, t, scan=scan: jax.jvp(loss(scan), a, t)[1])(arguments, tangents)
        for scan in (recurrent_scan, reference)
    ]
    assert_close(*forward, 1e-5)


@pytest.mark.parametrize("n", [3, 64])
def test_dense_product_in_double_precision(n):
    """The loop that goes back through a weight of any width; what is fed is dense."""

    def step(decay, v, x, arriving):
        v = decay * v + x + jnp.tanh(arriving)
        return v, v, None

    with jax.enable_x64(True):
        keys = jax.random.split(jax.random.key(1), 2)
        weight = jax.random.normal(keys[0], (n, n), jnp.float64) / n
        x = jax.random.normal(keys[1], (200, 7, n), jnp.float64)
        arguments = jnp.full(n, 0.9, jnp.float64), weight, x[0], x[1], x
        found = [
            jax.jit(jax.grad(lambda *z, scan=scan: weighed(scan(step, *z)), (1, 2, 3, 4)))(
                *arguments
            )
            for scan in (recurrent_scan, reference)
        ]
        assert_close(*found, 1e-12)


def test_few_ticks_do_not_repay_laying_out_a_wide_weight():
    n = 8 * T
    weight, state = jnp.eye(n), jnp.zeros((B, n))
    x = jnp.zeros((T, B, n))
    gradient = jax.jit(jax.grad(loss(recurrent_scan), 4))
    lowered = gradient.lower(jnp.full(n, 20.0), weight, state, state, x).as_text()
    assert lowered.count("@neuropil_scan") == 1


def test_gradient_of_the_weight_is_taken_once_for_all_ticks():
    arguments = inputs(12)
    text = str(jax.make_jaxpr(jax.grad(loss(recurrent_scan), 1))(*arguments))
    assert text.count("event_outer") == 1 and "dot_general" not in text


@pytest.mark.parametrize("scan", [recurrent_scan, reference])
def test_vmap_equals_a_batch(scan):
    tau, weight, v, spikes, x = inputs()

    def one(weight, v, spikes, x):
        return scan(lif, tau, weight, v, spikes, x)

    def batched(weight):
        run = jax.vmap(one, (None, 0, 0, 1), ((0, 0), (1, 1)))
        return weighed(run(weight, v, spikes, x))

    expected = jax.grad(lambda w: loss(reference)(tau, w, v, spikes, x))(weight)
    assert_close(jax.jit(jax.grad(batched))(weight), expected, 1e-5)


def test_vmap_over_weights():
    tau, weight, v, spikes, x = inputs()
    weights = jnp.stack([weight, -weight])
    got = jax.jit(jax.vmap(lambda w: recurrent_scan(lif, tau, w, v, spikes, x)))(weights)
    for i, w in enumerate(weights):
        expected = reference(lif, tau, w, v, spikes, x)
        assert_close(jax.tree.map(lambda z, i=i: z[i], got), expected, 1e-6)


def test_spikes_without_a_derivative():
    def step(tau, v, x, arriving):
        v = 0.9 * v + x + arriving
        return v, (v > 0.5) * 1.0, v

    arguments = inputs()
    found = [
        jax.jit(jax.grad(lambda *z, scan=scan: weighed(scan(step, *z)), (1, 2, 3, 4)))(*arguments)
        for scan in (recurrent_scan, reference)
    ]
    assert_close(*found, 1e-5)


def test_steps_that_mix_neurons_fall_back():
    def step(_, v, x, arriving):
        v = 0.9 * v + x + arriving - jnp.mean(v)
        return v, FastSigmoid(2.0)(v), None

    _, weight, v, spikes, x = inputs()
    got = jax.jit(lambda *z: recurrent_scan(step, None, *z))(weight, v, spikes, x)
    assert_close(got, reference(step, None, weight, v, spikes, x), 1e-6)


@pytest.mark.parametrize("weight", [jnp.ones((N, 2)), jnp.ones(N), jnp.ones((N, N), jnp.int32)])
def test_refuses_a_weight_that_does_not_fit(weight):
    tau, _, v, spikes, x = inputs()
    with pytest.raises(NeuropilError, match="^weight: got"):
        recurrent_scan(lif, tau, weight, v, spikes, x)
