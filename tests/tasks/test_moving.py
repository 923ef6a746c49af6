"""Movies of textures and photographs: they move as they say, along paths as they say."""

import numpy as np
import pytest
from scipy.stats import poisson

from neuropil.tasks import (
    DIRECTIONS,
    PHOTOGRAPHS,
    moving_photographs,
    moving_textures,
    velocities,
)
from neuropil.tasks._drifts import drifts
from neuropil.tasks._samples import generator


def test_textures_move_and_are_partly_drawn_anew():
    movies, directions = moving_textures(200, 16, 4, redrawn=0.1, seed=5)
    assert set(np.unique(movies)) == {-1.0, 0.0, 1.0}
    assert abs((movies == 1).mean() - 0.25) < 0.01 and abs((movies == -1).mean() - 0.25) < 0.01
    np.testing.assert_allclose(np.bincount(directions) / 200, 0.125, atol=0.08)
    kept = []
    for movie, direction in zip(movies, directions, strict=True):
        moved = np.roll(movie[:-1, 0], DIRECTIONS[direction], axis=(1, 2))
        kept.append((moved == movie[1:, 0]).mean())
    # A site drawn anew is what it was in 3/8 of cases.
    assert abs(np.mean(kept) - (1 - 0.1 * (1 - 0.375))) < 0.005
    again, _ = moving_textures(200, 16, 4, redrawn=0.1, seed=5)
    np.testing.assert_array_equal(movies, again)


def moved(frames, velocity):
    """Frames shifted by broken pixels, right where their borders are far."""
    rows, columns = np.fft.fftfreq(frames.shape[-2]), np.fft.fftfreq(frames.shape[-1])
    phase = velocity[0] * rows[:, None] + velocity[1] * columns
    return np.fft.ifft2(np.fft.fft2(frames) * np.exp(-2j * np.pi * phase)).real


@pytest.mark.parametrize(("directions", "speeds"), [(8, (1.0,)), (12, (0.5, 1.0, 2.0))])
def test_photographs_drift_by_their_velocity_on_diagonals_too(directions, speeds):
    movies, targets = moving_photographs(
        40, "test", 40, 8, directions=directions, speeds=speeds, seed=1
    )
    steps, inner = velocities(directions, speeds), (slice(None), slice(8, -8), slice(8, -8))
    judged = []
    for movie, target in zip(movies, targets, strict=True):
        before, now = movie[1:-1], movie[2:][inner]  # of the last segment: the last six moves
        errors = [np.square(moved(before, step)[inner] - now).mean() for step in steps]
        if now.var() > 0.1:  # there is something to see
            judged.append(target)
            assert np.argmin(errors) == target and errors[target] < 0.03 * now.var()
    # In each direction, so that of eight half are diagonal.
    assert len(judged) > 20 and len(set(np.array(judged) % directions)) == directions


def test_no_test_photograph_was_seen_in_training():
    assert not set(PHOTOGRAPHS["train"]) & set(PHOTOGRAPHS["test"])


def test_eight_velocities_are_the_directions_of_textures():
    unit = np.array(DIRECTIONS) / np.linalg.norm(DIRECTIONS, axis=1, keepdims=True)
    np.testing.assert_allclose(velocities(), unit, atol=1e-15)
    speeds = np.linalg.norm(velocities(12, (0.5, 1.0, 2.0)), axis=1)
    np.testing.assert_allclose(speeds, np.repeat([0.5, 1.0, 2.0], 12))


def test_segments_of_a_path_are_poisson_distributed_and_the_last_one_is_cut_anywhere():
    steps = np.random.default_rng(0).normal(size=(100_000, 2))  # no two segments have the same
    last, paths = drifts(generator(3), 1500, 200, steps, 24.0, 6)
    np.testing.assert_allclose(paths.max(axis=1), -paths.min(axis=1))
    moves = np.diff(paths, axis=1)
    np.testing.assert_allclose(moves[:, -6:], np.repeat(steps[last][:, None], 6, 1), atol=1e-9)
    turns = np.any(np.abs(np.diff(moves, axis=1)) > 1e-9, axis=2)
    assert abs(turns[:, :100].mean() * 24.0 - 1.0) < 0.02
    at = [np.flatnonzero(row) for row in turns]
    length = np.concatenate([np.diff(row)[-3:] for row in at])  # none is cut
    assert abs(length.mean() - 24.0) < 0.3 and abs(length.var() / 24.0 - 1.0) < 0.08
    age = np.array([199 - 1 - row[-1] for row in at])
    ages = np.arange(6, 60)
    chance = poisson.sf(ages - 1, 24.0) / poisson.sf(ages - 1, 24.0).sum()
    assert age.min() == 6 and abs(age.mean() - (ages * chance).sum()) < 0.5
    assert abs((age >= 20).mean() - chance[ages >= 20].sum()) < 0.03
