import jax
import jax.numpy as jnp
import numpy as np
import pytest

from neuropil.numerics import (
    FastSigmoid,
    NeuropilError,
    _scan_primitive,
    elementwise_scan,
    relative_growth,
)

T, B, N = 40, 6, 50
SMALL = 5  # too few neurons for a kernel


@pytest.fixture(autouse=True)
def _kernels_for_little_work(monkeypatch):
    monkeypatch.setattr(_scan_primitive, "LEAST_WORK", 2**12)
    monkeypatch.setattr(_scan_primitive, "LEAST_NEURONS", 2**6)


def lif(tau, v, x):
    """The step of the benchmark."""
    v = v * jnp.exp(-1.0 / tau) + x
    spike = FastSigmoid(2.0)(v - 1.0)
    return v - jax.lax.stop_gradient(spike), spike


def adaptive(params, carry, x):
    """Three carries of three types, a branch, a nested jit, several results."""
    v, threshold, rest = carry
    free = rest == 0
    v = jnp.where(free, v * params["decay"] + x["drive"], v)
    spike = FastSigmoid(2.0)(v - threshold) * free
    fired = spike > 0
    rest = jnp.where(fired, 3, jnp.maximum(rest - 1, 0))
    threshold = 1.0 + (threshold - 1.0) * jax.nn.sigmoid(params["slow"]) + 0.2 * spike
    return (v - spike, threshold, rest), {"spike": spike, "fired": fired, "v": jnp.tanh(v)}


def transcendental(p, carry, x):
    """Every function with a kernel of its own."""
    h, m = carry
    a = jnp.exp(-jnp.abs(x)) + jnp.log1p(jnp.square(h)) - jnp.expm1(-jnp.abs(m) * p)
    m = jnp.clip(jnp.tanh(a + x), -0.9, 0.9) + 0.1 * jnp.sin(m)
    h = jax.nn.softplus(h * 0.5) - jnp.log(2.0 + m**3) + jnp.sqrt(1.0 + jnp.minimum(h, 1.0) ** 2)
    return (h, m), (jax.nn.sigmoid(h), jnp.sign(m), jnp.floor(h * 4.0), m > 0)


def reference(step, params, carry, xs):
    return jax.lax.scan(lambda c, x: step(params, c, x), carry, xs)


def drive(shape, seed=0):
    return 0.3 * jax.random.normal(jax.random.key(seed), shape) + 0.1


def case(name, n):
    """Return step, params, carry, xs."""
    if name == "lif":
        return lif, jnp.full(n[-1:], 20.0), jnp.zeros(n), drive((T, *n))
    if name == "adaptive":
        params = {"decay": jnp.float32(0.9), "slow": jnp.full(n[-1:], 2.0)}
        carry = (jnp.zeros(n), jnp.ones(n), jnp.zeros(n, jnp.int32))
        return adaptive, params, carry, {"drive": drive((T, *n))}
    return transcendental, jnp.float32(0.3), (drive(n, 1), drive(n, 2)), drive((T, *n))


CASES = ["lif", "adaptive", "transcendental"]
SHAPES = [(B, N), (SMALL,)]


def assert_close(got, expected, tolerance):
    for a, b in zip(jax.tree.leaves(got), jax.tree.leaves(expected), strict=True):
        assert a.shape == b.shape and a.dtype == b.dtype
        scale = max(1.0, float(jnp.nanmax(jnp.abs(b)))) if a.dtype == jnp.float32 else 1.0
        np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance * scale)


def is_real(leaf):
    return jnp.issubdtype(leaf.dtype, jnp.floating)


def loss_of(scan, step, structure, fixed):
    """Return a loss of the floating-point inputs that weighs every result differently."""

    def loss(moving):
        moving = iter(moving)
        leaves = [next(moving) if leaf is None else leaf for leaf in fixed]
        carry, ys = scan(step, *jax.tree.unflatten(structure, leaves))
        total = 0.0
        for i, leaf in enumerate(jax.tree.leaves((carry, ys))):
            if is_real(leaf):
                weight = jax.random.normal(jax.random.key(i + 9), leaf.shape)
                total = total + jnp.sum(weight * leaf)
        return total

    return loss


