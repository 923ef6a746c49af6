"""Spikes in every form: arrays, events, bits."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neuropil.analysis import (
    Events,
    binned_counts,
    events_of,
    pack_spikes,
    rates,
    spikes_of,
    unpack_events,
    unpack_spikes,
)
from neuropil.analysis import _packing as packing
from neuropil.cells import lif
from neuropil.core import Record, simulate
from neuropil.numerics import NeuropilError

shapes = st.tuples(st.integers(1, 40), st.integers(1, 30))
SOME = np.array([[0, 1], [0, 0], [1, 1]])


def random_spikes(shape, seed, chance=0.2):
    return np.random.default_rng(seed).random(shape) < chance


@settings(max_examples=50, deadline=None)
@given(shapes, st.integers(0, 99))
def test_every_form_holds_the_same_spikes(shape, seed):
    spikes = random_spikes(shape, seed)
    packed = pack_spikes(spikes)
    assert packed.shape == (shape[0], -(-shape[1] // 8))
    assert packed.dtype == np.uint8
    np.testing.assert_array_equal(unpack_spikes(packed, shape[1]), spikes)
    for events in (events_of(spikes), unpack_events(packed, shape[1])):
        assert (events.ticks, events.size) == shape
        assert len(events) == spikes.sum()
        np.testing.assert_array_equal(spikes_of(events), spikes)


@pytest.mark.parametrize("dtype", [bool, np.uint8, np.int32, np.float32, np.float64, jnp.bfloat16])
def test_spikes_are_of_any_type(dtype):
    for spikes in (SOME.astype(dtype), jnp.asarray(SOME.astype(dtype))):
        np.testing.assert_array_equal(spikes_of(spikes), SOME)
        np.testing.assert_array_equal(unpack_spikes(pack_spikes(spikes), 2), SOME)


def test_events_are_kept_in_order():
    order = np.random.default_rng(0).permutation(200)
    sorted_events = events_of(random_spikes((50, 20), 1, 0.2))
    order = np.random.default_rng(0).permutation(len(sorted_events))
    mixed = Events(sorted_events.tick[order], sorted_events.neuron[order], 50, 20)
    np.testing.assert_array_equal(mixed.tick, sorted_events.tick)
    np.testing.assert_array_equal(mixed.neuron, sorted_events.neuron)


def test_a_silent_recording_is_one():
    silent = Events([], [], ticks=100, size=4)
    assert len(silent) == 0
    np.testing.assert_array_equal(rates(silent, 1.0), np.zeros(4))
    np.testing.assert_array_equal(spikes_of(silent), np.zeros((100, 4)))


def test_long_recordings_are_unpacked_in_parts(monkeypatch):
    spikes = random_spikes((101, 13), 2)
    whole = unpack_events(pack_spikes(spikes), 13)
    monkeypatch.setattr(packing, "_BLOCK", 40)
    parts = unpack_events(pack_spikes(spikes), 13)
    np.testing.assert_array_equal(parts.tick, whole.tick)
    np.testing.assert_array_equal(spikes_of(parts), spikes)


def test_spikes_are_packed_while_a_run_goes_on():
    inputs = jax.random.uniform(jax.random.key(0), (40, 3, 11)) * 0.4
    record = {"plain": Record("output"), "packed": Record("output", encode=pack_spikes)}
    _, records = simulate(lif(11), inputs, dt=1.0, key=jax.random.key(1), record=record)
    packed = records.kept["packed"]
    assert isinstance(packed, jax.Array)
    assert packed.shape == (40, 3, 2)
    assert packed.dtype == jnp.uint8
    spikes = np.asarray(records.kept["plain"])
    assert 0.01 < spikes.mean() < 0.9
    np.testing.assert_array_equal(unpack_spikes(packed, 11), spikes)


def test_bits_are_those_of_numpy_and_jax():
    spikes = random_spikes((5, 21), 3)
    np.testing.assert_array_equal(pack_spikes(spikes), np.packbits(spikes, axis=-1))
    np.testing.assert_array_equal(pack_spikes(jnp.asarray(spikes)), pack_spikes(spikes))


def test_counts_of_bins_are_the_sums_of_their_ticks():
    spikes = random_spikes((103, 7), 4)
    expected = spikes[:100].reshape(20, 5, 7).sum(axis=1)
    np.testing.assert_array_equal(binned_counts(spikes, 0.1, 0.5), expected)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (np.zeros((4, 2, 3)), ["shape (4, 2, 3)", "[:, 0]"]),
        (np.zeros(4), ["shape (4,)", "[:, None]"]),
        (np.full((4, 2), 0.5), ["0.5"]),
        (np.array([[0.0, np.nan]]), ["nan"]),
        (np.array([[0, -1]]), ["-1"]),
        (np.zeros((0, 3)), ["shape (0, 3)"]),
        (np.zeros((2, 2), complex), ["complex"]),
    ],
)
def test_what_is_no_spikes_is_refused(wrong, words):
    for measure in (lambda s: rates(s, 1.0), events_of):
        with pytest.raises(NeuropilError) as caught:
            measure(wrong)
        assert all(word in str(caught.value) for word in ("spikes: got", "Fix:", *words))


def test_measures_refuse_to_be_traced():
    with pytest.raises(NeuropilError, match="traced"):
        jax.jit(lambda spikes: rates(spikes, 1.0))(jnp.asarray(SOME))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (([1, 1], [0, 0], 3, 2), "neuron 0 twice in tick 1"),
        (([1, 3], [0, 0], 3, 2), "tick: got 3"),
        (([1, 2], [0, -1], 3, 2), "neuron: got -1"),
        (([1, 2], [0], 3, 2), "1 neurons for 2 ticks"),
        (([1.0, 2.0], [0, 1], 3, 2), "tick: got float64"),
        (([[1]], [[0]], 3, 2), r"shape \(1, 1\)"),
    ],
)
def test_events_that_cannot_be_are_refused(arguments, words):
    with pytest.raises(NeuropilError, match=words):
        Events(*arguments)


@pytest.mark.parametrize(
    ("packed", "n", "words"),
    [
        (np.zeros((4, 2), np.uint8), 17, r"\[..., 3\]"),
        (np.zeros((4, 2), np.uint8), 8, r"\[..., 1\]"),
        (np.zeros((4, 2)), 9, "float64"),
        (np.zeros((4, 2), np.uint8), 0, "n: got 0"),
    ],
)
def test_bits_that_do_not_fit_are_refused(packed, n, words):
    for unpack in (unpack_spikes, unpack_events):
        with pytest.raises(NeuropilError, match=words):
            unpack(packed, n)
    with pytest.raises(NeuropilError, match="one sample"):
        unpack_events(np.zeros((4, 3, 1), np.uint8), 8)
