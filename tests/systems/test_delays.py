"""The system `delays`: its mechanism is on the forward path, and its small claims hold."""

import dataclasses
import os

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from neuropil.core import Record, simulate
from neuropil.systems import as_declared, check_claim, load_system
from neuropil.systems.delays._claims import accuracy_of, with_shuffled_delays
from neuropil.systems.delays._network import (
    NARROW,
    as_large_without_delays,
    build,
    count_trained,
    with_whole_delays,
)
from neuropil.systems.delays._plan import PLANS, Mechanism, summed
from neuropil.systems.delays._training import narrowing, samples
from neuropil.tasks import DataNotFound, digits, interval, spoken_digits

from ..tasks.test_shd import make as make_shd

KEY = jax.random.key(0)
PLAN = PLANS["interval"]


def run(network, inputs):
    return simulate(network, inputs, dt=10.0, key=KEY, record={"spikes": Record("hidden1")})[1]


def two_spikes(first, distance, ticks=62):
    inputs = np.zeros((ticks, 2, 2), bool)
    inputs[first, :, 0] = inputs[first + distance, :, 1] = True
    return inputs


def frozen(network):
    norm = network.nodes["norm1"]
    mean, spread = jnp.zeros(norm.size), jnp.full(norm.size, 0.04)
    from neuropil.modulation import FrozenStatistics

    nodes = {**network.nodes, "norm1": norm.frozen(FrozenStatistics(mean, spread))}
    return eqx.tree_at(lambda n: n.nodes, network, nodes)


def test_without_delays_no_score_depends_on_the_interval():
    network = frozen(build(2, 5, PLAN, Mechanism.NONE, KEY))
    scores = [summed(run(network, two_spikes(9, d)).output) for d in (3, 6, 15)]
    assert np.abs(scores[0]).max() > 0.1
    np.testing.assert_allclose(scores[0], scores[1], atol=1e-5)
    np.testing.assert_allclose(scores[0], scores[2], atol=1e-5)


def test_with_delays_spikes_are_binary_and_depend_on_the_interval():
    network = frozen(build(2, 5, PLAN, Mechanism.FIXED, KEY))
    found = [np.asarray(run(network, two_spikes(9, d)).kept["spikes"]) for d in (3, 6, 15)]
    assert set(np.unique(found[0])) == {0.0, 1.0}
    assert not np.array_equal(found[0], found[1])
    assert not np.array_equal(found[0], found[2])


def test_a_longer_delay_makes_a_later_spike():
    network = frozen(with_whole_delays(build(2, 5, PLAN, Mechanism.LEARNED, KEY)))

    def with_all_delays(ticks):
        moved = jnp.full_like(network.projections[0].connectivity.delay, ticks)
        later = eqx.tree_at(lambda n: n.projections[0].connectivity.delay, network, moved)
        return np.asarray(run(later, two_spikes(5, 9)).kept["spikes"])

    early, late = with_all_delays(2.0), with_all_delays(9.0)
    assert early.sum() > 0
    np.testing.assert_array_equal(early[:-7], late[7:])


def test_bumps_narrow_and_then_stand_on_whole_lags():
    network = build(2, 5, PLAN, Mechanism.LEARNED, KEY)
    widths, rounding = [], []
    for epoch in range(PLAN.epochs):
        for schedule in narrowing(PLAN):
            network = schedule(network, epoch)
        connectivity = network.projections[0].connectivity
        widths.append(float(connectivity.width))
        rounding.append(float(connectivity.rounding))
    assert widths[0] == PLAN.longest / 2 and widths[-1] == 0.0
    assert all(a >= b for a, b in zip(widths, widths[1:], strict=False))
    narrow = rounding.index(1.0)
    assert widths[narrow] == pytest.approx(NARROW) and sum(rounding) == PLAN.epochs - narrow


@pytest.mark.parametrize("mechanism", [Mechanism.FIXED, Mechanism.NONE])
def test_comparisons_differ_in_their_delays_only(mechanism):
    plan = PLANS["spoken-digits"]
    learned, other = (build(64, 10, plan, m, KEY) for m in (Mechanism.LEARNED, mechanism))
    for a, b in zip(learned.projections, other.projections, strict=True):
        np.testing.assert_array_equal(a.weight, b.weight)
    delays = sum(p.weight.size for p in learned.projections if "norm" not in p.source)
    trained = count_trained(learned, Mechanism.LEARNED)
    assert trained - count_trained(other, mechanism) == delays


