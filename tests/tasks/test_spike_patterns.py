"""Classes of spike trains differ in what they should, and in nothing else."""

import numpy as np
import pytest

from neuropil.tasks import (
    TaskError,
    markov_or_poisson,
    poisson_rates,
    regular_or_poisson,
    spike_pairs,
)


def by_class(samples):
    return [samples.inputs[samples.targets == c] for c in (0, 1)]


def test_poisson_trains_have_their_rates_and_variances():
    for spikes, rate in zip(by_class(poisson_rates(400)), (20.0, 40.0), strict=True):
        p = -np.expm1(-rate / 1000.0)
        assert spikes.mean() == pytest.approx(p, rel=0.02)
        counts = spikes.sum(1)
        assert counts.var() == pytest.approx(512 * p * (1 - p), rel=0.08)


def test_pairs_have_their_intervals_and_counts_say_nothing():
    near, far = by_class(spike_pairs(1000))
    for spikes, interval in ((near, 3.0), (far, 25.0)):
        sample, channel = np.nonzero(spikes.sum(1) == 2)
        gaps = [np.diff(np.flatnonzero(spikes[s, :, c]))[0] for s, c in zip(sample, channel)]  # noqa: B905
        assert np.mean(gaps) == pytest.approx(interval, abs=0.05)
        assert np.std(gaps) == pytest.approx(np.sqrt(2 * 0.25 + 2 / 12), abs=0.1)
        assert set(np.unique(spikes.sum(1))) == {0, 2}
        assert set(np.unique(spikes.sum((1, 2)))) == {12, 14, 16}
    assert near.sum((1, 2)).mean() == pytest.approx(far.sum((1, 2)).mean(), rel=0.02)


@pytest.mark.parametrize("make", [regular_or_poisson, markov_or_poisson])
def test_rates_are_equal_and_order_is_not(make):
    structured, random = by_class(make(2000, rate=80.0))
    assert structured.mean() == pytest.approx(random.mean(), rel=0.05)
    share = -np.expm1(-0.08)
    after = [s[:, 1:][s[:, :-1]].mean() for s in (structured, random)]
    assert after[1] == pytest.approx(share, rel=0.1)
    assert abs(after[0] - share) > 0.05


def test_a_chain_persists_as_often_as_it_is_told():
    chain, _ = by_class(markov_or_poisson(1000, rate=150.0, persistence=0.6))
    assert chain[:, 1:][chain[:, :-1]].mean() == pytest.approx(0.6, abs=0.01)


def test_seeds_give_other_samples_and_the_same_ones_again():
    one, again, other = (spike_pairs(20, seed=seed).inputs for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, again)
    assert np.any(one != other)


def test_intervals_that_do_not_fit_are_refused():
    with pytest.raises(TaskError, match="intervals"):
        spike_pairs(4, intervals=(3.0, 99.0))
