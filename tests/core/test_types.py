"""Weights, states and inputs of different types of number run together."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from neuropil.cells import AbsoluteRefractory, adaptive_lif, izhikevich, leaky_integrator, lif
from neuropil.connectivity import Dense, ProjectionDelay
from neuropil.core import Current, Delta, Input, Network, Projection, simulate

KEY = jax.random.key(0)


def loop(ticks, weight):
    entry, back = Dense(3, 3), Dense(3, 3, delay=ProjectionDelay(ticks))
    projections = (
        Projection("in", "loop", entry, jnp.eye(3, dtype=weight.dtype)),
        Projection("loop", "loop", back, weight),
    )
    return Network({"in": Input(3), "loop": lif(3, tau=5.0)}, projections, "loop")


def spikes(network, dtype=np.float32):
    drive = np.random.default_rng(0).uniform(0.0, 1.5, (20, 3)).astype(dtype)
    return simulate(network, drive, dt=1.0, key=KEY)[1].output


@pytest.mark.parametrize("ticks", [1, 2])
def test_loops_run_with_weights_of_another_type(ticks):
    weight = jnp.full((3, 3), 0.25)  # exact in both
    coarse = loop(ticks, weight.astype(jnp.bfloat16))
    expected = spikes(loop(ticks, weight))
    assert expected.sum() > 10
    np.testing.assert_array_equal(spikes(coarse), expected)


@pytest.mark.parametrize("ticks", [1, 2])
def test_loops_of_single_numbers_run_and_learn_among_double_ones(ticks):
    def total(weight):
        return jnp.sum(spikes(loop(ticks, weight), weight.dtype))

    found = jax.grad(total)(jnp.full((3, 3), 0.25))
    with jax.enable_x64(True):
        single = jax.grad(total)(jnp.full((3, 3), 0.25, jnp.float32))
        assert single.dtype == jnp.float32
    assert np.abs(found).max() > 1e-3
    np.testing.assert_allclose(single, found, rtol=1e-3)


def _single(x):
    return x.astype(jnp.float32) if eqx.is_inexact_array(x) else x


@pytest.mark.parametrize("kind", [lif, adaptive_lif, leaky_integrator, izhikevich])
def test_states_keep_their_type_among_double_inputs(kind):
    with jax.enable_x64(True):
        node = jax.tree.map(_single, kind(3))
        state, _ = simulate(node, np.ones((5, 3)), dt=1.0, key=KEY)
        for name, value in node.init(key=KEY).cells.items():
            assert state.node.cells[name].dtype == value.dtype
        assert state.node.cells["v"].dtype == jnp.float32


def test_states_keep_their_type_where_a_single_parameter_has_another():
    node = lif(3, rest=jnp.float16(0.5), receptors={"input": Delta(), "bias": Current()})
    inputs = {"input": np.ones((5, 3), np.float32)}
    state, records = simulate(node, inputs, dt=1.0, key=KEY)
    assert state.node.cells["v"].dtype == jnp.float16
    assert np.isfinite(records.output).all()


def test_held_states_keep_their_type():
    with jax.enable_x64(True):
        node = jax.tree.map(_single, lif(3, refractory=AbsoluteRefractory(2.0)))
        state, _ = simulate(node, np.full((5, 3), 30.0), dt=1.0, key=KEY)
        assert state.node.cells["v"].dtype == jnp.float32
        assert state.node.refractory.dtype == jnp.int32
