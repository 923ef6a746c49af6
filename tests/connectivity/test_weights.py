"""First weights have the spread they claim; signs and bounds keep Dale's law."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from neuropil.cells import leaky_integrator
from neuropil.connectivity import (
    Conv2d,
    Dense,
    OneToOne,
    constant,
    dale_signs,
    kaiming_uniform,
    lecun_uniform,
    normal,
)
from neuropil.core import Bounds, Input, Link, Projection, chain, simulate
from neuropil.numerics import _event_primitive
from neuropil.training import NonFiniteError, cross_entropy, fit

KEY = jax.random.key(0)
KINDS = [Dense(200, 300), Conv2d((8, 20, 20), 300, 5)]


@pytest.mark.parametrize("kind", KINDS, ids=["dense", "convolution"])
def test_spread_follows_the_fan_in(kind):
    n = kind.fan_in
    for draw, variance in (
        (lambda: lecun_uniform(kind, KEY), 1.0 / n),
        (lambda: lecun_uniform(kind, KEY, gain=3.0), 9.0 / n),
        (lambda: kaiming_uniform(kind, KEY), 2.0 / n),
        (lambda: normal(kind, KEY, gain=0.5), 0.25 / n),
    ):
        weight = np.asarray(draw())
        assert weight.shape == kind.weight_shape
        assert np.var(weight) == pytest.approx(variance, rel=0.03)
        assert np.mean(weight) == pytest.approx(0.0, abs=4 * np.sqrt(variance / weight.size))


def test_uniform_weights_reach_their_limits_and_no_further():
    weight = np.abs(lecun_uniform(Dense(300, 300), KEY))
    assert 0.999 * 0.1 < weight.max() <= 0.1


def test_the_key_decides():
    kind = Dense(3, 2)
    np.testing.assert_array_equal(normal(kind, KEY), normal(kind, KEY))
    assert np.all(np.asarray(normal(kind, KEY)) != np.asarray(normal(kind, jax.random.key(1))))


def test_constant_weights():
    np.testing.assert_array_equal(constant(OneToOne(3), -2.0), [-2.0] * 3)


@pytest.mark.parametrize(("share", "count"), [(0.0, 0), (0.8, 8), (1.0, 10)])
def test_the_first_share_of_neurons_excites(share, count):
    np.testing.assert_array_equal(dale_signs(10, share), [1.0] * count + [-1.0] * (10 - count))


def test_a_sign_decides_what_a_source_does_to_all_its_targets():
    weight, sign = np.array([[0.5, 2.0], [1.0, 3.0]]), np.array([1.0, -1.0])
    link = Link(Dense(2, 2), weight, sign, Bounds(0.0))
    net = chain(Input(2), link, leaky_integrator(2), key=KEY)
    _, records = simulate(net, np.ones((1, 2), np.float32), dt=1.0, key=KEY)
    np.testing.assert_allclose(records.output[0], [0.5 - 1.0, 2.0 - 3.0], rtol=1e-6)


def test_constraining_keeps_magnitudes_magnitudes():
    projection = Projection("a", "b", Dense(2, 2), np.ones((2, 2)), dale_signs(2, 0.5), Bounds(0.0))
    updated = eqx.tree_at(lambda p: p.weight, projection, jnp.array([[-0.3, 0.2], [1.0, -4.0]]))
    np.testing.assert_allclose(updated.constrained().weight, [[0.0, 0.2], [1.0, 0.0]], rtol=1e-6)
    upper = Projection("a", "b", Dense(2, 2), np.ones((2, 2)), bounds=Bounds(-1.0, 2.0))
    upper = eqx.tree_at(lambda p: p.weight, upper, jnp.full((2, 2), 5.0))
    assert float(upper.constrained().weight.max()) == 2.0


def test_training_refuses_nan_weights_that_no_spike_reads(monkeypatch):
    """The rows of silent inputs need not be read, so that what comes out may well be finite."""
    monkeypatch.setattr(_event_primitive, "LEAST_EVENTS", 2**8)
    spikes = np.random.default_rng(0).random((8, 50, 64)) < 0.03
    spikes[:, :, 0] = False
    net = chain(Input(64), Dense(64, 16), leaky_integrator(16), key=KEY)
    weight = net.projections[0].weight.at[0].set(jnp.nan)
    net = eqx.tree_at(lambda net: net.projections[0].weight, net, weight)
    with pytest.raises(NonFiniteError, match="weight of projection 'input -> output'"):
        fit(
            net,
            (spikes, np.zeros(8, int)),
            loss=cross_entropy(lambda output: output[-1]),
            optimizer=optax.sgd(0.1),
            epochs=1,
            batch_size=8,
            dt=1.0,
            key=KEY,
        )
