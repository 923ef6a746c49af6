"""Delivery through listed synapses: hand-written sums, the form without a kernel, derivatives."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jax.test_util import check_grads

from neuropil.numerics import NeuropilError, Synapses, _delivery_primitive, synaptic_delivery
from neuropil.numerics._delivery_primitive import PRIMITIVES, Form, _reference, others

SOURCES, TARGETS = 90, 40


@pytest.fixture(autouse=True)
def kernels_for_few_synapses(monkeypatch):
    monkeypatch.setattr(_delivery_primitive, "LEAST_SYNAPSES", 0)


def drawn(rng, depth, count=300):
    """Draw a list; some sources have no synapse, some pairs have several."""
    pre = np.sort(rng.integers(1, SOURCES - 1, count))
    starts = np.searchsorted(pre, np.arange(SOURCES + 1)).astype(np.int32)
    lists = [starts, rng.integers(0, TARGETS, count).astype(np.int32)]
    return pre, lists + ([rng.integers(0, depth + 1, count).astype(np.int32)] if depth else [])


def by_hand(kind, form, pre, lists, given):
    """Sum the trilinear form in float64, synapse by synapse."""
    ticks = lists[2] if form.depth else np.zeros(form.synapses, int)
    out = np.zeros(form.shape(kind))
    total = max(form.samples)
    for sample in range(total):
        at = [sample // (total // own) for own in form.samples]
        for s, (i, j, d) in enumerate(zip(pre, lists[1], ticks, strict=True)):
            for t in range(form.length):
                spots = (at[0], t + form.depth - d, i), (at[1], t, j), (at[2], s)
                a, b = others(kind)
                out[spots[kind]] += given[a][spots[a]] * given[b][spots[b]]
    return out


@settings(max_examples=6, deadline=None)
@given(
    kind=st.sampled_from([0, 1, 2]),
    samples=st.sampled_from([(1, 1, 1), (4, 4, 1), (1, 4, 4), (4, 4, 4), (2, 4, 4)]),
    length=st.sampled_from([1, 5, 19]),
    depth=st.sampled_from([0, 3]),
    seed=st.integers(0, 99),
)
def test_kernels_and_their_fallback_are_the_sums_by_hand(kind, samples, length, depth, seed):
    rng = np.random.default_rng(seed)
    pre, lists = drawn(rng, depth)
    form = Form(samples, length, depth, SOURCES, TARGETS, pre.size)
    given = {k: rng.normal(size=form.shape(k)) for k in others(kind)}
    if 0 in given:
        given[0] *= rng.random(form.shape(0)) < 0.1
    expected = by_hand(kind, form, pre, lists, given)
    operands = [jnp.asarray(given[k], jnp.float32) for k in others(kind)]
    found = PRIMITIVES[kind].bind(*operands, *lists, form=form)
    plain = _reference(kind, *operands, *lists, form=form)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(plain, expected, rtol=1e-4, atol=1e-4)


def problem(depth, length=12, seed=0):
    rng = np.random.default_rng(seed)
    pre, lists = drawn(rng, depth)
    signal = (rng.random((length + depth, SOURCES)) < 0.2) * rng.normal(size=SOURCES)
    ticks = jnp.asarray(lists[2]) if depth else 0
    weight = jnp.asarray(rng.normal(size=pre.size), jnp.float32)

    def deliver(signal, weight):
        listed = Synapses(jnp.asarray(lists[0]), jnp.asarray(lists[1]), weight, ticks)
        return synaptic_delivery(listed, signal, size=TARGETS, depth=depth)

    return deliver, jnp.asarray(signal, jnp.float32), weight


@pytest.mark.parametrize("depth", [0, 3])
def test_derivatives_agree_in_all_modes_to_the_second_order(depth):
    deliver, signal, weight = problem(depth, length=4)
    check_grads(deliver, (signal, weight), order=2, atol=0.05, rtol=0.05)


def calls(function, *operands):
    """Return the calls of compiled kernels in the program of a function."""
    return jax.jit(function).lower(*operands).as_text().count("neuropil_synaptic")


@pytest.mark.parametrize("depth", [0, 3])
def test_a_batch_with_shared_weights_is_one_call_each_way(depth):
    deliver, signal, weight = problem(depth)
    batch = jnp.stack([signal, 2.0 * signal, -signal])

    def loss(batch, weight):
        return jnp.sum(jax.vmap(deliver, (0, None))(batch, weight) ** 2)

    def one_by_one(batch, weight):
        return sum(jnp.sum(deliver(signal, weight) ** 2) for signal in batch)

    found, expected = (jax.grad(f, (0, 1))(batch, weight) for f in (loss, one_by_one))
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-4)
    # JAX writes declarations of targets once per call: there and back by signal and weight.
    assert calls(jax.grad(loss, (0, 1)), batch, weight) == 3


def test_ensembles_of_weights_and_of_both_are_each_on_their_own():
    deliver, signal, weight = problem(3)
    weights, signals = jnp.stack([weight, -weight]), jnp.stack([signal, 2.0 * signal, signal])
    found = jax.vmap(lambda w: jax.vmap(lambda x: deliver(x, w))(signals))(weights)
    grads = jax.vmap(lambda w: jax.grad(lambda w: jnp.sum(jax.vmap(lambda x: deliver(x, w))(
        signals) ** 2))(w))(weights)  # fmt: skip
    for i, w in enumerate(weights):
        for k, x in enumerate(signals):
            np.testing.assert_allclose(found[i, k], deliver(x, w), rtol=1e-4, atol=1e-5)
        own = jax.grad(lambda w: sum(jnp.sum(deliver(x, w) ** 2) for x in signals))(w)
        np.testing.assert_allclose(grads[i], own, rtol=1e-4, atol=1e-4)


def test_what_does_not_fit_is_refused():
    listed = Synapses(jnp.array([0, 1]), jnp.array([0]), jnp.ones(1), 1)
    with pytest.raises(NeuropilError, match="signal"):
        synaptic_delivery(listed, jnp.ones((1, 1)), size=1, depth=1)
    with pytest.raises(NeuropilError, match="synapses"):
        synaptic_delivery(
            Synapses(None, None, jnp.ones((1, 1)), 1), jnp.ones((2, 1)), size=1, depth=1
        )
