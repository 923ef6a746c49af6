"""Motion: movies are what they say, the layer is a list of synapses, delays are on the path."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from neuropil.cells import ComplexCells
from neuropil.coding import delta_modulation
from neuropil.connectivity import DelayedConv2d, to_sparse
from neuropil.core import Input, Network, Projection, coactivity, simulate
from neuropil.numerics import NeuropilError
from neuropil.systems import as_declared, check_claim, load_system
from neuropil.systems.motion._data import movies_to_test
from neuropil.systems.motion._network import (
    build,
    evidence,
    follows_motion,
    kernels,
    pruned,
    share_right,
    shortened,
    train,
    with_kernels,
)
from neuropil.systems.motion._run import winners
from neuropil.systems.motion._settings import Settings
from neuropil.tasks import DIRECTIONS, PHOTOGRAPHS, moving_photographs, moving_textures

RNG = np.random.default_rng(0)


def ideal(size=16, delays=4):
    """Kernels of which each has one line, along its direction."""
    network = build("textures", Settings(size=size), jax.random.key(0))
    weight = np.zeros_like(kernels(network))
    for kernel, (row, column) in zip(weight, DIRECTIONS, strict=True):
        for d in range(delays):
            kernel[d, 3 + d * row, 3 + d * column] = 1.0
    return with_kernels(network, weight)


def by_hand(kind, weight, window):
    """The sum over all synapses, one after the other."""
    height, width = kind.source[1:]
    found = np.zeros(kind.target)
    for o, c, d, i, j in np.ndindex(*kind.weight_shape):
        up, left = i - kind.kernel[0] // 2, j - kind.kernel[1] // 2
        for y, x in np.ndindex(height, width):
            row, column = y - up, x - left
            if kind.padding == "WRAP":
                row, column = row % height, column % width
            if 0 <= row < height and 0 <= column < width:
                found[o, y, x] += weight[o, c, d, i, j] * window[d, c, row, column]
    return found


@pytest.mark.parametrize("padding", ["SAME", "WRAP"])
def test_the_layer_is_the_sum_over_its_synapses_listed_or_not(padding):
    kind = DelayedConv2d((2, 4, 5), 2, (3, 1), 3, padding)
    weight = RNG.normal(size=kind.weight_shape)
    weight[np.abs(weight) < 0.5] = 0.0
    window = RNG.normal(size=(3, *kind.source))
    expected = by_hand(kind, weight, window)
    np.testing.assert_allclose(kind.transmit(weight, kind.read(window)), expected, atol=1e-5)
    listed, each = to_sparse(kind, weight)
    np.testing.assert_allclose(listed.transmit(each, listed.read(window)), expected, atol=1e-5)
    walked = each.size / np.prod(kind.target)
    most = np.count_nonzero(weight) / kind.channels
    assert walked == most if padding == "WRAP" else 0.5 * most < walked < most


def test_a_network_of_listed_synapses_does_what_the_layer_does():
    network = ideal()
    movies, _ = moving_textures(2, 16, 6)
    (projection,) = network.projections
    listed, each = to_sparse(projection.connectivity, projection.weight)
    nodes = network.nodes
    events = Network(nodes, (Projection("input", "output", listed, each),), "output")
    assert isinstance(nodes["input"], Input) and isinstance(nodes["output"], ComplexCells)
    outputs = [
        simulate(net, movies[0], dt=1.0, key=jax.random.key(0))[1].output
        for net in (network, events)
    ]
    np.testing.assert_allclose(*outputs, atol=1e-6)


def test_the_mean_of_linear_evidence_is_the_same_for_all_motions():
    kind = DelayedConv2d((1, 8, 8), 1, 3, 3, "WRAP")
    weight = RNG.normal(size=kind.weight_shape)
    movies, _ = moving_textures(40, 8, 3, redrawn=0.0)
    counts = movies.sum(axis=(2, 3, 4))
    means = [float(kind.transmit(weight, movie[::-1]).mean()) for movie in movies]
    expected = (counts[:, ::-1] * weight.sum(axis=(0, 1, 3, 4))).sum(axis=1) / 64
    np.testing.assert_allclose(means, expected, atol=1e-5)


def test_coactivity_of_kernels_is_the_sum_over_places():
    kind = DelayedConv2d((1, 4, 5), 2, 3, 2, "WRAP")
    window, post = RNG.normal(size=(2, *kind.source)), RNG.normal(size=kind.target)
    found = coactivity(kind, kind.read(window), post)
    places = np.argwhere(np.ones(kind.weight_shape))
    for o, c, d, i, j in places[:: len(places) // 7]:
        pre = np.roll(window[d, c], (i - 1, j - 1), axis=(0, 1))
        assert float(found[o, c, d, i, j]) == pytest.approx((pre * post[o]).sum(), abs=1e-4)


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


def test_photographs_drift_by_a_pixel_and_no_test_photograph_was_seen():
    assert not set(PHOTOGRAPHS["train"]) & set(PHOTOGRAPHS["test"])
    movies, directions = moving_photographs(12, "test", 24, 8, seed=1)
    for movie, direction in zip(movies, directions, strict=True):
        errors = []
        for step in DIRECTIONS:
            if 0 in step:  # whole pixels
                up, left = step
                now = movie[-1][4:-4, 4:-4]
                before = movie[-2][4 - up : 20 - up, 4 - left : 20 - left]
                errors.append((np.square(now - before).mean(), step))
        if 0 in DIRECTIONS[direction]:
            error, step = min(errors)
            assert step == DIRECTIONS[direction] and error < 1e-2


def test_the_retina_speaks_of_changes_only():
    still = np.ones((5, 3), np.float32)
    assert not np.asarray(delta_modulation(still, 0.3)).any()
    rising = np.linspace(0, 1.5, 6, dtype=np.float32)[:, None]
    on, off = np.asarray(delta_modulation(rising, 0.29)).sum(axis=(0, 1))
    assert on == 5 and off == 0


def test_delays_are_on_the_path():
    network = ideal()
    movies, directions = movies_to_test("textures", Settings(tested=80), 0)
    assert share_right(network, movies, directions) > 0.9
    now = shortened(network, 1)
    changed = evidence(now, movies).mean(axis=(2, 3)).argmax(axis=1)
    assert (changed != evidence(network, movies).mean(axis=(2, 3)).argmax(axis=1)).mean() > 0.5
    assert follows_motion(network) == 1.0
    weight = kernels(network)
    reverse = with_kernels(network, weight[:, ::-1])
    assert follows_motion(reverse) == 0.0
    linear = eqx.tree_at(lambda n: n.nodes["output"].bias, network, replace_fn=jnp.zeros_like)
    assert share_right(linear, movies, directions) > 0.9  # the bias is the same for all


def test_pruning_keeps_the_largest():
    network = build("textures", Settings(), jax.random.key(1))
    weight = np.abs(kernels(network))
    kept = np.abs(kernels(pruned(network, 0.2)))
    assert np.count_nonzero(kept) == round(0.2 * weight.size)
    assert kept[kept > 0].min() >= np.sort(weight, axis=None)[-np.count_nonzero(kept)]


def test_winners_spike_at_the_rate_that_is_asked_for():
    found = RNG.normal(size=(50, 8, 10, 10))
    spikes = winners(found, 5.0)
    assert spikes.sum(axis=1).max() <= 1
    assert 1000.0 * spikes.mean() == pytest.approx(5.0, rel=0.05)


def test_a_network_with_smaller_movies_learns_with_fit():
    settings = Settings(size=8, kernel=3, delays=2, tested=64)
    fitted = train(build("textures", settings, jax.random.key(0)), "textures", settings,
                   jax.random.key(1), 40)  # fmt: skip
    assert fitted.history[-1]["train"]["loss"] < fitted.history[0]["train"]["loss"]


def test_even_kernels_are_refused():
    with pytest.raises(NeuropilError, match="odd"):
        DelayedConv2d((1, 8, 8), 2, 4, 3)


@pytest.mark.slow
def test_the_quick_claims_hold_and_their_ablations_break_them():
    system = load_system("motion")
    rows = [check_claim(system, claim, quick=True) for claim in system.claims_for(True)]
    assert rows and all(as_declared(row) for row in rows), rows
