import jax
import jax.numpy as jnp
import numpy as np
import pytest

from neuropil.numerics import (
    NeuropilError,
    _event_primitive,
    event_matmul,
    tickwise_matmul,
)

T, B, N, M = 60, 5, 150, 40
ACTIVITIES = [0.0, 0.02, 0.6]  # walked, walked, dense


def events_of(activity, kind):
    key = jax.random.key(0)
    active = jax.random.uniform(key, (T, B, N)) < activity
    if kind == "values":
        return active * jax.random.normal(key, active.shape)
    return active.astype(kind)


@pytest.fixture(autouse=True)
def _kernels_for_few_events(monkeypatch):
    monkeypatch.setattr(_event_primitive, "LEAST_EVENTS", 2**11)


WEIGHT = jax.random.normal(jax.random.key(1), (N, M))
COTANGENT = jax.random.normal(jax.random.key(2), (T, B, M))
KINDS = ["bool", "uint8", "float32", "values"]


def assert_close(got, expected, tolerance=1e-5):
    scale = max(1.0, float(jnp.max(jnp.abs(expected))))
    np.testing.assert_allclose(got, expected, rtol=0, atol=tolerance * scale)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("activity", ACTIVITIES)
def test_equals_the_dense_product(activity, kind):
    events = events_of(activity, kind)
    dense = events.astype(jnp.float32)
    got = jax.jit(event_matmul)(events, WEIGHT)
    assert got.shape == (T, B, M) and got.dtype == jnp.float32
    assert_close(got, dense @ WEIGHT)

    def loss(weight):
        return jnp.sum(event_matmul(events, weight) * COTANGENT)

    expected = jnp.einsum("tbn,tbm->nm", dense, COTANGENT)
    assert_close(jax.jit(jax.grad(loss))(WEIGHT), expected)


@pytest.mark.parametrize("activity", ACTIVITIES)
def test_derivatives_by_events_are_dense(activity):
    events = events_of(activity, "values")
    tangents = (COTANGENT[..., :1] * jnp.ones(N), 2.0 * WEIGHT)
    got = jax.jit(lambda *z: jax.jvp(event_matmul, z, tangents)[1])(events, WEIGHT)
    assert_close(got, tangents[0] @ WEIGHT + events @ tangents[1])

    gradient = jax.grad(lambda e: jnp.sum(event_matmul(e, WEIGHT) * COTANGENT))
    assert_close(jax.jit(gradient)(events), COTANGENT @ WEIGHT.T)


def test_second_derivative_equals_the_dense_one():
    events = events_of(0.02, "values")

    def loss(product):
        return lambda e, w: jnp.sum(jnp.sin(product(e, w)) * COTANGENT)

    def twice(product):
        gradient = jax.grad(loss(product), (0, 1))
        direction = (0.1 * events + 1.0, 0.1 * WEIGHT)
        return jax.jit(lambda *z: jax.jvp(gradient, z, direction)[1])(events, WEIGHT)

    for got, expected in zip(twice(event_matmul), twice(jnp.matmul), strict=True):
        assert_close(got, expected, 1e-4)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_vmap_over_events(axis):
    events = events_of(0.02, "float32")
    batched = jnp.moveaxis(events, 1, axis)
    product = jax.vmap(event_matmul, (axis, None), 1)

    def loss(weight):
        return jnp.sum(product(batched, weight) * COTANGENT)

    assert_close(jax.jit(product)(batched, WEIGHT), events @ WEIGHT)
    expected = jnp.einsum("tbn,tbm->nm", events, COTANGENT)
    assert_close(jax.jit(jax.grad(loss))(WEIGHT), expected)
    if axis == 1:
        assert "transpose" not in str(jax.make_jaxpr(product)(batched, WEIGHT))


def test_vmap_over_weights_and_of_gradients():
    events = events_of(0.02, "float32")
    weights = jnp.stack([WEIGHT, 2 * WEIGHT, -WEIGHT])
    got = jax.jit(jax.vmap(event_matmul, (None, 0)))(events, weights)
    assert_close(got, jnp.stack([events @ w for w in weights]))

    def loss(weight, events, cotangent):
        return jnp.sum(event_matmul(events, weight) * cotangent)

    each = jax.jit(jax.vmap(jax.grad(loss), (None, 1, 1)))(WEIGHT, events, COTANGENT)
    assert_close(each, jnp.einsum("tbn,tbm->bnm", events, COTANGENT))


def test_inside_a_scan_and_a_checkpoint():
    wide = jnp.tile(events_of(0.02, "float32"), (1, 40, 1))

    def gradient(product):
        def loss(weight):
            def tick(v, e):
                v = 0.9 * v + product(e, weight)
                return v, v

            _, vs = jax.lax.scan(jax.checkpoint(tick), jnp.zeros((40 * B, M)), wide)
            return jnp.sum(vs**2)

        return jax.jit(jax.grad(loss))(WEIGHT)

    assert_close(gradient(event_matmul), gradient(jnp.matmul))


@pytest.mark.parametrize("sources", [1, 63, 64, 65, 128])
def test_rows_that_do_not_fill_their_words(sources):
    events = jax.random.uniform(jax.random.key(3), (3000, sources)) < 0.03
    weight = jax.random.normal(jax.random.key(4), (sources, 512))
    assert_close(jax.jit(event_matmul)(events, weight), events.astype(jnp.float32) @ weight)


