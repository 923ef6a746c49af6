"""Learning on a logarithmic scale is learning the logarithm."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from neuropil.cells import lif, meta_neuron
from neuropil.core import NeuropilError
from neuropil.training import learnable_also, on_log_scale


def loss(theta):
    return jnp.sum(jnp.square(theta - jnp.array([3.0, 40.0])) / theta)


@pytest.mark.parametrize("optimizer", [optax.sgd(0.05), optax.adam(0.1), optax.adamw(0.1)])
def test_it_takes_the_steps_of_the_optimiser_on_logarithms(optimizer):
    theta = jnp.array([10.0, 20.0])
    phi, ours = jnp.log(theta), on_log_scale(optimizer)
    state, expected = ours.init(theta), optimizer.init(phi)
    for _ in range(5):
        move, state = ours.update(jax.grad(loss)(theta), state, theta)
        theta = optax.apply_updates(theta, move)
        by_log = jax.grad(lambda x: loss(jnp.exp(x)))(phi)
        move, expected = optimizer.update(by_log, expected, phi)
        phi = phi + move
    np.testing.assert_allclose(theta, jnp.exp(phi), rtol=1e-5)


def test_no_step_leaves_the_range():
    theta = jnp.array([2.5, 150.0])
    wild = on_log_scale(optax.sgd(1e3), 2.0, 200.0)
    move, _ = wild.update(jnp.array([1.0, -1.0]), wild.init(theta), theta)
    np.testing.assert_allclose(optax.apply_updates(theta, move), [2.0, 200.0], rtol=1e-6)


def test_fields_are_found_by_name_in_every_neuron():
    mask = learnable_also("tau", "b")(meta_neuron(3))
    chosen = {name for name in ("tau", "tau_u", "a", "b", "c") if bool(getattr(mask.cell, name))}
    assert chosen == {"tau", "b"}
    with pytest.raises(NeuropilError, match="fields"):
        learnable_also("tau_u")(lif(3))
