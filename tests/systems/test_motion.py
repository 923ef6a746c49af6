"""Motion: the layer is a list of synapses, delays are on the path."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from neuropil.cells import ComplexCells
from neuropil.coding import delta_modulation
from neuropil.connectivity import DelayedConv2d, to_sparse
from neuropil.core import Input, Network, Projection, coactivity, simulate
from neuropil.numerics import NeuropilError
from neuropil.systems import (
    InputError,
    RunContext,
    RunFolder,
    as_declared,
    check_claim,
    load_system,
)
from neuropil.systems.motion._data import movies_to_show, movies_to_test
from neuropil.systems.motion._network import (
    BIAS,
    additions_per_event,
    build,
    evidence,
    evidence_over_time,
    follows_motion,
    full_field_over_time,
    kernels,
    mask_of,
    pruned,
    share_right,
    shortened,
    train,
    with_kernels,
)
from neuropil.systems.motion._pictures import (
    row_of_events,
    spikes_by_column,
    threshold,
    winners,
)
from neuropil.systems.motion._run import run
from neuropil.systems.motion._settings import Mask, Settings
from neuropil.tasks import DIRECTIONS, moving_textures

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
    with jax.enable_x64(True):
        listed, each = to_sparse(kind, weight)
        dense = kind.transmit(jnp.asarray(weight), kind.read(jnp.asarray(window)))
        one_by_one = listed.transmit(each, listed.read(jnp.asarray(window)))
    np.testing.assert_allclose(dense, expected, atol=1e-12)
    np.testing.assert_allclose(one_by_one, expected, atol=1e-12)
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
    with jax.enable_x64(True):
        newest_first = jnp.asarray(movies[:, ::-1], float)
        answers = jax.vmap(lambda movie: kind.transmit(jnp.asarray(weight), movie))(newest_first)
    expected = (counts[:, ::-1] * weight.sum(axis=(0, 1, 3, 4))).sum(axis=1) / 64
    np.testing.assert_allclose(np.asarray(answers).mean(axis=(1, 2, 3)), expected, atol=1e-12)


def test_coactivity_of_kernels_is_the_sum_over_places():
    kind = DelayedConv2d((1, 4, 5), 2, 3, 2, "WRAP")
    window, post = RNG.normal(size=(2, *kind.source)), RNG.normal(size=kind.target)
    with jax.enable_x64(True):
        found = coactivity(kind, kind.read(jnp.asarray(window)), jnp.asarray(post))
    places = np.argwhere(np.ones(kind.weight_shape))
    for o, c, d, i, j in places[:: len(places) // 7]:
        pre = np.roll(window[d, c], (i - 1, j - 1), axis=(0, 1))
        assert float(found[o, c, d, i, j]) == pytest.approx((pre * post[o]).sum(), abs=1e-12)


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


def test_complex_cells_see_no_contrast_and_linear_ones_no_motion():
    network = ideal()
    movies, directions = movies_to_test("textures", Settings(tested=160), 0)
    rectified = evidence(network, movies)
    np.testing.assert_allclose(evidence(network, -movies), rectified, atol=1e-6)
    blind = build("textures", Settings(), jax.random.key(0), rectified=False)
    blind = with_kernels(blind, kernels(network))
    linear = evidence(blind, movies) - BIAS
    np.testing.assert_allclose(evidence(blind, -movies) - BIAS, -linear, atol=1e-6)
    np.testing.assert_allclose(np.abs(linear), rectified - BIAS, atol=1e-6)
    assert share_right(network, movies, directions) > 0.9
    means = linear.mean(axis=(2, 3))  # of lines as long, all the same
    np.testing.assert_allclose(means, np.repeat(means[:, :1], 8, axis=1), atol=1e-5)


@pytest.mark.parametrize("data", ["textures", "photographs"])
def test_additions_of_an_event_are_its_listed_synapses(data):
    settings = Settings(size=8, kernel=5, delays=3)
    network = pruned(build(data, settings, jax.random.key(2)), 0.3)
    (projection,) = network.projections
    listed, each = to_sparse(projection.connectivity, projection.weight)
    movies = np.zeros((4, 2, 1, 8, 8), np.float32)
    movies[1, 0, 0, 0, 0], movies[2, 0, 0, 4, 3], movies[0, 1, 0, 7, 3] = 1, -1, 1
    counts = []
    for row, column in ((0, 0), (4, 3), (7, 3)):
        window = np.zeros((3, 3, 1, 8, 8), np.float32)
        window[np.arange(3), np.arange(3), 0, row, column] = 1.0  # heard at each delay
        ones = jnp.ones_like(each)
        counts.append(sum(float(listed.transmit(ones, listed.read(w)).sum()) for w in window))
    assert additions_per_event(network, movies) == pytest.approx(np.mean(counts), rel=1e-6)
    whole = np.count_nonzero(kernels(network))
    assert np.mean(counts) == whole if data == "textures" else np.mean(counts) < whole


@pytest.mark.parametrize("mask", [Mask.DISK, Mask.GROWING])
def test_masked_synapses_are_not_there_before_and_after_training(mask):
    settings = Settings(size=8, kernel=5, delays=3, tested=16, mask=mask)
    there = mask_of(mask, 3, 5)
    assert (
        (there == there[:, ::-1, ::-1]).all() and not there[:, 0, 0].any() and there[:, 2, 2].all()
    )
    before, after = there[:-1], there[1:]
    assert (before <= after).all() and (before.sum() < after.sum()) == (mask is Mask.GROWING)
    network = build("textures", settings, jax.random.key(0))
    fitted = train(network, "textures", settings, jax.random.key(1), 3).node
    moved_by = np.abs(kernels(fitted) - kernels(network))
    assert not kernels(fitted)[:, ~there].any() and (moved_by[:, there] > 0).mean() > 0.99


def test_pruning_keeps_the_largest():
    network = build("textures", Settings(), jax.random.key(1))
    weight = np.abs(kernels(network))
    kept = np.abs(kernels(pruned(network, 0.2)))
    assert np.count_nonzero(kept) == round(0.2 * weight.size)
    assert kept[kept > 0].min() >= np.sort(weight, axis=None)[-np.count_nonzero(kept)]


def test_winners_spike_at_the_rate_that_is_asked_for():
    found = RNG.normal(size=(50, 8, 10, 10))
    spikes = winners(found, threshold(found, 5.0))
    assert spikes.sum(axis=1).max() <= 1
    assert 1000.0 * spikes.mean() == pytest.approx(5.0, rel=0.05)


def test_evidence_over_time_ends_with_that_of_the_last_frame():
    network = ideal()
    movies, directions = movies_to_show("textures", Settings(), 0)
    assert len(movies) == 40 and len(set(directions)) == 3
    over_time = evidence_over_time(network, movies)
    np.testing.assert_array_equal(over_time[-1], evidence(network, movies))
    means = full_field_over_time(network, movies)
    np.testing.assert_allclose(means, over_time.mean(axis=(3, 4)), atol=1e-5)
    # Nothing is known before a second frame, all of it once the longest delay has passed.
    assert (means[4:].argmax(axis=2) == directions).all()
    np.testing.assert_allclose(means[0], np.repeat(means[0, :, :1], 8, axis=1), atol=1e-5)


def test_rasters_hold_a_row_of_events_and_the_spikes_of_each_class():
    movie, spikes = np.zeros((3, 4, 5)), np.zeros((3, 2, 4, 5), bool)
    movie[1, 2, 3], movie[2, 2, 0], movie[2, 1, 1] = 1.0, -1.0, 1.0
    assert np.argwhere(row_of_events(movie)).tolist() == [[1, 3], [2, 5]]
    spikes[0, 0, 3, 2] = spikes[2, 1, 0, 4] = True
    assert np.argwhere(spikes_by_column(spikes)).tolist() == [[0, 2], [2, 9]]


@pytest.mark.slow
@pytest.mark.parametrize("data", ["textures", "photographs"])
def test_a_run_leaves_evidence_and_rasters_over_time(tmp_path, data):
    options = {"directions": 4, "speeds": (0.5, 1.0)} if data == "photographs" else {}
    settings = Settings(size=10, kernel=3, delays=2, updates=2, batch_size=8, tested=16, **options)
    folder = RunFolder(tmp_path)
    outcome = run(settings, RunContext(folder, 0, data, show=False))
    assert len(outcome.classes) == 8 and outcome.arrays["confusion"].sum() == 16
    curves = [v for k, v in outcome.arrays.items() if k.startswith("curves/evidence")]
    assert len(curves) == 8 and all(curve.shape == (2, 40) for curve in curves)
    rasters = {k: v for k, v in outcome.arrays.items() if k.startswith("raster/")}
    assert len(rasters) == 9 and {len(v) for v in rasters.values()} == {40}
    assert any(v.any() for k, v in rasters.items() if k.endswith("/events"))
    assert any(v.any() for k, v in rasters.items() if k.endswith("/spikes"))


def test_textures_have_eight_directions():
    with pytest.raises(InputError, match="directions, speeds: got 12 directions"):
        build("textures", Settings(directions=12), jax.random.key(0))


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
