"""Stopping early: by a node or from a recording alike, and never better than the oracle."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neuropil.coding import (
    EarlyExit,
    ExitCurve,
    calibrated_threshold,
    confidence_over_time,
    evidence_over_time,
    exit_curve,
    exits,
    oracle_exits,
    pareto_front,
    right_over_time,
)
from neuropil.core import Record, simulate


def drawn(seed, ticks=12, samples=40, classes=4):
    rng = np.random.default_rng(seed)
    targets = rng.integers(0, classes, samples)
    signal = 0.3 * np.eye(classes)[targets]
    return (signal + rng.normal(0, 1, (ticks, samples, classes))).astype(np.float32), targets


@pytest.mark.parametrize("threshold", [0.0, 0.4, 0.9, 1.0])
def test_the_node_stops_where_the_recording_says(threshold):
    output, targets = drawn(0)
    node = EarlyExit(4, threshold=threshold, smoothing=1.5)
    record = {"waiting": Record("waiting"), "time": Record("time")}
    _, records = simulate(node, output, dt=2.0, key=jax.random.key(0), record=record)
    evidence = evidence_over_time(output, 1.5)
    found = exits(evidence, targets, threshold)
    np.testing.assert_allclose(records.kept["time"][-1], 2.0 * (found.tick + 1))
    stopped = np.take_along_axis(np.asarray(evidence), np.asarray(found.tick)[None, :, None], 0)[0]
    np.testing.assert_allclose(records.output[-1], stopped, rtol=1e-5, atol=1e-5)
    right = jnp.argmax(records.output[-1], axis=-1) == targets
    np.testing.assert_array_equal(right, found.right)


def test_a_threshold_of_nothing_stops_at_once_and_one_of_certainty_never():
    output, targets = drawn(1)
    evidence = evidence_over_time(output)
    right = np.asarray(right_over_time(evidence, targets))
    first, last = (exits(evidence, targets, threshold) for threshold in (0.0, 1.0))
    assert (first.tick == 0).all() and (last.tick == 11).all()
    np.testing.assert_array_equal(first.right, right[0])
    np.testing.assert_array_equal(last.right, right[-1])


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 10**6), st.floats(0.0, 1.0))
def test_the_oracle_is_never_beaten(seed, threshold):
    output, targets = drawn(seed, samples=15)
    evidence = evidence_over_time(output)
    rule, best = exits(evidence, targets, threshold), oracle_exits(evidence, targets)
    assert float(best.right.mean()) >= float(rule.right.mean())
    assert (np.asarray(best.tick) <= np.asarray(rule.tick))[np.asarray(rule.right)].all()


def test_curves_hold_what_single_thresholds_give():
    output, targets = drawn(2)
    evidence = evidence_over_time(output)
    curve = exit_curve(evidence, targets, [0.0, 0.5, 0.8, 1.0])
    for threshold, latency, accuracy in zip(*curve, strict=True):
        found = exits(evidence, targets, threshold)
        assert latency == pytest.approx(float(found.tick.mean()) + 1.0)
        assert accuracy == pytest.approx(float(found.right.mean()))


def test_the_front_has_what_nothing_beats():
    rng = np.random.default_rng(3)
    curve = ExitCurve(rng.random(60), rng.integers(1, 20, 60).astype(float), rng.random(60))
    front = pareto_front(curve)
    kept = set(front.threshold.tolist())
    for t, latency, accuracy in zip(*curve, strict=True):
        beaten = (
            (curve.latency <= latency) & (curve.accuracy >= accuracy)
            & ((curve.latency < latency) | (curve.accuracy > accuracy))
        ).any()  # fmt: skip
        assert (t in kept) != beaten


def test_the_chosen_threshold_costs_no_more_than_allowed_and_no_faster_one_does():
    output, targets = drawn(4, samples=300)
    evidence = evidence_over_time(output)
    final = float(right_over_time(evidence, targets)[-1].mean())
    for tolerance in (0.0, 0.02, 0.1):
        found = exits(evidence, targets, calibrated_threshold(evidence, targets, tolerance))
        assert float(found.right.mean()) >= final - tolerance - 1e-6
        curve = exit_curve(evidence, targets)
        faster = curve.latency < float(found.tick.mean()) + 1.0 - 1e-6
        assert (curve.accuracy[faster] < final - tolerance).all()


def test_confidence_grows_with_evidence():
    steady = np.broadcast_to(np.array([0.3, 0.0, 0.0], np.float32), (20, 1, 3))
    confidence = confidence_over_time(evidence_over_time(steady))[:, 0]
    assert (np.diff(confidence) > 0).all()
