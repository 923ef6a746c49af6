"""A neuron model written by a user, in five lines, is as good as one of the library's."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from neuropil.cells import Threshold, lif
from neuropil.connectivity import Dense, ProjectionDelay
from neuropil.core import Cell, Input, Network, Population, Projection, Record, chain, simulate

KEY = jax.random.key(0)


class Mine(Cell):
    tau: float = 5.0

    def init(self, size):
        return {"v": jnp.zeros(size)}

    def field(self, y, drive):
        return {"v": (drive.current(y["v"]) - y["v"]) / self.tau}

    def excess(self, y):
        return y["v"] - 1.0

    def jump(self, y, spike):
        return {"v": y["v"] - jax.lax.stop_gradient(spike)}


def mine(size, tau=5.0):
    return Population(size, Mine(tau), Threshold())


def theirs(size, tau=5.0):
    return lif(size, tau=tau)


def within(neurons):
    """The neurons with an entrance, and in a loop with a delay."""
    rng = np.random.default_rng(0)
    loop = Dense(neurons.shape, neurons.shape, ProjectionDelay(2))
    return Network(
        {"in": Input(3), "mine": neurons},
        (
            Projection("in", "mine", Dense(3, 4), rng.normal(0.6, 0.4, (3, 4))),
            Projection("mine", "mine", loop, rng.normal(-0.2, 0.2, (4, 4))),
        ),
        "mine",
    )


X = np.random.default_rng(1).random((30, 2, 3)).astype(np.float32)


def test_it_is_the_built_in_neuron_when_its_equations_are():
    def results(neurons):
        def loss(network):
            record = {"v": Record("mine.v")}
            _, records = simulate(network, X, dt=0.5, key=KEY, record=record)
            return jnp.mean(records.output), (records.output, records.kept["v"])

        gradient, outputs = eqx.filter_grad(loss, has_aux=True)(within(neurons))
        return outputs, [p.weight for p in gradient.projections], gradient.nodes["mine"].cell.tau

    own, built_in = results(mine(4)), results(theirs(4))
    assert float(own[0][0].sum()) > 10
    assert float(jnp.abs(own[2])) > 0, "a plain float became a parameter with a gradient"
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, atol=1e-6), own, built_in)


def test_it_maps_over_parameters_and_differentiates_forwards():
    taus = jnp.array([2.0, 5.0, 11.0])

    def last(tau):
        _, records = simulate(mine(3, tau), X[:, 0], dt=0.5, key=KEY, record={"v": Record("v")})
        return records.kept["v"][-1].sum()

    np.testing.assert_allclose(
        jax.vmap(last)(taus), jnp.stack([last(tau) for tau in taus]), rtol=1e-6
    )
    np.testing.assert_allclose(
        jax.vmap(jax.jacfwd(last))(taus), jax.vmap(jax.grad(last))(taus), rtol=1e-5
    )


def test_it_stacks():
    net = chain(Input(3), Dense(3, 4), mine(4), Dense(4, 2), theirs(2), key=KEY)
    assert simulate(net, X, dt=0.5, key=KEY)[1].output.shape == (30, 2, 2)
