"""Gated units against NumPy: values, derivatives by hand, finite differences; rows of events."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from neuropil.cells import EGRU, GRU, beta_thresholds
from neuropil.core import Record, learnable_mask, simulate
from neuropil.numerics import Triangle
from neuropil.sparsity import prune
from neuropil.training import fit, mean_squared_error

from .gated_reference import Weights, backward, forward

KEY = jax.random.key(0)
FIELDS = Weights._fields
RNG = np.random.default_rng(1)
INPUTS = RNG.normal(size=(25, 3, 4))
BY_OUTPUT = RNG.normal(size=(25, 3, 6))
SIZE = {"inputs": 4, "size": 6}


def units(cls, seed=0, **options):
    """Return units of which all numbers differ from zero."""
    node = cls(**SIZE, key=jax.random.key(seed), **options)
    rng = np.random.default_rng(seed)
    names = [name for name in FIELDS if name != "threshold"]
    return eqx.tree_at(
        lambda n: [getattr(n, name) for name in names],
        node,
        [getattr(node, name) + 0.5 * rng.normal(size=getattr(node, name).shape) for name in names],
    )


def event_units(**options):
    return units(EGRU, threshold=np.linspace(0.0, 0.4, 6), **options)


def numbers(node):
    none = np.zeros(node.shape)
    return Weights(*(np.array(getattr(node, name, none), np.float64) for name in FIELDS))


def run(node, x=INPUTS, **options):
    return simulate(node, x, dt=1.0, key=KEY, **options)[1]


def score(node):
    return jnp.sum(run(node).output * BY_OUTPUT)


def assert_equal_to(found, expected, fields=FIELDS, **within):
    for name in fields:
        np.testing.assert_allclose(
            getattr(found, name), getattr(expected, name), err_msg=name, **within
        )


def test_events_keep_their_equations_in_double_precision():
    names = ("hidden", "potential", "event", "trace", "operations")
    with jax.enable_x64(True):
        node = event_units()
        records = run(node, record={name: Record(name) for name in names})
        ticks = forward(numbers(node), INPUTS)
    trace = 0.0
    for t, tick in enumerate(ticks):
        trace = 0.9 * trace + 0.1 * tick["y"]
        expected = {"hidden": tick["h"], "potential": tick["c"], "event": tick["e"], "trace": trace}
        np.testing.assert_allclose(records.output[t], tick["y"], atol=1e-10)
        for name, value in expected.items():
            np.testing.assert_allclose(records.kept[name][t], value, atol=1e-10)
        np.testing.assert_array_equal(records.kept["operations"][t], 18 * tick["e"].sum(1))
    active = np.mean([tick["e"] for tick in ticks])
    assert 0.2 < active < 0.8


def test_a_gru_keeps_its_equations_in_double_precision():
    with jax.enable_x64(True):
        node = units(GRU)
        output = run(node).output
        ticks = forward(numbers(node), INPUTS, has_events=False)
    np.testing.assert_allclose(output, [tick["y"] for tick in ticks], atol=1e-10)


def test_at_a_threshold_nothing_is_sent():
    with jax.enable_x64(True):
        node = EGRU(**SIZE, threshold=0.25, key=KEY)
        node = eqx.tree_at(
            lambda n: (n.weight, n.recurrent, n.bias),
            node,
            (0.0 * node.weight, 0.0 * node.recurrent, node.bias.at[12:].set(np.arctanh(0.5))),
        )
        potential = run(node, INPUTS[:2], record={"c": Record("potential")}).kept["c"]
        sent = run(eqx.tree_at(lambda n: n.threshold, node, potential[0, 0])).output[0]
    np.testing.assert_allclose(potential[0], 0.25, atol=1e-15)
    np.testing.assert_array_equal(sent, 0.0)


def test_gradients_are_those_of_backpropagation_by_hand():
    def slope(u):
        return 0.7 * np.maximum(0.0, 1.0 - np.abs(u) / 0.5)

    with jax.enable_x64(True):
        node = event_units(surrogate=Triangle(width=0.5, height=0.7))
        found = eqx.filter_grad(score)(node)
        expected = backward(numbers(node), forward(numbers(node), INPUTS), BY_OUTPUT, slope)
    assert_equal_to(found, expected, rtol=1e-9, atol=1e-11)
    assert np.abs(expected.threshold).min() > 1e-3


def test_forward_and_reverse_derivatives_agree():
    with jax.enable_x64(True):
        node = event_units()
        arrays, rest = eqx.partition(node, eqx.is_inexact_array)
        rng = np.random.default_rng(3)
        direction = jax.tree.map(lambda x: jnp.asarray(rng.normal(size=x.shape)), arrays)

        def of(arrays):
            return score(eqx.combine(arrays, rest))

        _, forwards = jax.jvp(of, (arrays,), (direction,))
        products = jax.tree.map(lambda a, b: jnp.sum(a * b), jax.grad(of)(arrays), direction)
        backwards = sum(jax.tree.leaves(products))
    np.testing.assert_allclose(forwards, backwards, rtol=1e-10)


@pytest.mark.parametrize("cls", [EGRU, GRU])
def test_gradients_are_finite_differences_where_the_units_are_smooth(cls):
    """With a surrogate narrower than any distance to threshold, events are constants."""
    with jax.enable_x64(True):
        narrow = {"surrogate": Triangle(width=1e-7), "threshold": np.linspace(0.0, 0.4, 6)}
        node = units(cls, **(narrow if cls is EGRU else {}))
        found = eqx.filter_grad(score)(node)
        fields = [name for name in FIELDS if hasattr(node, name)]
        rng = np.random.default_rng(5)
        for name in fields:
            value, step = getattr(node, name), 1e-6
            direction = rng.normal(size=value.shape)

            def moved(by, name=name, value=value, direction=direction):
                return float(
                    score(eqx.tree_at(lambda n: getattr(n, name), node, value + by * direction))
                )

            difference = (moved(step) - moved(-step)) / (2.0 * step)
            product = float(np.sum(np.asarray(getattr(found, name)) * direction))
            np.testing.assert_allclose(product, difference, rtol=1e-6, err_msg=name)


def test_far_from_threshold_silent_units_send_no_gradient_back():
    node = EGRU(**SIZE, threshold=1.0, surrogate=Triangle(width=1e-3), key=KEY)
    gradient = eqx.filter_grad(score)(node)
    assert not any(np.asarray(x).any() for x in jax.tree.leaves(gradient))


@pytest.mark.parametrize("density", [1.0, 0.1])
def test_rows_of_active_units_are_all_that_is_needed(density):
    node = EGRU(8, 96, key=KEY)
    node, _ = prune(node, lambda n: n.recurrent, density, axis=0)
    by_rows, x = node.listed(), RNG.normal(size=(40, 2, 8)).astype(np.float32)
    record = {"operations": Record("operations")}
    dense, rows = run(node, x), run(by_rows, x, record=record)
    np.testing.assert_allclose(rows.output, dense.output, atol=1e-5)
    walked = np.zeros((40, 2), int)
    entries = np.count_nonzero(np.asarray(node.recurrent), axis=1)
    for unit in range(96):
        walked += (np.asarray(rows.output[..., unit]) != 0) * entries[unit]
    np.testing.assert_array_equal(rows.kept["operations"], walked)
    activity = np.mean(np.asarray(dense.output) != 0)
    assert 0.1 < activity < 0.9
    left = np.count_nonzero(np.asarray(node.recurrent)) / (3 * 96**2)
    assert left == pytest.approx(density, abs=0.002)
    assert walked.mean() == pytest.approx(activity * left * 3 * 96**2, rel=1e-9)


def test_weights_of_silent_units_are_not_touched():
    """What is not finite would show in a product that reads it."""
    node = EGRU(4, 48, threshold=np.where(np.arange(48) % 2, 1.0, 0.0), key=KEY)
    spoiled = node.recurrent.at[1::2].set(jnp.nan)
    by_rows = eqx.tree_at(lambda n: n.recurrent, node, spoiled).listed()
    output = np.asarray(run(by_rows).output)
    np.testing.assert_allclose(output, run(node).output, atol=1e-5)
    assert not output[..., 1::2].any() and output[..., ::2].any()
    all_spoiled = eqx.tree_at(lambda n: n.recurrent, node, spoiled.at[0].set(jnp.nan)).listed()
    assert np.isnan(np.asarray(run(all_spoiled).output)).any()


def test_rows_that_are_listed_have_the_gradient_of_the_matrix():
    node = event_units()
    matrix = eqx.filter_grad(score)(node).recurrent
    rows = eqx.filter_grad(score)(node.listed()).recurrent.weight
    np.testing.assert_allclose(rows, np.asarray(matrix).reshape(-1), rtol=1e-4, atol=1e-5)
    assert node.listed().listed().shape == node.shape


def test_thresholds_are_drawn_kept_and_moved_back_into_their_range():
    node = EGRU(4, 300, key=KEY)
    assert float(node.threshold.mean()) == pytest.approx(0.05, rel=0.3)
    drawn = np.asarray(beta_thresholds(20_000, 0.2, key=KEY), np.float64)
    a, b = 0.75, 3.0  # of the Beta distribution
    assert drawn.mean() == pytest.approx(a / (a + b), rel=0.02)
    assert drawn.var() == pytest.approx(a * b / ((a + b) ** 2 * (a + b + 1)), rel=0.05)
    outside = eqx.tree_at(lambda n: n.threshold, node, node.threshold * 100 - 1)
    moved = np.asarray(outside.constrained().threshold)
    assert moved.min() == 0.0 and moved.max() == 1.0
    mask = learnable_mask(node)
    assert not mask.threshold and not mask.surrogate.width
    assert mask.weight and mask.recurrent and mask.bias and mask.recurrent_bias


def test_fitted_thresholds_stay_in_their_range():
    node = EGRU(**SIZE, threshold=0.01, key=KEY)
    x = RNG.normal(size=(8, 5, 4)).astype(np.float32)
    fitted = fit(
        node,
        (x, np.ones((8, 6), np.float32)),
        loss=mean_squared_error(lambda output: output[-1]),
        optimizer=optax.sgd(10.0),
        epochs=2,
        batch_size=8,
        dt=1.0,
        key=KEY,
        trainable=lambda n: eqx.tree_at(
            lambda m: m.threshold, jax.tree.map(lambda _: False, n), True
        ),
    ).node
    threshold = np.asarray(fitted.threshold)
    assert threshold.min() >= 0.0 and threshold.max() <= 1.0 and (threshold != 0.01).any()
