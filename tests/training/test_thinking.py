"""The tick that counts: chosen per sample, without a gradient through the choice; CTC by PyTorch's
definition, summed over all ways to write a list."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from neuropil.core import Records
from neuropil.numerics import NeuropilError
from neuropil.training import (
    ctc,
    last_tick,
    most_certain_tick,
    tick_accuracy,
    tick_cross_entropy,
)

RNG = np.random.default_rng(0)


def records(scores):
    return Records(jnp.asarray(scores)[None], {})


def last(output):
    return output[-1]


def logs(scores):
    shifted = scores - scores.max(-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(-1, keepdims=True))


def test_the_loss_is_that_of_the_best_and_of_the_most_certain_tick():
    scores, targets = RNG.normal(size=(6, 5, 3)), RNG.integers(0, 3, 6)
    log = logs(scores)
    losses = -log[np.arange(6)[:, None], np.arange(5), targets[:, None]]
    surest = (np.exp(log) * log).sum(-1).argmax(1)
    expected = 0.5 * (losses.min(1) + losses[np.arange(6), surest])
    found = tick_cross_entropy(last)(records(scores), jnp.asarray(targets))
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    np.testing.assert_array_equal(most_certain_tick(scores), surest)
    right = scores[np.arange(6), surest].argmax(-1) == targets
    found = tick_accuracy(last)(records(scores), jnp.asarray(targets))
    np.testing.assert_array_equal(found, right)


def test_the_last_tick_may_count_in_place_of_the_most_certain_one():
    scores, targets = RNG.normal(size=(6, 5, 3)), RNG.integers(0, 3, 6)
    losses = -logs(scores)[np.arange(6)[:, None], np.arange(5), targets[:, None]]
    expected = 0.5 * (losses.min(1) + losses[:, -1])
    found = tick_cross_entropy(last, chosen=last_tick)(records(scores), jnp.asarray(targets))
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    found = tick_accuracy(last, chosen=last_tick)(records(scores), jnp.asarray(targets))
    np.testing.assert_array_equal(found, scores[:, -1].argmax(-1) == targets)


def test_positions_are_averaged_before_the_choice():
    scores, targets = RNG.normal(size=(4, 5, 2, 3)), RNG.integers(0, 3, (4, 2))
    log = logs(scores)
    losses = -np.take_along_axis(log, targets[:, None, :, None], axis=-1)[..., 0].mean(-1)
    surest = (np.exp(log) * log).sum(-1).mean(-1).argmax(1)
    expected = 0.5 * (losses.min(1) + losses[np.arange(4), surest])
    found = tick_cross_entropy(last)(records(scores), jnp.asarray(targets))
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_no_gradient_reaches_ticks_that_do_not_count():
    scores = np.array([[[2.0, 0.0], [0.0, 0.1], [0.0, 5.0]]])  # tick 0 is best, tick 2 is surest

    def loss(scores):
        return tick_cross_entropy(last)(records(scores), jnp.array([0])).sum()

    slope = np.abs(np.asarray(jax.grad(loss)(jnp.asarray(scores)))).sum(-1)[0]
    assert slope[0] > 0 and slope[1] == 0 and slope[2] > 0


def test_of_a_path_only_what_is_right_and_some_steps_more_count():
    targets = np.array([[0, 1, 0, 1, 0, 1]])
    scores = np.zeros((1, 2, 6, 2))
    scores[0, 0, 0, 0] = scores[0, 1, 0, 0] = scores[0, 1, 1, 1] = 4.0  # one and two are right
    scores[0, :, 2:, 0], scores[0, :, 2, 1] = -3.0, 3.0
    loss = tick_cross_entropy(last, ahead=1)
    slope = jax.grad(lambda s: loss(records(s), jnp.asarray(targets)).sum())(jnp.asarray(scores))
    reached = np.abs(np.asarray(slope)).sum((0, 1, 3)) > 0
    assert reached.tolist() == [True, True, True, False, False, False]


def test_ctc_sums_over_all_ways_to_write_the_list():
    scores = RNG.normal(size=(1, 4, 3))
    target, blank = [0, 1], 2
    total = 0.0
    probabilities = np.exp(logs(scores))[0]
    for path in itertools.product(range(3), repeat=4):
        merged = [c for c, before in zip(path, (None, *path[:-1]), strict=True) if c != before]
        if [c for c in merged if c != blank] == target:
            total += np.prod(probabilities[np.arange(4), path])
    found = ctc(last)(records(scores), jnp.array([[0, 1, -1]]))
    np.testing.assert_allclose(found, [-np.log(total)], rtol=1e-4)


def test_scores_that_do_not_fit_the_targets_are_refused():
    with pytest.raises(NeuropilError, match="readout"):
        tick_cross_entropy(last)(records(np.zeros((2, 3, 4))), jnp.zeros((2, 5), int))
    with pytest.raises(NeuropilError, match="class 7"):
        tick_accuracy(last)(records(np.zeros((2, 3, 4))), np.array([0, 7]))
