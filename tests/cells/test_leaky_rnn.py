"""Rate neurons: leaks in closed form, no connection of a neuron to itself."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from neuropil.cells import Leak, LeakyRNN
from neuropil.core import simulate


def bare(tau, leak=Leak.INSIDE, activation=jax.nn.identity):
    """One neuron without connections and biases."""
    net = LeakyRNN(
        1, 1, key=jax.random.key(0), time_constant=tau, leak=leak, activation=activation, start=0.0
    )
    where = lambda n: (n.bias, n.input_bias, n.input_weight)  # noqa: E731
    return eqx.tree_at(where, net, (jnp.zeros(1), jnp.zeros(1), jnp.ones((1, 1))))


def run(net, x, dt=1.0):
    return np.asarray(simulate(net, x, dt=dt, key=jax.random.key(0))[1].output)


@pytest.mark.parametrize("leak", Leak)
def test_a_linear_neuron_has_a_geometric_impulse_response(leak):
    impulse = np.zeros((10, 1), np.float32)
    impulse[0] = 1.0
    tau, dt = 4.0, 0.5
    a = dt / tau
    expected = a * (1 - a) ** np.arange(10)
    np.testing.assert_allclose(run(bare(tau, leak), impulse, dt)[:, 0], expected, rtol=1e-5)


def test_with_the_shortest_time_constant_only_the_present_counts():
    x = np.random.default_rng(0).normal(size=(20, 1)).astype(np.float32)
    for tau in (1.0, 0.3):  # below a tick nothing changes
        np.testing.assert_allclose(run(bare(tau), x), x, rtol=1e-6)
    slope = jax.grad(
        lambda net: jnp.sum(simulate(net, x, dt=1.0, key=jax.random.key(0))[1].output)
    )(bare(0.3))
    assert float(slope.time_constant[0]) == 0.0


def test_a_negative_state_is_lost_where_the_nonlinearity_is_around_the_leak():
    def leaky(x):
        return jnp.where(x > 0, x, 0.01 * x)

    x = np.array([[-1.0], [0.0]], np.float32)
    inside, outside = (run(bare(2.0, leak, leaky), x)[:, 0] for leak in Leak)
    np.testing.assert_allclose(inside, [-0.005, -0.5 * 0.01 * 0.005], rtol=1e-5)
    np.testing.assert_allclose(outside, [-0.005, -0.0025], rtol=1e-5)


def test_no_neuron_hears_itself():
    net = LeakyRNN(2, 5, key=jax.random.key(1))
    with_self = eqx.tree_at(lambda n: n.weight, net, net.weight + jnp.eye(5))
    x = np.ones((6, 2), np.float32)
    np.testing.assert_allclose(run(net, x), run(with_self, x), rtol=1e-6)
    assert (jnp.diag(with_self.constrained().weight) == 0).all()
