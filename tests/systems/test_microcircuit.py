"""Layers of cortex: synapses, weights, delays and currents are those of the paper; claims hold."""

import jax
import numpy as np
import pytest
from scipy import stats

from neuropil.analysis import Events
from neuropil.systems import as_declared, check_claim, load_system
from neuropil.systems.microcircuit import _tables as paper
from neuropil.systems.microcircuit._measures import (
    Measures,
    by_layer,
    furthest,
    measures,
    outside,
)
from neuropil.systems.microcircuit._network import (
    DECAYING,
    Scale,
    build,
    lost_current,
    sizes,
    start,
    with_inhibition,
)
from neuropil.systems.microcircuit._run import beside_published

SCALE, SMALL = Scale(0.05, 0.2), Scale(0.02, 0.02)
KEY = jax.random.key(5)
L4E, L23E, L5I = (paper.POPULATIONS.index(name) for name in ("L4E", "L23E", "L5I"))


@pytest.fixture(scope="module")
def network():
    return build(SCALE, KEY)


def of_pair(network, target, source, scale=SCALE):
    """The entries of the synapses from one population onto another."""
    inner = network.projections[0].connectivity
    borders = np.cumsum([0, *sizes(scale)])
    pre = np.repeat(np.arange(borders[-1]), np.diff(inner.starts))
    post = np.asarray(inner.targets)
    kinds = (np.searchsorted(borders, ends, side="right") - 1 for ends in (post, pre))
    onto, out_of = kinds
    return (onto == target) & (out_of == source)


def test_the_probability_that_a_synapse_joins_two_neurons_is_that_of_the_paper():
    none = np.exp(paper.numbers() * np.log1p(-1.0 / np.outer(paper.SIZES, paper.SIZES)))
    np.testing.assert_allclose(1 - none, paper.PROBABILITIES, atol=1e-6)
    assert paper.numbers().sum() == pytest.approx(298.9e6, rel=1e-3)


def test_a_scale_keeps_its_share_of_neurons_and_of_synapses_per_neuron(network):
    degree = paper.numbers()[L23E, L4E] / paper.SIZES[L23E]
    found = of_pair(network, L23E, L4E).sum() / sizes(SCALE)[L23E]
    assert found == pytest.approx(0.2 * degree, rel=1e-3)
    assert sizes(SCALE) == tuple(round(0.05 * n) for n in paper.SIZES)


@pytest.mark.parametrize(
    ("target", "source", "factor"), [(L23E, L4E, 2.0), (L4E, L4E, 1.0), (L5I, L5I, -4.0)]
)
def test_weights_are_normal_and_pass_the_published_charge(network, target, source, factor):
    weight = np.asarray(network.projections[0].weight)[of_pair(network, target, source)]
    mean = factor * 0.0878 / np.sqrt(SCALE.in_degree) * DECAYING
    assert weight.mean() == pytest.approx(mean, rel=0.01)
    assert weight.std() == pytest.approx(0.1 * abs(mean), rel=0.05)
    assert (np.sign(weight) == np.sign(factor)).all()


def test_a_current_that_stays_for_a_tick_passes_the_charge_of_one_that_decays():
    ticks = np.exp(-0.1 / 0.5 * np.arange(1000))
    assert DECAYING * ticks.sum() * 0.1 == pytest.approx(0.5, rel=1e-6)


@pytest.mark.parametrize(("source", "mean", "spread"), [(L4E, 1.5, 0.75), (L5I, 0.8, 0.4)])
def test_delays_are_normal_and_at_least_a_tick(network, source, mean, spread):
    inner = network.projections[0].connectivity
    parts = np.asarray(inner.starts)[np.cumsum([0, *sizes(SCALE)])]
    late = np.asarray(inner.ticks)[parts[source] : parts[source + 1]]
    steps = np.arange(late.min(), late.max() + 1)
    expected = np.diff(
        stats.norm(mean / 0.1, spread / 0.1).cdf([-np.inf, *steps[:-1] + 0.5, np.inf])
    )
    assert late.min() == 1 and inner.shortest == 1
    np.testing.assert_allclose(
        np.bincount(late)[1:] / late.size, expected, atol=4 * np.sqrt(0.1 / late.size)
    )


def test_current_makes_up_for_synapses_that_are_left_out():
    """What is left of the mean, and the current, are the mean of the full network."""
    share = 0.2
    rates = np.array([np.mean(rates) for rates in paper.PUBLISHED.values()])
    in_degrees = paper.numbers() / paper.SIZES[:, None]
    full = (paper.mean_weights() * in_degrees) @ rates * 0.5e-3
    left = (paper.mean_weights() / np.sqrt(share) * share * in_degrees) @ rates * 0.5e-3
    whole = paper.mean_weights(), paper.numbers()
    current = lost_current(Scale(0.05, share), *whole)
    np.testing.assert_allclose(left + current, full, rtol=1e-12)
    assert not lost_current(Scale(0.05, 1.0), *whole).any()


