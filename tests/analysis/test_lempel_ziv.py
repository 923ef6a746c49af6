"""Complexity equals the definition, and the readout is a threshold between two means."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neuropil.analysis import NearestMean, lempel_ziv_complexity, lempel_ziv_entropy_rate


def by_definition(text):
    """The parsing as it is written down, with a search for every piece."""
    start = count = 0
    while start < len(text):
        end = start + 1
        while end <= len(text) and text[start:end] in text[: end - 1]:
            end += 1
        start, count = end, count + 1
    return count


@pytest.mark.parametrize(
    ("text", "components"),
    [
        ("0001101001000101", 6),
        ("0001", 2),
        ("0000000000", 2),
        ("0101010101", 3),
        ("1001111011000010", 6),
        ("0", 1),
    ],
)
def test_complexity_of_published_strings(text, components):
    assert lempel_ziv_complexity([int(symbol) for symbol in text]) == components


@given(st.text("01", min_size=1, max_size=60) | st.text("abc", min_size=1, max_size=40))
@settings(max_examples=150, deadline=None)
def test_complexity_is_that_of_the_definition(text):
    assert lempel_ziv_complexity([ord(symbol) for symbol in text]) == by_definition(text)


@pytest.mark.parametrize(
    ("p", "bits", "tolerance"), [(0.02, 0.18, 0.03), (0.1, 0.51, 0.05), (0.5, 1.095, 0.04)]
)
def test_the_rate_of_a_coin_lies_above_its_entropy(p, bits, tolerance):
    coins = np.random.default_rng(3).random((512, 100)) < p
    found = lempel_ziv_entropy_rate(coins).mean()
    assert found == pytest.approx(bits, abs=tolerance)
    entropy = -p * np.log2(p) - (1 - p) * np.log2(1 - p)
    assert 0.0 < found - entropy < 0.15


def test_batches_of_any_kind_of_number_give_one_count_each():
    drawn = np.random.default_rng(0).integers(0, 2, (50, 3, 4))
    counts = lempel_ziv_complexity(drawn)
    assert counts.shape == (3, 4)
    assert counts[2, 1] == lempel_ziv_complexity(drawn[:, 2, 1].astype(bool))
    np.testing.assert_array_equal(counts, lempel_ziv_complexity(drawn.astype(np.float32)))
    np.testing.assert_array_equal(counts, lempel_ziv_complexity(7 - 3 * drawn))


def test_the_nearest_mean_is_a_threshold_half_way():
    reader = NearestMean.fit([1.0, 3.0, 7.0, 9.0], [0, 0, 1, 1])
    assert reader.means.tolist() == [[2.0], [8.0]]
    assert reader.predict([4.9, 5.1]).tolist() == [0, 1]


def test_the_nearest_of_several_means_is_that_of_scikit_learn():
    from sklearn.neighbors import NearestCentroid

    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(60, 3)), np.arange(60) % 4
    x[:, 0] += y
    ours = NearestMean.fit(x, y).predict(x)
    np.testing.assert_array_equal(ours, NearestCentroid().fit(x, y).predict(x))