@pytest.mark.parametrize("hidden", [(24,), (6, 5)])
def test_without_delays_a_network_is_given_as_many_numbers_in_neurons(hidden):
    plan = dataclasses.replace(PLANS["spoken-digits"], hidden=hidden)
    larger = as_large_without_delays(plan, 64, 10)
    with_delays, none, fewer, more = (
        count_trained(build(64, 10, p, mechanism, KEY), mechanism)
        for p, mechanism in (
            (plan, Mechanism.LEARNED),
            (larger, Mechanism.NONE),
            *((_resized(larger, by), Mechanism.NONE) for by in (-1, 1)),
        )
    )
    assert fewer < with_delays < more
    assert abs(none - with_delays) <= min(with_delays - fewer, more - with_delays)


def _resized(plan, by):
    return dataclasses.replace(plan, hidden=tuple(size + by for size in plan.hidden))


def test_late_spikes_have_time_to_arrive():
    padded = samples(interval(), "test", PLAN).inputs
    assert padded.shape[1] == 50 + PLAN.longest // 2
    assert not padded[:, 50:].any()


def test_images_become_one_spike_per_bright_pixel():
    task = digits()
    data = samples(task, "test", PLANS["digits"])
    keys = jax.random.split(KEY, 4)
    inputs, _ = data.take(np.arange(4), keys)
    np.testing.assert_array_equal(inputs.sum(0), task.test.inputs[:4] > 0.1)


@pytest.mark.slow
def test_the_small_claims_hold_and_their_ablations_break_them():
    system = load_system("delays")
    rows = [check_claim(system, claim, quick=True) for claim in system.claims_for(True)]
    assert rows and all(as_declared(row) for row in rows)
    assert all(row["ablation"]["holds"] is False for row in rows)


def test_shuffling_keeps_the_delays_and_moves_them():
    network = build(2, 5, PLAN, Mechanism.LEARNED, KEY)
    forms = (with_whole_delays(network), with_shuffled_delays(network))
    before, after = (np.asarray(form.projections[0].connectivity.delay) for form in forms)
    np.testing.assert_array_equal(np.sort(after, None), np.sort(before, None))
    assert np.mean(after != before) > 0.5


@pytest.fixture
def spoken_recordings():
    """Skips where there are none to be had; continuous integration provides them."""
    try:
        return spoken_digits()
    except DataNotFound:
        if os.environ.get("CI"):
            raise
        pytest.skip("no recordings of spoken digits on this machine")


@pytest.mark.slow
def test_all_claims_on_intervals_hold_and_their_ablations_break_them():
    system = load_system("delays")
    claims = [claim for claim in system.claims if claim.name.startswith("interval")]
    assert len(claims) == 4
    for claim in claims:
        assert as_declared(check_claim(system, claim)), claim.name


@pytest.mark.slow
def test_the_order_on_spoken_digits_holds_and_its_ablation_breaks_it(spoken_recordings):
    system = load_system("delays")
    (claim,) = (claim for claim in system.claims if claim.name.startswith("spoken"))
    assert as_declared(check_claim(system, claim))


@pytest.mark.slow
def test_the_main_job_reaches_its_accuracy():
    assert accuracy_of("learned", "digits", PLANS["digits"], 0) >= 0.93


@pytest.mark.slow
def test_a_network_of_two_hidden_layers_trains_on_files_of_the_layout_of_shd(tmp_path, monkeypatch):
    (tmp_path / "shd").mkdir()
    make_shd(tmp_path / "shd" / "shd_train.h5", 40, 0)
    make_shd(tmp_path / "shd" / "shd_test.h5", 10, 1)
    monkeypatch.setenv("NEUROPIL_DATA", str(tmp_path))
    plan = dataclasses.replace(PLANS["shd"], epochs=1, batch_size=20)
    assert 0.0 <= accuracy_of("learned", "shd", plan, 0) <= 1.0