def losses(step, *inputs):
    leaves, structure = jax.tree.flatten(inputs)
    fixed = [None if is_real(leaf) else leaf for leaf in leaves]
    moving = [leaf for leaf in leaves if is_real(leaf)]
    return [loss_of(scan, step, structure, fixed) for scan in (elementwise_scan, reference)], moving


def calls_kernel(function, *arguments):
    return "neuropil_scan" in jax.jit(function).lower(*arguments).as_text()


@pytest.mark.parametrize("n", SHAPES)
@pytest.mark.parametrize("name", CASES)
def test_equals_the_scan(name, n):
    step, *inputs = case(name, n)
    got = jax.jit(elementwise_scan, static_argnums=0)(step, *inputs)
    assert_close(got, jax.jit(reference, static_argnums=0)(step, *inputs), 1e-6)
    assert calls_kernel(lambda *z: elementwise_scan(step, *z), *inputs) == (n != (SMALL,))


@pytest.mark.parametrize("n", SHAPES)
@pytest.mark.parametrize("name", CASES)
def test_reverse_mode_equals_that_of_the_scan(name, n):
    (fast, plain), moving = losses(*case(name, n))
    assert_close(jax.jit(jax.grad(fast))(moving), jax.jit(jax.grad(plain))(moving), 1e-5)


@pytest.mark.parametrize("name", ["lif", "adaptive"])
def test_forward_mode_equals_that_of_the_scan(name):
    (fast, plain), moving = losses(*case(name, (B, N)))
    tangents = [drive(leaf.shape, i) for i, leaf in enumerate(moving)]
    got = jax.jit(lambda m, t: jax.jvp(fast, (m,), (t,)))(moving, tangents)
    expected = jax.jit(lambda m, t: jax.jvp(plain, (m,), (t,)))(moving, tangents)
    assert_close(got, expected, 1e-5)
    linear = jax.jit(lambda m, t: jax.linearize(fast, m)[1](t))(moving, tangents)
    assert_close(linear, expected[1], 1e-5)


@pytest.mark.slow
def test_second_order_equals_that_of_the_scan():
    (fast, plain), moving = losses(*case("transcendental", (B, N)))
    tangents = [drive(leaf.shape, i) for i, leaf in enumerate(moving)]

    def twice(loss):
        return jax.jit(lambda m, t: jax.jvp(jax.grad(loss), (m,), (t,))[1])(moving, tangents)

    assert_close(twice(fast), twice(plain), 1e-4)


@pytest.mark.parametrize(
    "axes", [(None, 0, 1), (0, None, None), (None, None, 1), (0, 0, 0), (None, 0, None)]
)
def test_vmap_equals_a_loop(axes):
    _, tau, v, x = case("lif", (N,))
    batched = [
        leaf if axis is None else jnp.stack([leaf * (1 + 0.1 * b) for b in range(B)], axis)
        for leaf, axis in zip((tau, v + 0.2, x), axes, strict=True)
    ]

    def loss(*z):
        return jax.vmap(lambda *s: elementwise_scan(lif, *s), axes, (0, 1))(*z)

    pairs = list(zip(batched, axes, strict=True))
    expected = [
        reference(lif, *(z if a is None else jnp.take(z, b, a) for z, a in pairs)) for b in range(B)
    ]
    carry, ys = jax.jit(loss)(*batched)
    assert_close(carry, jnp.stack([c for c, _ in expected]), 1e-6)
    assert_close(ys, jnp.stack([y for _, y in expected], 1), 1e-6)


def test_gradient_through_vmap_equals_that_of_the_scan():
    _, tau, v, x = case("lif", (B, N))
    w = drive(x.shape, 3)

    def loss(tau, v, x):
        batched = jax.vmap(lambda v, x: elementwise_scan(lif, tau, v, x), (0, 1), (0, 1))
        carry, ys = batched(v, x)
        return jnp.sum(ys * w) + jnp.sum(carry**2)

    def plain(tau, v, x):
        carry, ys = reference(lif, tau, v, x)
        return jnp.sum(ys * w) + jnp.sum(carry**2)

    got = jax.jit(jax.grad(loss, (0, 1, 2)))(tau, v, x)
    assert_close(got, jax.jit(jax.grad(plain, (0, 1, 2)))(tau, v, x), 1e-5)


