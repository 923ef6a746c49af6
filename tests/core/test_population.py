"""What a population asks of its parts."""

from types import MappingProxyType

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from neuropil.cells import Threshold, leaky_integrator
from neuropil.core import (
    Cell,
    Delta,
    Drive,
    Emission,
    Input,
    Network,
    NeuropilError,
    Population,
    Receptor,
    Record,
    Tick,
    simulate,
)
from neuropil.numerics import ImplicitEuler, SequentialEuler

KEY = jax.random.key(0)


class Noise(Receptor):
    """A jump of the membrane by a random number."""

    def init(self, size):
        return ()

    def step(self, state, arriving, v, tick):
        return state, Drive(jump=jax.random.normal(tick.key, v.shape))


class Leak(Cell):
    """A leaky membrane with a reset to zero."""

    tau: float = 10.0

    def init(self, size):
        return {"v": jnp.zeros(size)}

    def field(self, y, drive):
        return {"v": -y["v"] / self.tau}

    def excess(self, y):
        return y["v"] - 1.0

    def jump(self, y, spike):
        return {"v": y["v"] * (1.0 - spike)}


def potential(receptors, **options):
    node = leaky_integrator(4, receptors=receptors)
    _, records = simulate(node, None, dt=1.0, key=KEY, ticks=3, **options)
    return np.asarray(records.output)


def test_every_port_has_its_own_randomness():
    one, other = potential({"a": Noise()}), potential({"b": Noise()})
    assert np.abs(one - other).min() > 1e-3
    together = potential({"a": Noise(), "b": Noise()})
    np.testing.assert_allclose(together, one + other, rtol=1e-5)


class NoiseAlone(Emission):
    """A random output."""

    def emit(self, u, tick):
        return jax.random.normal(tick.key, u.shape)


def test_the_emission_has_its_own_randomness():
    class Whole(Noise):
        def step(self, state, arriving, v, tick):
            return jax.random.normal(tick.key, v.shape), Drive()

        def init(self, size):
            return jnp.zeros(size)

    node = Population(4, Leak(), NoiseAlone(), receptors={"a": Whole(), "b": Whole()})
    tick = Tick(jnp.array(0), 1.0, KEY)
    state, output = node.step(node.init(key=KEY), {"a": jnp.zeros(4), "b": jnp.zeros(4)}, tick)
    whole = jax.random.normal(KEY, (4,))
    drawn = np.stack([whole, output, state.receptors["a"], state.receptors["b"]])
    assert len(np.unique(drawn)) == drawn.size


def test_another_node_changes_no_random_number():
    def noise_of(names):
        nodes = {name: leaky_integrator(4, receptors={"a": Noise()}) for name in names}
        net = Network({"in": Input(1), **nodes}, (), "in")
        record = {"v": Record("m")}
        run = simulate(net, np.zeros((3, 1)), dt=1.0, key=KEY, record=record)
        return np.asarray(run[1].kept["v"])

    np.testing.assert_array_equal(noise_of(["m"]), noise_of(["z", "m", "a"]))


def test_integer_parameters_have_gradients():
    node = Population(2, Leak(tau=5), Threshold())
    grown = eqx.filter_grad(lambda node: jnp.sum(_run(node)))(node)
    assert float(grown.cell.tau) != 0.0


def _run(node):
    return simulate(node, np.full((5, 2), 0.3), dt=1.0, key=KEY)[0].node.cells["v"]


@pytest.mark.parametrize("dtype", [jnp.float16, jnp.bfloat16])
def test_state_keeps_its_type(dtype):
    class Half(Leak):
        def init(self, size):
            return {"v": jnp.zeros(size, dtype)}

    v = _run(Population(2, Half(), Threshold()))
    assert v.dtype == dtype
    np.testing.assert_allclose(
        v.astype(np.float32), _run(Population(2, Leak(), Threshold())), atol=0.02
    )


class WithoutPotential(Leak):
    def init(self, size):
        return {"u": jnp.zeros(size)}


class OtherField(Leak):
    def field(self, y, drive):
        return {"v": -y["v"], "w": y["v"]}


class OtherReset(Leak):
    def jump(self, y, spike):
        return y["v"]


class WithoutCompartments(Leak):
    potentials = ()


class UnknownCompartment(Leak):
    potentials = ("v", "dendrite")


class ElsewhereThanItSays(Leak):
    def potential(self, port):
        return "dendrite"


class Wide(Receptor):
    gain: jax.Array

    def init(self, size):
        return ()

    def step(self, state, arriving, v, tick):
        return state, Drive(jump=self.gain * arriving)


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        (WithoutPotential(), "cell: got init with the variables"),
        (OtherField(), "cell: got field with"),
        (OtherReset(), "cell: got jump with"),
        (WithoutCompartments(), "cell: got the potentials"),
        (UnknownCompartment(), "expected the membrane potential 'v' and 'dendrite'"),
        (ElsewhereThanItSays(), "the potential 'dendrite' for the port 'input'"),
    ],
)
def test_a_cell_that_contradicts_itself_is_refused(cell, message):
    with pytest.raises(NeuropilError, match=message):
        Population(3, cell, Threshold())


@pytest.mark.parametrize(
    ("integrator", "message"),
    [(ImplicitEuler(together=("v", "w")), "together: "), (SequentialEuler(("w", "v")), "order: ")],
)
def test_an_integrator_that_names_other_variables_is_refused(integrator, message):
    with pytest.raises(NeuropilError, match=message):
        Population(3, Leak(), Threshold(), integrator)


class Bare(Wide):
    def step(self, state, arriving, v, tick):
        return state, arriving


class Growing(Wide):
    def step(self, state, arriving, v, tick):
        return (state, v), Drive()


class TwoDecays(Receptor):
    """Parameters of any shape, as long as what arrives at the membrane fits."""

    tau: jax.Array

    def init(self, size):
        return jnp.zeros((2, *size))

    def step(self, state, arriving, v, tick):
        after = state * jnp.exp(-tick.dt / self.tau[:, None]) + arriving
        return after, Drive(const=after[0] - after[1])


@pytest.mark.parametrize(
    ("receptor", "says"),
    [
        (Wide(jnp.ones(4)), "incompatible shapes"),
        (Wide(jnp.ones((2, 1))), r"a jump of shape \(2, 3\)"),
        (Growing(jnp.ones(3)), "the state"),
        (Bare(jnp.ones(3)), "ShapeDtypeStruct"),
    ],
)
def test_a_receptor_that_does_not_fit_is_refused(receptor, says):
    with pytest.raises(NeuropilError, match=rf"^receptors\['input'\](.step)?: got .*{says}"):
        Population(3, Leak(), Threshold(), receptors={"input": receptor})


@pytest.mark.parametrize("receptor", [Wide(jnp.ones(3)), TwoDecays(jnp.array([2.0, 8.0]))])
def test_a_receptor_that_fits_runs(receptor):
    receptors = MappingProxyType({"input": receptor, "other": Delta()})
    node = Population(3, Leak(), Threshold(), receptors=receptors)
    output = simulate(node, {"input": np.ones((2, 3))}, dt=1.0, key=KEY)[1].output
    assert output.shape == (2, 3)