def test_few_events_are_walked_and_many_are_not():
    few, many = (
        jax.jit(_event_primitive.pack_p.bind)(events_of(a, "float32")) for a in (0.02, 0.6)
    )
    limit = _event_primitive.crossover(M) * T * B * N
    assert jnp.sum(few[..., -1]) == jnp.sum(events_of(0.02, "float32")) < limit
    assert jnp.sum(many[..., -1]) > limit
    lowered = jax.jit(event_matmul).lower(events_of(0.02, "float32"), WEIGHT).as_text()
    assert "neuropil_event_matmul" in lowered and "neuropil_dense_matmul" in lowered


@pytest.mark.parametrize("kind", ["bool", "values"])
@pytest.mark.parametrize("columns", [33, 40, 64])
def test_a_row_is_the_same_whatever_other_rows_there_are(kind, columns):
    """Walked or not, laid out or not, in pieces of work of any size: one order of sums."""
    weight = jax.random.normal(jax.random.key(1), (N, columns))
    product = jax.jit(event_matmul)
    for activity in ACTIVITIES:
        events = events_of(activity, kind).reshape(T * B, N)
        whole = product(events, weight)
        for size in (1, 3, 7, 8, 9, 128):
            np.testing.assert_array_equal(
                product(events[40 : 40 + size], weight), whole[40:][:size]
            )
        noisy = jnp.ones((T * B, N)).at[40:50].set(events[40:50].astype(float))
        np.testing.assert_array_equal(product(noisy, weight)[40:50], whole[40:50])
    in_order = np.zeros(columns, np.float32)
    for i in range(N):  # each product and sum rounded once, as a fused operation rounds them
        of_row = np.float64(events[7, i]) * np.asarray(weight[i], np.float64)
        in_order = (in_order + of_row).astype(np.float32)
    np.testing.assert_array_equal(whole[7], in_order)


@pytest.mark.parametrize("least_weight", [1, 2**20])
def test_ticks_of_a_block_do_not_depend_on_how_many_there_are(monkeypatch, least_weight):
    """By kernels, or one at a time; under `vmap` too; with the gradient of one product."""
    monkeypatch.setattr(_event_primitive, "LEAST_WEIGHT", least_weight)
    events = events_of(0.3, "values")
    product = jax.jit(jax.vmap(tickwise_matmul, (1, None), 1))
    whole = product(events, WEIGHT)
    assert_close(whole, events @ WEIGHT)
    for size in (1, 2, 7, 33):
        np.testing.assert_array_equal(product(events[:size], WEIGHT), whole[:size])

    def loss(product, events, weight):
        return jnp.sum(product(events, weight) * COTANGENT)

    got = jax.jit(jax.grad(lambda *z: loss(product, *z), (0, 1)))(events, WEIGHT)
    for a, b in zip(
        got, jax.grad(lambda *z: loss(jnp.matmul, *z), (0, 1))(events, WEIGHT), strict=True
    ):
        assert_close(a, b)
    by_weight = jax.make_jaxpr(jax.grad(lambda w: loss(tickwise_matmul, events, w)))(WEIGHT)
    assert "scan" not in str(by_weight) and "short_matmul" not in str(by_weight)


def test_a_burst_among_few_events():
    """Rows that are too dense to be packed are walked all the same, if the others are sparse."""
    rows = jnp.arange(2000)
    burst = (rows >= 640) & (rows < 704)
    active = jax.random.uniform(jax.random.key(5), (2000, N)) < jnp.where(burst, 0.8, 0.01)[:, None]
    events = active * jax.random.normal(jax.random.key(6), (2000, N))
    packed = jax.jit(_event_primitive.pack_p.bind)(events)
    assert jnp.sum(packed[:, -2] == jnp.uint32(2**32 - 1)) == 56  # of 64, 8 are sampled
    assert jnp.sum(packed[:, -1]) < _event_primitive.crossover(M) * events.size
    cotangent = jax.random.normal(jax.random.key(7), (2000, M))
    product, pull = jax.vjp(jax.jit(event_matmul), events, WEIGHT)
    assert_close(product, events @ WEIGHT)
    assert_close(pull(cotangent)[1], events.T @ cotangent)


def test_weights_of_silent_sources_are_not_read_where_events_are_walked():
    events = events_of(0.02, "float32").at[..., 0].set(0.0)
    got = jax.jit(event_matmul)(events, WEIGHT.at[0].set(jnp.nan))
    walked = "neuropil" in jax.jit(event_matmul).lower(events, WEIGHT).as_text()
    assert bool(jnp.isfinite(got).all()) == walked


def test_one_sample_and_no_batch():
    events = jnp.array([0.0, 2.0, 0.0])
    weight = jnp.arange(6.0).reshape(3, 2)
    assert event_matmul(events, weight).tolist() == [4.0, 6.0]


@pytest.mark.parametrize(
    ("events", "weight", "name"),
    [
        (jnp.ones((4, 3)), jnp.ones((4, 2)), "events"),
        (jnp.float32(1.0), jnp.ones((4, 2)), "events"),
        (jnp.ones(4), jnp.ones(4), "weight"),
        (jnp.ones(4), jnp.ones((4, 2), jnp.int32), "weight"),
        ("spikes", jnp.ones((4, 2)), "events"),
        (jnp.ones(4), "weights", "weight"),
        (jnp.ones(4, jnp.complex64), jnp.ones((4, 2)), "events"),
    ],
)
def test_refuses_what_does_not_fit(events, weight, name):
    with pytest.raises(NeuropilError, match=f"^{name}: got"):
        event_matmul(events, weight)