def test_vmap_over_batch_transposes_nothing():
    _, tau, v, x = case("lif", (B, N))
    batched = jax.vmap(lambda v, x: elementwise_scan(lif, tau, v, x)[1], (0, 1), 1)
    assert "transpose" not in str(jax.make_jaxpr(batched)(v, x))


def test_works_in_checkpoint_and_scan():
    _, tau, v, x = case("lif", (B, N))
    chunks = x.reshape(2, T // 2, B, N)

    def chunked(tau, v):
        body = jax.checkpoint(lambda v, x: elementwise_scan(lif, tau, v, x))
        v, ys = jax.lax.scan(body, v, chunks)
        return jnp.sum(ys * chunks) + jnp.sum(v)

    def plain(tau, v):
        v, ys = reference(lif, tau, v, x)
        return jnp.sum(ys * x) + jnp.sum(v)

    got = jax.jit(jax.value_and_grad(chunked, (0, 1)))(tau, v)
    assert_close(got, jax.jit(jax.value_and_grad(plain, (0, 1)))(tau, v), 1e-5)


def test_runs_without_jit():
    step, *inputs = case("lif", (B, N))
    expected = reference(step, *inputs)
    assert_close(elementwise_scan(step, *inputs), expected, 1e-6)


def test_custom_derivative_is_used():
    @jax.custom_jvp
    def spike(u):
        return (u > 0).astype(u.dtype)

    spike.defjvps(lambda t, out, u: 7.0 * t)

    def step(params, carry, x):
        return carry, spike(x)

    gradient = jax.grad(lambda x: jnp.sum(elementwise_scan(step, None, jnp.zeros(300), x)[1]))
    assert jnp.all(jax.jit(gradient)(jnp.ones((T, 300))) == 7.0)


def test_what_depends_on_parameters_alone_is_computed_once_with_its_custom_derivative():
    def step(rate, carry, x):
        return carry, x * relative_growth(rate)

    x, rate = jnp.ones((T, 300)), jnp.array([1e-6, 0.0, -2.0] * 100)
    function = lambda rate: elementwise_scan(step, rate, jnp.zeros(300), x)[1]  # noqa: E731
    traced = str(jax.make_jaxpr(function)(rate))
    assert traced.index("expm1") < traced.index("elementwise_scan["), "before the scan"
    slopes = jax.jit(jax.grad(lambda rate: jnp.sum(function(rate))))(rate)
    exact = jax.vmap(jax.grad(relative_growth))(rate)
    np.testing.assert_allclose(slopes, T * exact, rtol=1e-5)
    np.testing.assert_allclose(exact[:2], 0.5, rtol=1e-5)


def test_steps_close_over_arrays_and_tracers():
    scale = jnp.linspace(0.5, 1.0, N)

    def loss(scan, gain):
        step = lambda _, v, x: (v * 0.9 + gain * scale * x,) * 2  # noqa: E731
        return jnp.sum(scan(step, None, jnp.zeros(N), drive((200, N)))[1] ** 2)

    got = jax.jit(jax.grad(lambda g: loss(elementwise_scan, g)))(2.0)
    assert_close(got, jax.jit(jax.grad(lambda g: loss(reference, g)))(2.0), 1e-5)


def test_xs_may_be_common_to_all_neurons():
    def step(_, v, x):
        drive, clock = x
        return v * 0.9 + drive * clock, v * clock

    xs = (drive((T, B, N)), jnp.arange(T, dtype=jnp.float32)[:, None, None])
    v = jnp.zeros((B, N))

    def loss(scan):
        return jax.jit(jax.grad(lambda xs: jnp.sum(scan(step, None, v, xs)[1] ** 2)))(xs)

    assert_close(loss(elementwise_scan), loss(reference), 1e-5)


@pytest.mark.parametrize(
    "step",
    [
        lambda p, v, x: (v - jnp.mean(v) + x, v),
        lambda p, v, x: (v + x, jnp.cumsum(v)),
        lambda p, v, x: (v + x, v[::-1]),
        lambda p, v, x: (v + x * jnp.arange(v.shape[0]), v),
        lambda p, v, x: (v + x, jnp.sum(x)),
        lambda p, v, x: (v * (2.0 if v.ndim else 3.0), v),
    ],
    ids=["mean", "cumsum", "reversed", "own index", "scalar result", "asks for the rank"],
)
def test_steps_that_mix_neurons_fall_back(step):
    v, x = drive((300,)), drive((T, 300), 1)
    got = jax.jit(lambda v, x: elementwise_scan(step, None, v, x))(v, x)
    assert_close(got, reference(step, None, v, x), 1e-6)
    assert not calls_kernel(lambda v, x: elementwise_scan(step, None, v, x), v, x)


def test_operations_without_a_kernel_are_left_to_xla():
    def step(_, v, x):
        v = jnp.arcsinh(v) + jnp.remainder(x, 0.3)
        return v, v

    v, x = drive((300,)), drive((T, 300), 1)

    def both(scan):
        return jax.jit(jax.value_and_grad(lambda v: jnp.sum(scan(step, None, v, x)[1] ** 2)))(v)

    assert_close(both(elementwise_scan), both(reference), 1e-5)


def test_double_precision():
    with jax.enable_x64(True):
        step, tau, v, x = case("transcendental", (300,))
        wide = jax.tree.map(lambda z: z.astype(jnp.float64), (tau, v, x))
        assert calls_kernel(lambda *z: elementwise_scan(step, *z), *wide)
        got = jax.jit(lambda *z: elementwise_scan(step, *z))(*wide)
        assert_close(got, jax.jit(lambda *z: reference(step, *z))(*wide), 1e-12)


def test_random_steps_fall_back():
    def step(key, v, x):
        key, own = jax.random.split(v[0])
        return (key, v[1] + x * jax.random.normal(own, x.shape)), v[1]

    carry, x = (jax.random.key(0), jnp.zeros(300)), drive((T, 300))
    got = jax.jit(lambda x: elementwise_scan(step, None, carry, x)[1])(x)
    assert_close(got, reference(step, None, carry, x)[1], 1e-6)


def test_half_precision_is_left_to_xla():
    step, tau, v, x = case("lif", (300,))
    half = [z.astype(jnp.bfloat16) for z in (tau, v, x)]
    got = jax.jit(lambda *z: elementwise_scan(lambda *s: lif_in(jnp.bfloat16, *s), *z))(*half)
    assert got[1].dtype == jnp.bfloat16


def lif_in(dtype, tau, v, x):
    v = v * jnp.exp(-1 / tau) + x
    return v.astype(dtype), (v > 1).astype(dtype)


def test_results_that_nobody_reads_are_not_computed():
    def step(p, carry, x):
        v, w = carry
        v, w = v * p + x, w + jnp.tanh(v)
        return (v, w), (v, w, v * w)

    def only_first(x):
        return elementwise_scan(step, 0.9, (jnp.zeros(300), jnp.zeros(300)), x)[1][0]

    x = drive((T, 300))
    lowered = jax.jit(only_first).lower(x).as_text()
    (call,) = [line for line in lowered.splitlines() if "neuropil_scan" in line]
    assert call.rsplit("->", 1)[1].count("tensor") == 2  # the carry v and its trajectory


def test_numbers_do_not_depend_on_threads_or_neighbours():
    step, tau, v, x = case("transcendental", (5000,))
    run = jax.jit(lambda v, x: elementwise_scan(step, tau, v, x))
    whole = run(v, x)
    part = run(tuple(z[1000:1500] for z in v), x[:, 1000:1500])
    assert jnp.all(whole[1][0][:, 1000:1500] == part[1][0])
    assert all(jnp.all(run(v, x)[1][0] == whole[1][0]) for _ in range(3))


def test_one_neuron_alone():
    got = elementwise_scan(lif, jnp.float32(20.0), jnp.float32(0.0), jnp.ones(9000) * 0.1)
    assert_close(got, reference(lif, 20.0, jnp.float32(0.0), jnp.ones(9000) * 0.1), 1e-5)


@pytest.mark.parametrize("xs", [(), jnp.float32(1.0), (jnp.ones(3), jnp.ones(4))])
def test_refuses_xs_without_one_time(xs):
    with pytest.raises(NeuropilError, match="xs: got .*expected one or more arrays"):
        elementwise_scan(lif, 20.0, jnp.zeros(3), xs)
