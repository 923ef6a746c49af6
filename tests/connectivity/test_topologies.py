"""Drawn synapses have the statistics that theory gives; what is fixed is fixed."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.sparse import csr_array
from scipy.sparse.csgraph import shortest_path

from neuropil.cells import lif
from neuropil.connectivity import (
    Sparse,
    _assembly,
    _bar,
    _blocks,
    _distance_dependent,
    _fixed_degree,
    _fixed_probability,
    _fixed_total_number,
    _sparse,
    blocks,
    constant,
    distance_dependent,
    distances,
    fixed_in_degree,
    fixed_out_degree,
    fixed_probability,
    fixed_total_number,
    from_edges,
    grid,
    kaiming_uniform,
    lognormal_weights,
    normal_ticks,
    normal_weights,
    ring,
    small_world,
    uniform_ticks,
    uniform_weights,
)
from neuropil.core import (
    Bounds,
    Input,
    Link,
    Network,
    NeuropilError,
    Projection,
    chain,
    simulate,
)
from neuropil.numerics import adopted, empty
from neuropil.synapses import gap_junction

KEY = jax.random.key(3)
N, M, P = 1500, 1200, 0.05
PLACES = grid((12, 12))
EVERY = {
    "probability": lambda key, **o: fixed_probability(90, 90, 0.1, key, **o),
    "in-degree": lambda key, **o: fixed_in_degree(90, 90, 7, key, **o),
    "in-degree, distinct": lambda key, **o: fixed_in_degree(90, 90, 7, key, multapses=False, **o),
    "out-degree": lambda key, **o: fixed_out_degree(90, 90, 7, key, **o),
    "blocks": lambda key, **o: blocks((30, 60), (40, 50), [[0.1, 0.0], [0.2, 0.3]], key, **o),
    "total number": lambda key, **o: fixed_total_number(
        (30, 60), (40, 50), [[90, 0], [200, 9]], key, **o
    ),
    "distance": lambda key, **o: distance_dependent(
        PLACES, PLACES, lambda d: np.exp(-d), key, period=12.0, **o
    ),
}


def ends(sparse):
    lengths = np.diff(np.asarray(sparse.starts))
    return np.repeat(np.arange(lengths.size), lengths), np.asarray(sparse.targets)


def matrix(sparse):
    """How many synapses join every pair."""
    shape = sparse.source[0], sparse.target[0]
    counts = np.zeros(shape, int)
    np.add.at(counts, ends(sparse), 1)
    return counts


def assert_binomial(degrees, n, p):
    """Degrees fall into ten bins of a binomial distribution as often as they should."""
    edges = np.unique(stats.binom.ppf(np.linspace(0.1, 0.9, 9), n, p))
    observed = np.bincount(np.searchsorted(edges, degrees), minlength=edges.size + 1)
    below = np.concatenate([[0.0], stats.binom.cdf(edges, n, p), [1.0]])
    assert stats.chisquare(observed, np.diff(below) * len(degrees)).pvalue > 1e-3


@pytest.mark.parametrize("draw", EVERY.values(), ids=EVERY)
def test_the_same_key_draws_the_same_and_another_key_another(draw):
    same, again, other = draw(KEY), draw(KEY), draw(jax.random.key(4))
    np.testing.assert_array_equal(same.targets, again.targets)
    np.testing.assert_array_equal(same.starts, again.starts)
    assert same.targets.shape != other.targets.shape or bool(jnp.any(same.targets != other.targets))
    raw = draw(jax.random.key_data(KEY))
    np.testing.assert_array_equal(same.targets, raw.targets)


@pytest.mark.parametrize("draw", EVERY.values(), ids=EVERY)
def test_targets_of_a_source_are_in_order_and_initialisers_fit(draw):
    sparse = draw(KEY)
    pre, post = ends(sparse)
    assert np.all(np.diff(pre * sparse.target[0] + post) >= 0)
    assert sparse.targets.dtype == sparse.starts.dtype == jnp.int32
    weight = kaiming_uniform(sparse, KEY)
    assert weight.shape == sparse.weight_shape == constant(sparse, 1.0).shape
    assert float(jnp.abs(weight).max()) <= np.sqrt(6.0 / matrix(sparse).sum(0).max())


@pytest.mark.parametrize("name", [name for name in EVERY if name not in ("blocks", "total number")])
def test_without_loops_no_neuron_feeds_itself(name):
    with_loops, without = EVERY[name](KEY), EVERY[name](KEY, loops=False)
    assert np.trace(matrix(with_loops)) > 0
    assert np.trace(matrix(without)) == 0


@pytest.mark.parametrize("draw", EVERY.values(), ids=EVERY)
@pytest.mark.parametrize("ticks", [uniform_ticks(2, 5), normal_ticks(1.0, 0.3, 0.1)])
def test_delays_are_drawn_for_every_synapse_and_move_no_synapse(draw, ticks):
    late, plain = draw(KEY, ticks=ticks), draw(KEY)
    np.testing.assert_array_equal(late.targets, plain.targets)
    assert late.ticks.shape == late.targets.shape
    assert plain.ticks is None
    assert plain.depth == 1


@pytest.mark.parametrize("draw", EVERY.values(), ids=EVERY)
def test_progress_ends_with_all_and_never_goes_back(draw, monkeypatch):
    monkeypatch.setattr(_assembly, "BLOCK", 2**6)
    told = []
    draw(KEY, progress=lambda done, total: told.append((done, total)))
    assert told[-1][0] == told[-1][1]
    assert told == sorted(told)


@pytest.mark.parametrize("draw", EVERY.values(), ids=EVERY)
def test_a_bar_is_drawn_on_a_terminal_and_wiped_away(draw, monkeypatch, capsys):
    monkeypatch.setattr(_bar, "PAUSE", 0.0)
    for module in (_assembly, _fixed_degree, _fixed_probability, _distance_dependent, _blocks):
        monkeypatch.setattr(module, "BLOCK", 64)
    silent = draw(KEY, progress=True)
    assert capsys.readouterr() == ("", "")
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    told = draw(KEY, progress=True)
    out, err = capsys.readouterr()
    assert not out and "synapses" in err and "%" in err and err.endswith("\x1b[2K")
    np.testing.assert_array_equal(told.targets, draw(KEY).targets)
    assert silent.targets.size == told.targets.size


def test_every_pair_is_an_independent_trial_of_the_probability():
    sparse = fixed_probability(N, M, P, KEY)
    counts = matrix(sparse)
    assert counts.max() == 1
    assert_binomial(counts.sum(1), M, P)
    assert_binomial(counts.sum(0), N, P)
    total = stats.binomtest(int(counts.sum()), N * M, P)
    assert total.pvalue > 1e-3
    gaps = np.diff(np.flatnonzero(counts))
    observed = np.bincount(np.minimum(gaps, 60))[1:]
    chance = np.append(stats.geom.pmf(np.arange(1, 60), P), stats.geom.sf(59, P))
    assert stats.chisquare(observed, chance * gaps.size).pvalue > 1e-3


@pytest.mark.parametrize("p", [0.5, 0.97])
def test_likely_synapses_are_as_frequent_as_they_should_be(p):
    counts = matrix(fixed_probability(400, 400, p, KEY, loops=False))
    assert_binomial(counts.sum(1), 399, p)
    assert_binomial(counts.sum(0), 399, p)


def test_certain_synapses_are_all_there():
    assert matrix(fixed_probability(5, 7, 1.0, KEY)).min() == 1
    only = matrix(fixed_probability(5, 5, 1.0, KEY, loops=False))
    np.testing.assert_array_equal(only, 1 - np.eye(5, dtype=int))


def test_many_blocks_are_as_one(monkeypatch):
    """How many rows are drawn at once is not seen in the statistics."""
    monkeypatch.setattr("neuropil.connectivity._fixed_probability.BLOCK", 100)
    counts = matrix(fixed_probability(N, M, P, KEY))
    assert_binomial(counts.sum(1), M, P)
    assert_binomial(counts.sum(0), N, P)


def test_out_degrees_are_fixed_and_targets_uniform():
    counts = matrix(fixed_out_degree(N, M, 60, KEY))
    assert set(counts.sum(1)) == {60}
    assert_binomial(counts.sum(0), N * 60, 1 / M)
    assert counts.max() > 1  # several synapses may join two neurons


def test_in_degrees_are_fixed_and_sources_uniform():
    counts = matrix(fixed_in_degree(N, M, 60, KEY))
    assert set(counts.sum(0)) == {60}
    assert_binomial(counts.sum(1), M * 60, 1 / N)
    assert counts.max() > 1


def test_in_degrees_are_the_same_drawn_in_many_blocks(monkeypatch):
    monkeypatch.setattr("neuropil.connectivity._fixed_degree.BLOCK", 500)
    counts = matrix(fixed_in_degree(N, M, 60, KEY, loops=True))
    assert set(counts.sum(0)) == {60}
    assert_binomial(counts.sum(1), M * 60, 1 / N)


@pytest.mark.parametrize("degree", [3, 60, 140, 199, 200])
def test_distinct_neurons_are_distinct_and_uniform(degree):
    into = matrix(fixed_in_degree(200, 900, degree, KEY, multapses=False))
    out = matrix(fixed_out_degree(900, 200, degree, KEY, multapses=False)).T
    for counts in (into, out):
        assert counts.max() == 1
        assert set(counts.sum(0)) == {degree}
        if degree < 199:
            spread = 900 * degree / 200 * (1 - degree / 200)
            squares = (counts.sum(1) - 900 * degree / 200) ** 2 / spread
            assert stats.chi2.sf(squares.sum() * 199 / 200, 199) > 1e-3


def test_distinct_neurons_without_loops_may_be_all_others():
    counts = matrix(fixed_in_degree(6, 6, 5, KEY, multapses=False, loops=False))
    np.testing.assert_array_equal(counts, 1 - np.eye(6, dtype=int))
    with pytest.raises(NeuropilError, match="degree: got 6"):
        fixed_in_degree(6, 6, 6, KEY, multapses=False, loops=False)


def test_subsets_are_all_equally_likely():
    """Of two different neurons of five there are ten choices."""
    post = np.asarray(fixed_out_degree(20_000, 5, 2, KEY, multapses=False).targets).reshape(-1, 2)
    observed = np.unique(post @ [5, 1], return_counts=True)[1]
    assert observed.size == 10
    assert stats.chisquare(observed).pvalue > 1e-3


def test_synapses_are_as_frequent_as_their_length_says():
    places, reach = grid((40, 40)), 3.0
    sparse = distance_dependent(
        places, places, lambda d: 0.8 * np.exp(-((d / reach) ** 2)), KEY, period=40.0
    )
    length = distances(sparse, places, places, period=40.0)
    away = np.abs(places[:, None] - places[None])
    away = np.sqrt((np.minimum(away, 40 - away) ** 2).sum(-1))
    edges = np.arange(0.0, 9.0)
    observed, _ = np.histogram(length, edges)
    pairs, which = np.histogram(away, edges)[0], np.digitize(away, edges) - 1
    chance = 0.8 * np.exp(-((away / reach) ** 2))
    expected = np.bincount(which[away < 8], chance[away < 8], minlength=8)
    assert pairs.min() > 0
    assert np.all(np.abs(observed - expected) < 4 * np.sqrt(expected))
    np.testing.assert_allclose(length, away[ends(sparse)])


def test_space_that_closes_has_no_border_and_open_space_has():
    places = grid((20, 20))
    near = lambda d: d < 2.5  # noqa: E731
    torus = matrix(distance_dependent(places, places, near, KEY, period=20.0))
    plane = matrix(distance_dependent(places, places, near, KEY))
    tube = matrix(distance_dependent(places, places, near, KEY, period=[np.inf, 20.0]))
    assert set(torus.sum(0)) == {21}
    assert plane.sum(0)[0] < plane.sum(0)[210] == 21
    assert plane.sum(0)[0] < tube.sum(0)[0] < 21


@given(
    seed=st.integers(0, 2**16),
    axes=st.integers(1, 3),
    n_source=st.integers(1, 300),
    reach=st.floats(0.05, 3.0),
    is_closed=st.lists(st.booleans(), min_size=3, max_size=3),
)
@settings(max_examples=60, deadline=None)
def test_what_is_in_reach_is_found_without_looking_at_all(seed, axes, n_source, reach, is_closed):
    """Places beyond the period count as where they are when one has gone round."""
    random = np.random.default_rng(seed)
    source = 4 * random.random((n_source, axes)) - 1
    target = np.concatenate([source[:1], 4 * random.random((50, axes)) - 1])
    period = np.where(is_closed[:axes], 2.0, np.inf)

    def all_within(sources, **near):
        certain = lambda d: (d <= reach).astype(float)  # noqa: E731
        return distance_dependent(sources, target, certain, KEY, period=period, **near)

    found, expected = all_within(source, reach=reach), all_within(source)
    np.testing.assert_array_equal(found.starts, expected.starts)
    np.testing.assert_array_equal(found.targets, expected.targets)


def test_many_pairs_without_a_reach_are_warned_of(monkeypatch):
    monkeypatch.setattr(_distance_dependent, "MANY", 144**2 - 1)
    near = lambda distance: distance < 1.5  # noqa: E731
    with pytest.warns(UserWarning, match="all 2.07e\\+04 pairs, which takes long: pass reach"):
        everywhere = distance_dependent(PLACES, PLACES, near, KEY)
    within = distance_dependent(PLACES, PLACES, near, KEY, reach=1.5)
    np.testing.assert_array_equal(everywhere.targets, within.targets)


def test_beyond_reach_there_is_no_synapse():
    places = grid((30, 30))
    sparse = distance_dependent(places, places, lambda d: 0 * d + 0.5, KEY, reach=2.0, loops=False)
    length = distances(sparse, places, places)
    assert length.min() > 0 and length.max() == 2.0
    assert abs(sparse.targets.size - 0.5 * 12 * 28 * 28) < 0.5 * 12 * (900 - 28 * 28)


@pytest.mark.parametrize("draw", EVERY.values(), ids=EVERY)
def test_the_targets_of_a_source_are_drawn_in_order(draw):
    sparse = draw(KEY)
    assert sparse.is_sorted and sparse.synapses(jnp.ones(sparse.weight_shape)).is_sorted


@pytest.mark.parametrize("block", [1, 2, 3, 2**22])
def test_whether_targets_are_in_order_is_seen_whatever_the_blocks(block, monkeypatch):
    monkeypatch.setattr(_sparse, "BLOCK", block)
    starts = [0, 3, 3, 5, 6]
    assert Sparse(4, 9, starts, [0, 4, 4, 1, 2, 0]).is_sorted
    for wrong in ([0, 4, 3, 1, 2, 0], [4, 0, 4, 1, 2, 0], [0, 4, 4, 2, 1, 0]):
        assert not Sparse(4, 9, starts, wrong).is_sorted


def test_a_ring_is_the_chord_between_neighbours():
    places = ring(10, length=5.0)
    sparse = distance_dependent(places, places, lambda d: d < 0.6, KEY, period=5.0, loops=False)
    np.testing.assert_array_equal(matrix(sparse), matrix(small_world(10, 2, 0.0, KEY)))


def test_delays_can_go_with_the_distance():
    places = ring(10, length=5.0)
    sparse = distance_dependent(places, places, lambda d: 0 * d + 0.5, KEY, period=5.0)
    ticks = 1 + np.rint(distances(sparse, places, places, period=5.0) / 0.5).astype(int)
    late = Sparse(sparse.source, sparse.target, sparse.starts, sparse.targets, ticks)
    assert (late.shortest, late.depth) == (1, 6)


def clustering_and_path(sparse):
    """Triangles over pairs of neighbours, and mean steps, of who is joined at all."""
    joined = (matrix(sparse) + matrix(sparse).T > 0).astype(float)
    pairs = joined.sum(0) * (joined.sum(0) - 1)
    steps = shortest_path(csr_array(joined), unweighted=True)
    return (np.diag(joined @ joined @ joined) / pairs).mean(), steps[steps > 0].mean()


def test_small_worlds_lie_between_lattice_and_random_graph():
    n, k = 600, 12
    lattice = clustering_and_path(small_world(n, k, 0.0, KEY))
    world = clustering_and_path(small_world(n, k, 0.02, KEY))
    chance = clustering_and_path(small_world(n, k, 1.0, KEY))
    assert lattice[0] == pytest.approx(3 * (k - 2) / (4 * (k - 1)))
    assert lattice[1] == pytest.approx(n / (2 * k), rel=0.03)
    assert chance[0] == pytest.approx(2 * k / n, rel=0.15)  # both directions join
    assert chance[1] == pytest.approx(np.log(n) / np.log(2 * k), rel=0.2)
    assert world[0] > 0.85 * lattice[0]
    assert world[1] < 0.3 * lattice[1]


@given(
    half=st.integers(1, 5), more=st.integers(1, 20), beta=st.floats(0, 1), seed=st.integers(0, 99)
)
@settings(max_examples=20, deadline=None)
def test_small_worlds_have_no_loops_and_no_doubles(half, more, beta, seed):
    counts = matrix(small_world(2 * half + more, 2 * half, beta, jax.random.key(seed)))
    assert set(counts.sum(1)) == {2 * half}
    assert counts.max() == 1
    assert np.trace(counts) == 0


def test_as_many_synapses_are_rewired_as_the_probability_says():
    n, k, beta = 2000, 10, 0.3
    stayed = (matrix(small_world(n, k, beta, KEY)) * matrix(small_world(n, k, 0.0, KEY))).sum()
    assert stayed == pytest.approx(n * k * (1 - beta), abs=4 * np.sqrt(n * k * 0.21) + 0.01 * n)


def test_blocks_have_the_density_of_their_populations():
    sizes_source, sizes_target = (400, 100, 300), (200, 500)
    table = np.array([[0.05, 0.2], [0.0, 0.9], [1.0, 0.01]])
    counts = matrix(blocks(sizes_source, sizes_target, table, KEY))
    assert counts.max() == 1
    rows, columns = np.cumsum([0, *sizes_source]), np.cumsum([0, *sizes_target])
    for a, b in np.ndindex(table.shape):
        block = counts[rows[a] : rows[a + 1], columns[b] : columns[b + 1]]
        assert stats.binomtest(int(block.sum()), block.size, table[a, b]).pvalue > 1e-3
        if 0 < table[a, b] < 1:
            assert_binomial(block.sum(1), block.shape[1], table[a, b])
    alone = matrix(blocks((3, 2), (1, 4), np.ones((2, 2)), KEY, loops=False))
    np.testing.assert_array_equal(alone, 1 - np.eye(5, dtype=int))


def test_a_total_number_of_synapses_is_spread_uniformly_over_its_populations(monkeypatch):
    sizes_source, sizes_target = (400, 100, 300), (200, 500)
    table = np.array([[30_000, 0], [7, 20_000], [40_000, 900]])
    counts = matrix(fixed_total_number(sizes_source, sizes_target, table, KEY))
    rows, columns = np.cumsum([0, *sizes_source]), np.cumsum([0, *sizes_target])
    for a, b in np.ndindex(table.shape):
        block = counts[rows[a] : rows[a + 1], columns[b] : columns[b + 1]]
        assert block.sum() == table[a, b]
        if table[a, b] >= 20_000:  # so that every neuron is expected to have five or more
            assert stats.chisquare(block.sum(0)).pvalue > 1e-3
            assert stats.chisquare(block.sum(1)).pvalue > 1e-3
            pairs = np.bincount(block.ravel(), minlength=3)[:3]  # of none, one and two synapses
            expected = block.size * stats.poisson(table[a, b] / block.size).pmf(range(3))
            np.testing.assert_allclose(pairs, expected, atol=5 * np.sqrt(expected.max()))
    monkeypatch.setattr(_fixed_total_number, "BLOCK", 500)
    in_pieces = matrix(fixed_total_number(sizes_source, sizes_target, table, KEY))
    np.testing.assert_array_equal(in_pieces.sum(1), counts.sum(1))
    assert in_pieces.sum() == table.sum()


def test_delays_have_their_distribution():
    even = uniform_ticks(2, 6)(KEY, (50_000,))
    assert stats.chisquare(np.bincount(even)[2:]).pvalue > 1e-3
    assert (even.min(), even.max()) == (2, 6)
    late = normal_ticks(1.5, 0.4, 0.1, least=5)(KEY, (50_000,))
    ticks = np.arange(5, 40)
    above = stats.norm.cdf((ticks + 0.5) * 0.1, 1.5, 0.4)
    chance = np.diff(above, prepend=0.0)
    wanted = chance * late.size > 5
    observed = np.bincount(late, minlength=40)[5:40][wanted]
    expected = chance[wanted] / chance[wanted].sum() * observed.sum()
    assert stats.chisquare(observed, expected).pvalue > 1e-3
    assert late.min() == 5


@pytest.mark.parametrize("mean", [0.6, -0.6])
def test_weights_have_their_distribution_and_one_sign(mean):
    sparse = fixed_out_degree(500, 100, 100, KEY)
    for draw, reference in (
        (normal_weights, stats.norm(0.6, 0.2)),
        (lognormal_weights, _lognormal(0.6, 0.2)),
    ):
        weight = np.asarray(draw(sparse, KEY, mean=mean, sd=0.2)) * np.sign(mean)
        assert weight.min() >= 0
        assert weight.mean() == pytest.approx(0.6, rel=0.01)
        assert weight.std() == pytest.approx(0.2, rel=0.02)
        assert stats.kstest(weight[weight > 0], reference.cdf).pvalue > 1e-4
    weight = np.asarray(uniform_weights(sparse, KEY, low=min(0, mean), high=max(0, mean)))
    assert stats.kstest(weight, stats.uniform(min(0, mean), 0.6).cdf).pvalue > 1e-3


def _lognormal(mean, sd):
    variance = np.log1p((sd / mean) ** 2)
    return stats.lognorm(np.sqrt(variance), scale=mean * np.exp(-variance / 2))


def test_more_synapses_than_a_list_holds_are_refused_before_they_are_drawn():
    for build, name in (
        (lambda: fixed_probability(10**6, 10**6, 0.1, KEY), "probability"),
        (lambda: fixed_in_degree(10**6, 10**6, 10**4, KEY), "degree"),
        (lambda: fixed_out_degree(10**6, 10**6, 10**4, KEY), "degree"),
        (lambda: blocks((10**6,), (10**6,), [[0.1]], KEY), "probability"),
        (lambda: fixed_total_number((10,), (10,), [[2**31]], KEY), "number"),
    ):
        with pytest.raises(NeuropilError, match=f"{name}: .*at most 2147483647 in one projection"):
            build()


def test_drawing_inside_a_compiled_function_is_refused():
    with pytest.raises(NeuropilError, match="key: got a key that is being traced"):
        jax.jit(lambda key: fixed_probability(9, 9, 0.5, key).targets)(KEY)


@pytest.mark.parametrize("size", [3, 300], ids=["scan", "kernel"])
def test_chance_may_give_no_synapse(size):
    """Neurons that fire by themselves then do so alone; nothing of it is a cycle."""
    own = fixed_probability(size, size, 1e-12, KEY, ticks=uniform_ticks(1, 5))
    assert own.targets.size == 0 and own.shortest == 1
    alone = lif(size, rest=2.0)
    net = Network({"cells": alone}, (Projection("cells", "cells", own, jnp.zeros(0)),), "cells")

    def spikes(weight, x):
        node = eqx.tree_at(lambda net: net.projections[0].weight, net, weight)
        return simulate(node, x, dt=1.0, key=KEY)[1].output

    x = jnp.full((50, size), 0.01)
    expected = simulate(alone, x, dt=1.0, key=KEY)[1].output
    assert expected.sum() > size
    np.testing.assert_array_equal(spikes(jnp.zeros(0), x), expected)
    gradient = jax.grad(lambda w, x: spikes(w, x).sum(), argnums=(0, 1))(jnp.zeros(0), x)
    assert gradient[0].shape == (0,) and float(jnp.abs(gradient[1]).sum()) > 0.0


def test_weights_of_no_synapse_are_none():
    none = from_edges(3, 3, [], [], ticks=[])[0]
    assert kaiming_uniform(none, KEY).shape == (0,)
    assert gap_junction(none, jnp.zeros(0)).total.tolist() == [0.0, 0.0, 0.0]
    for weight in (None, jnp.zeros(0)):
        net = chain(Input(3), Link(none, weight, bounds=Bounds(0.0, 1.0)), lif(3), key=KEY)
        assert net.projections[0].weight.shape == (0,)


def test_what_is_drawn_is_adopted_without_a_copy():
    """The memory that is drawn into is the one that JAX holds, at whatever size."""
    drawn = empty(1000)
    drawn[:] = 5
    kept = adopted(drawn[:900])
    assert kept.unsafe_buffer_pointer() == drawn.ctypes.data
    sparse = Sparse(1, 9, adopted(np.array([0, 900], np.int32)), kept)
    assert sparse.targets is kept


def test_what_the_caller_may_write_to_is_copied():
    targets = np.arange(64, dtype=np.int32)
    sparse = Sparse(1, 64, np.array([0, 64]), targets, targets)
    targets[:] = 0
    np.testing.assert_array_equal(sparse.targets, np.arange(64))
    np.testing.assert_array_equal(sparse.ticks, np.arange(64))
