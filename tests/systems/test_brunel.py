"""Four regimes: mean-field theory agrees with SciPy and the network, and the claim holds."""

import math

import jax
import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import brentq
from scipy.special import erfcx

from neuropil.analysis import Events
from neuropil.systems import as_declared, check_claim, load_system
from neuropil.systems.brunel._claims import POINTS
from neuropil.systems.brunel._measures import Measures, measures
from neuropil.systems.brunel._network import Point, at, build, start
from neuropil.systems.brunel._regimes import Regime, regime_of
from neuropil.systems.brunel._theory import moments, siegert, stationary_rate

AI = Point(5.0, 2.0)


def rate_by_scipy(point, threshold=20.0):
    """The stationary rate in Hz, from the numbers of the paper."""

    def rate(assumed):
        drive, square = 20.0 * point.drive, 2.0 * point.drive
        mean = drive + 0.002 * assumed * (1000 - point.g * 250)
        spread = math.sqrt(square + 0.0002 * assumed * (1000 + point.g**2 * 250))
        ends = (10.0 - mean) / spread, (threshold - mean) / spread
        return 1e3 / (2 + 20 * math.sqrt(math.pi) * quad(lambda u: erfcx(-u), *ends)[0])

    return brentq(lambda assumed: rate(assumed) - assumed, 1e-6, 499.0)


@pytest.mark.parametrize("point", [AI, Point(6.0, 4.0), Point(4.5, 0.9)])
def test_the_stationary_rate_is_that_of_scipy(point):
    assert stationary_rate(point) == pytest.approx(rate_by_scipy(point), rel=1e-5)


@pytest.mark.parametrize("point", [AI, Point(4.5, 0.9)])
def test_the_stationary_rate_drives_itself(point):
    rate = stationary_rate(point)
    assert siegert(*moments(point, rate)) == pytest.approx(rate, rel=1e-9)


def test_another_point_has_other_inhibition_and_drive_and_the_same_synapses():
    network = build(2500, jax.random.key(0))
    moved = at(network, Point(3.0, 4.0))
    for old, new in zip(network.projections, moved.projections, strict=True):
        expected = -0.3 if old.source == "inh" else 0.1
        np.testing.assert_allclose(new.weight, expected, rtol=1e-6)
        if old.source in ("exc", "inh"):
            assert new.connectivity.targets is old.connectivity.targets
            assert new.connectivity.shortest == new.connectivity.depth == 15
            degree = np.bincount(np.asarray(old.connectivity.targets))
            assert set(degree.tolist()) == {1000 if old.source == "exc" else 250}
    assert float(network.nodes["outside_exc"].rate) == pytest.approx(20_000.0)
    assert float(moved.nodes["outside_inh"].rate) == pytest.approx(40_000.0)


def test_measures_of_spikes_made_by_hand():
    clocks = np.repeat(np.arange(0, 5000, 100), 20)  # every 10 ms, all 20 neurons at once
    together = measures(Events(clocks, np.tile(np.arange(20), 50), 5000, 20), 0.1)
    assert together.rate == pytest.approx(100.0) and together.cv == pytest.approx(0.0)
    # All in one of 20 bins: the variance over the squared mean is 19, less 1 / 1 expected spike.
    assert together.modulation == pytest.approx(math.sqrt(18.0))
    random = np.random.default_rng(0)
    ticks, who = np.nonzero(random.random((5000, 200)) < 0.02)
    alone = measures(Events(ticks, who, 5000, 200), 0.1)
    assert alone.modulation < 0.1 and alone.cv == pytest.approx(1.0, abs=0.1)


def test_a_regime_asks_for_all_of_its_features():
    slow = POINTS["SI slow"][1]
    good = Measures(6.0, 0.6, 2.0, 24.0)
    assert slow.holds(good)
    for wrong in ({"cv": 0.1}, {"modulation": 0.2}, {"rhythm": 170.0}, {"cv": math.nan}):
        assert not slow.holds(good._replace(**wrong))
    assert Regime(False, True, "fast").holds(good._replace(rhythm=190.0))


def test_regimes_have_the_names_of_the_paper():
    slow = Measures(6.0, 0.6, 2.0, 24.0)
    named = {
        "SI slow": slow,
        "SI fast": slow._replace(rhythm=190.0),
        "AI": slow._replace(modulation=0.5),
        "SR": slow._replace(cv=0.1),
        "AR": slow._replace(cv=0.1, modulation=0.5),
        "none": slow._replace(cv=math.nan),
    }
    assert {name: regime_of(of) for name, of in named.items()} == {name: name for name in named}


@pytest.mark.slow
def test_the_asynchronous_rate_is_that_of_theory():
    from neuropil.systems.balanced._simulation import DT, simulated

    network = at(build(12_500, jax.random.key(0)), AI)
    found = simulated(network, start(network, jax.random.key(1)), 200.0, 500.0)
    rate = measures(found.spikes["exc"], DT).rate
    # What is seen only once a tick acts as a threshold 0.583 steps of the noise higher, half of
    # the jumps overshoot by 0.05 mV: 2.5 % together; sampling and correlations: half a per cent.
    spread = moments(AI, rate_by_scipy(AI))[1]
    late = rate_by_scipy(AI, 20.0 + 0.583 * spread * math.sqrt(0.1 / 20.0))
    assert late < rate_by_scipy(AI)
    assert rate == pytest.approx(rate_by_scipy(AI), rel=0.03)
    assert rate == pytest.approx(late, rel=0.015)


@pytest.mark.slow
@pytest.mark.parametrize("quick", [True, False])
def test_the_claim_holds_and_its_ablation_breaks_it(quick):
    system = load_system("brunel")
    rows = [check_claim(system, claim, quick=quick) for claim in system.claims_for(quick)]
    assert rows and all(as_declared(row) for row in rows), rows