def test_currents_and_background_reach_their_own_layer(network):
    borders = np.cumsum([0, *sizes(SCALE)])
    rest = np.asarray(network.nodes["cells"].cell.rest)
    expected = -65.0 + 0.04 * lost_current(SCALE, paper.mean_weights(), paper.numbers())
    rate = np.asarray(network.nodes["outside"].rate)
    for index, (first, last) in enumerate(zip(borders, borders[1:], strict=False)):
        np.testing.assert_allclose(rest[first:last], expected[index], rtol=1e-6)
        np.testing.assert_allclose(rate[first:last], 8.0 * paper.BACKGROUND[index])


def test_ablations_change_what_they_say_and_nothing_else(network):
    plain, weak = build(SCALE, KEY, doubled=1.0), with_inhibition(network, 0.5)
    before = np.asarray(network.projections[0].weight)
    np.testing.assert_array_equal(
        plain.projections[0].connectivity.targets, network.projections[0].connectivity.targets
    )
    factor = np.where(of_pair(network, L23E, L4E), 0.5, 1.0)
    np.testing.assert_allclose(plain.projections[0].weight, factor * before, rtol=1e-5)
    factor = np.where(before < 0, 0.5, 1.0)
    np.testing.assert_allclose(weak.projections[0].weight, factor * before, rtol=1e-6)


def test_connections_that_are_alike_are_as_many_and_differ_only_by_kind():
    own, alike = paper.numbers(), paper.numbers_alike()
    probability = alike / np.outer(paper.SIZES, paper.SIZES)
    for target in (0, 1):
        for source in (0, 1):
            kind = slice(target, None, 2), slice(source, None, 2)
            assert alike[kind].sum() == pytest.approx(own[kind].sum(), abs=8)
            np.testing.assert_allclose(probability[kind], probability[kind][0, 0], rtol=1e-4)
    assert np.abs(alike - own).sum() > 0.5 * own.sum()


def test_other_numbers_of_synapses_are_drawn_where_they_are_given():
    shares = np.array(sizes(SMALL)) / paper.SIZES * SMALL.in_degree
    each = np.arange(1, 65).reshape(8, 8)
    given = build(SMALL, KEY, numbers=each / shares[:, None])
    for target, source in ((L23E, L4E), (L4E, L23E), (L5I, L5I)):
        assert of_pair(given, target, source, SMALL).sum() == each[target, source]


def test_a_run_begins_with_normal_potentials(network):
    v = np.asarray(start(network, KEY).node.nodes["cells"].cells["v"])
    assert v.mean() == pytest.approx(-58.0, abs=0.7) and v.std() == pytest.approx(10.0, rel=0.05)


def test_measures_of_spikes_made_by_hand():
    clocks = np.repeat(np.arange(0, 3000, 100), 4)  # every 10 ms, all 4 neurons at once
    both = Events(np.r_[clocks, [7, 2999]], np.r_[np.tile(np.arange(4), 30), [4, 4]], 3000, 5)
    layers = by_layer(both, {"a": 4, "b": 1})
    regular = measures(layers["a"], 0.1)
    assert regular.rate == pytest.approx(100.0) and regular.cv == pytest.approx(0.0)
    # 30 bins of 3 ms hold 4 spikes, 70 none.
    assert regular.synchrony == pytest.approx((0.3 * 16 - 1.2**2) / 1.2)
    assert layers["b"].neuron.tolist() == [0, 0] and np.isnan(measures(layers["b"], 0.1).cv)
    assert not regular.is_asynchronous_irregular
    assert Measures(5.0, 0.9, 3.0).is_asynchronous_irregular
    for wrong in ({"rate": 31.0}, {"cv": 0.6}, {"cv": 1.3}, {"synchrony": 9.0}, {"cv": np.nan}):
        assert not Measures(5.0, 0.9, 3.0)._replace(**wrong).is_asynchronous_irregular


def test_how_far_a_rate_lies_outside_of_published_ones():
    assert outside(1.5, (1.0, 2.0)) == 0.0
    assert outside(0.75, (2.0, 1.0)) == 0.25 and outside(3.0, (1.0, 2.0)) == 0.5
    middle = {name: sorted(rates)[1] for name, rates in paper.PUBLISHED.items()}
    assert furthest(middle) == 0.0
    assert furthest({**middle, "L4I": 2 * 5.93}) == pytest.approx(1.0)


def test_rates_are_drawn_relative_to_the_published_mean():
    twice = {name: 2 * np.mean(rates) for name, rates in paper.PUBLISHED.items()}
    published, excitatory, inhibitory = beside_published(twice).values()
    for own, kind in ((excitatory, "E"), (inhibitory, "I")):
        names = [name for name in paper.POPULATIONS if name.endswith(kind)]
        np.testing.assert_allclose(own, [[twice[name] / 2 for name in names], [2.0] * 4])
    assert published.shape == (2, 24) and published[1].mean() == pytest.approx(1.0)


@pytest.mark.slow
@pytest.mark.parametrize("quick", [True, False])
def test_the_rates_are_as_declared_and_the_ablation_breaks_them(quick):
    system = load_system("microcircuit")
    claim = next(claim for claim in system.claims_for(quick) if claim.name == "rates")
    row = check_claim(system, claim, quick=quick)
    assert as_declared(row), row
