"""Encoders against their formulas."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from neuropil.coding import (
    GaussianFields,
    delta_modulation,
    latency,
    poisson_rate,
    regular_rate,
)
from neuropil.core import NeuropilError

KEY = jax.random.key(0)
IMAGE = np.random.default_rng(0).uniform(size=(2, 3, 4)).astype(np.float32)


def test_latency_spikes_once_when_the_decaying_threshold_meets_the_value():
    spikes = np.asarray(latency(IMAGE, 40, 0.5, tau=6.0))
    assert spikes.shape == (40, 2, 3, 4)
    np.testing.assert_array_equal(spikes.sum(0), np.ones(IMAGE.shape))
    threshold = np.exp(-np.arange(40) * 0.5 / 6.0)
    for index in np.ndindex(IMAGE.shape):
        reached = np.flatnonzero(threshold <= IMAGE[index])
        assert spikes[(slice(None), *index)].argmax() == (reached[0] if reached.size else 39)


def test_larger_values_spike_earlier_and_the_smallest_in_the_last_tick():
    when = latency(np.linspace(1.0, 0.0, 50), 100, 1.0).argmax(0)
    assert bool((jnp.diff(when) >= 0).all())
    assert when[0] == 0 and when[-1] == 99


def test_encoders_are_alike_with_a_batch_axis_and_under_vmap():
    def encoders(x):
        return latency(x, 9, 1.0), regular_rate(x, 9, 1.0, 700.0), GaussianFields(0, 1, 5)(x)

    whole = encoders(IMAGE)
    mapped = jax.vmap(encoders, out_axes=(1, 1, 0))(jnp.asarray(IMAGE))
    for one, other in zip(whole, mapped, strict=True):
        np.testing.assert_array_equal(one, other)


def test_regular_rate_has_emitted_the_whole_part_of_what_is_due():
    x = np.array([0.0, 0.1, 0.3, 0.7, 1.0])
    spikes = np.asarray(regular_rate(x, 2000, 1.0, max_rate=590.0))
    n = np.arange(1, 2001)[:, None]
    np.testing.assert_array_equal(spikes.cumsum(0), np.floor(n * x * 0.59 + 1e-9))
    assert set(np.unique(spikes)) == {0.0, 1.0}


def test_poisson_rate_has_mean_and_variance_of_independent_ticks():
    x, ticks = np.array([0.0, 0.2, 1.0]), 20_000
    spikes = np.asarray(poisson_rate(x, ticks, 0.5, max_rate=400.0, key=KEY))
    p = x * 400.0 * 0.5e-3
    np.testing.assert_allclose(spikes.mean(0), p, atol=4 * np.sqrt(0.25 / ticks))
    pairs = (spikes[1:] * spikes[:-1]).mean(0)
    np.testing.assert_allclose(pairs, p**2, atol=4 * np.sqrt(0.25 / ticks))


def test_poisson_rate_is_decided_by_its_key_alone():
    one, again = (poisson_rate(IMAGE, 50, 1.0, 300.0, KEY) for _ in range(2))
    np.testing.assert_array_equal(one, again)
    other = poisson_rate(IMAGE, 50, 1.0, 300.0, jax.random.key(1))
    assert bool((one != other).any())


@pytest.mark.parametrize("cut", [1, 3])
def test_a_sample_with_a_key_of_its_own_does_not_depend_on_its_batch(cut):
    x, keys = np.full((7, 5), 0.5, np.float32), jax.random.split(KEY, 7)
    encode = jax.vmap(lambda x, key: poisson_rate(x, 40, 1.0, 400.0, key), out_axes=1)
    parts = [encode(x[i : i + cut], keys[i : i + cut]) for i in range(0, 7, cut)]
    np.testing.assert_array_equal(jnp.concatenate(parts, axis=1), encode(x, keys))
    np.testing.assert_array_equal(parts[0][:, 0], poisson_rate(x[0], 40, 1.0, 400.0, keys[0]))


def walk(largest):
    steps = np.random.default_rng(2).uniform(-largest, largest, size=(300, 4))
    return steps.cumsum(0)


def rebuilt(spikes, start, threshold):
    return start + threshold * np.asarray(spikes[..., 0] - spikes[..., 1]).cumsum(0)


def test_delta_modulation_rebuilds_slow_signals_to_within_the_threshold():
    signal = walk(0.2)
    spikes = delta_modulation(signal, 0.2)
    assert spikes.shape == (300, 4, 2)
    assert set(np.unique(spikes)) == {0.0, 1.0}
    assert np.abs(rebuilt(spikes, signal[0], 0.2) - signal).max() < 0.2 * (1 + 1e-4)
    assert spikes.sum() < 0.8 * signal.size


def test_delta_modulation_catches_up_after_a_jump():
    signal = np.concatenate([np.zeros(3), np.full(10, -1.0)])
    spikes = np.asarray(delta_modulation(signal, 0.25))
    np.testing.assert_array_equal(spikes[:, 0], np.zeros(13))
    np.testing.assert_array_equal(np.flatnonzero(spikes[:, 1]), [3, 4, 5, 6])


def test_gaussian_fields_tile_the_range():
    fields = GaussianFields(-1.0, 3.0, fields=5, width=0.5)
    np.testing.assert_allclose(fields.centres, [-1.0, 0.0, 1.0, 2.0, 3.0])
    activations = fields(np.array([0.0, 1.5]))
    centres = np.arange(-1.0, 4.0)
    expected = np.exp(-((np.array([[0.0], [1.5]]) - centres) ** 2) / (2 * 0.25))
    np.testing.assert_allclose(activations, expected, rtol=1e-6, atol=1e-9)
    assert latency(activations, 20, 1.0).shape == (20, 2, 5)


def test_gaussian_fields_may_have_a_range_per_feature():
    fields = GaussianFields([0.0, 10.0], [1.0, 30.0], fields=3)
    peaks = fields(np.array([[0.5, 20.0], [1.0, 30.0]]))
    np.testing.assert_allclose(peaks[0, :, 1], [1.0, 1.0])
    np.testing.assert_allclose(peaks[1, :, 2], [1.0, 1.0])
    np.testing.assert_allclose(peaks[0, :, 0], np.exp([-0.5, -0.5]), rtol=1e-6)


HALF = np.full(3, 0.5)


@pytest.mark.parametrize(
    ("name", "build"),
    [
        ("x", lambda: latency("bright", 5, 1.0)),
        ("x", lambda: latency([0.5, 2.0], 5, 1.0)),
        ("x", lambda: latency([-0.1], 5, 1.0)),
        ("x", lambda: latency([np.nan], 5, 1.0)),
        ("x", lambda: latency([], 5, 1.0)),
        ("ticks", lambda: latency(HALF, 0, 1.0)),
        ("ticks", lambda: latency(HALF, 5.0, 1.0)),
        ("dt", lambda: latency(HALF, 5, -1.0)),
        ("tau", lambda: latency(HALF, 5, 1.0, tau=0.0)),
        ("tau", lambda: latency(HALF, 5, 1.0, tau=[1.0, 2.0])),
        ("x", lambda: poisson_rate([3.0], 5, 1.0, 100.0, KEY)),
        ("max_rate", lambda: poisson_rate(HALF, 5, 1.0, 1001.0, KEY)),
        ("max_rate", lambda: poisson_rate(HALF, 5, 1.0, -1.0, KEY)),
        ("key", lambda: poisson_rate(HALF, 5, 1.0, 100.0, 0)),
        ("ticks", lambda: poisson_rate(HALF, "five", 1.0, 100.0, KEY)),
        ("max_rate", lambda: regular_rate(HALF, 5, 0.1, np.inf)),
        ("max_rate", lambda: regular_rate(HALF, 5, 0.1, "fast")),
        ("dt", lambda: regular_rate(HALF, 5, 0.0, 100.0)),
        ("signal", lambda: delta_modulation(1.0, 0.1)),
        ("signal", lambda: delta_modulation(np.zeros((0, 2)), 0.1)),
        ("signal", lambda: delta_modulation("wave", 0.1)),
        ("signal", lambda: delta_modulation([0.0, np.nan], 0.1)),
        ("threshold", lambda: delta_modulation(HALF, 0.0)),
        ("threshold", lambda: delta_modulation(HALF, [0.1, 0.2])),
        ("low", lambda: GaussianFields("low", 1.0, 3)),
        ("high", lambda: GaussianFields(1.0, 1.0, 3)),
        ("high", lambda: GaussianFields([0.0, 0.0], [1.0, 1.0, 1.0], 3)),
        ("fields", lambda: GaussianFields(0.0, 1.0, 1)),
        ("width", lambda: GaussianFields(0.0, 1.0, 3, width=0.0)),
        ("width", lambda: GaussianFields([0.0, 0.0], 1.0, 3, width=np.ones(3))),
        ("values", lambda: GaussianFields(0.0, 1.0, 3)(np.array([np.inf]))),
        ("values", lambda: GaussianFields([0.0, 0.0], 1.0, 3)(np.zeros(3))),
    ],
)
def test_nonsense_is_refused_by_name(name, build):
    with pytest.raises(NeuropilError, match=f"^{name}: got [\\s\\S]*Fix: "):
        build()
