import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from neuropil.cells import leaky_integrator, lif
from neuropil.connectivity import Dense
from neuropil.core import Cell, Input, Network, Population, Projection, chain
from neuropil.numerics import NeuropilError
from neuropil.training import Batches, Checkpoints, NonFiniteError, fit

from .problems import KEY, SGD, net, options, same, spikes

X, Y = spikes(40)


def met(node, data=(X, Y), **changes):
    with pytest.raises(NonFiniteError) as caught:
        fit(node, data, **options(**{"optimizer": SGD, **changes}))
    error = caught.value
    assert "Likely cause: " in str(error) and "Fix: " in str(error)
    assert error.variable in str(error) and error.owner in str(error)
    return error


class Fragile(Cell):
    """Its second variable divides by the time left until tick 7, if it is driven."""

    def init(self, size):
        return {"v": jnp.zeros(size), "clock": jnp.zeros(size)}

    def field(self, y, drive):
        return {"v": -y["v"], "clock": jnp.ones_like(y["v"])}

    def excess(self, y):
        return y["v"] - 1.0

    def jump(self, y, spike):
        due = jnp.abs(y["clock"] - 7.0) < 0.5
        return {"v": jnp.where(due, jnp.nan, y["v"]), "clock": y["clock"]}


def fragile():
    usual = lif(8)
    hidden = Population(8, Fragile(), usual.emission, usual.integrator, usual.receptors, None)
    return chain(Input(6), Dense(6, 8), hidden, Dense(8, 2), leaky_integrator(2), key=KEY)


def test_the_first_bad_tick_variable_and_node_are_named():
    error = met(fragile())
    assert (error.epoch, error.step) == (0, 0)
    assert (error.tick, error.variable, error.owner) == (6, "v", "node 'hidden1'")


def test_in_nested_networks_too():
    inner = Network({"cells": fragile().nodes["hidden1"]}, (), "cells")
    outer = Network(
        {"input": Input(6), "inner": inner, "output": leaky_integrator(2)},
        (
            Projection("input", "inner.cells.input", Dense(6, 8), jnp.ones((6, 8))),
            Projection("inner", "output", Dense(8, 2), jnp.ones((8, 2))),
        ),
        "output",
    )
    error = met(outer, ({"input.input": X}, Y))
    assert (error.tick, error.variable, error.owner) == (6, "v", "node 'inner.cells'")


def test_data_that_are_not_finite_are_told_from_a_network_that_is_not():
    bad = X.astype(np.float32)
    bad[17, 5, 2] = np.nan
    error = met(net(), (bad, Y))
    assert (error.tick, error.variable) == (5, "inputs")
    assert "data" in error.cause


@pytest.mark.parametrize("when", [0, 1, 3, 4, 6, 8])
def test_the_step_is_right(when):
    """At rate 0 until a step at which it jumps: that step is named, whatever was in flight."""
    rate = optax.sgd(lambda step: jnp.where(step == when, jnp.inf, 0.01))
    error = met(net(), optimizer=rate, epochs=9)
    assert (error.epoch, error.step) == divmod(when, 3)
    assert error.variable == "update of weight"


def test_a_step_far_from_the_last_copy_is_found(monkeypatch):
    from neuropil.training import _epoch

    monkeypatch.setattr(_epoch, "_KEEP_EVERY", 4)
    rate = optax.sgd(lambda step: jnp.where(step == 11, jnp.nan, 0.01))
    error = met(net(), optimizer=rate, epochs=1, batch_size=2)
    assert (error.epoch, error.step) == (0, 11)


def test_data_that_change_when_asked_again_are_reported():
    asked = []

    def make(indices, keys):
        asked.append(indices)
        x = X[indices].swapaxes(0, 1).astype(np.float32)
        return (x * np.inf if len(asked) == 5 else x), Y[indices]

    with pytest.raises(NeuropilError, match="train: .*repeated"), np.errstate(invalid="ignore"):
        fit(net(), Batches(40, make), **options(optimizer=SGD))


def with_loss(function):
    return lambda records, targets: function(records.output)


def test_a_loss_that_is_not_finite_is_named():
    loss = with_loss(lambda output: jnp.log(jnp.zeros(output.shape[1])))
    error = met(net(), loss=loss, metrics={})
    assert error.variable == "loss" and error.tick is None


def test_a_gradient_that_is_not_finite_names_the_projection():
    def rooted(output):
        return jnp.sqrt(jnp.square(output[7]).sum(-1) * 0.0)

    error = met(net(), loss=with_loss(rooted), metrics={})
    assert error.variable == "gradient of weight"
    assert error.owner in ("projection 'input -> hidden1'", "projection 'hidden1 -> output'")
    assert error.tick == 7


def test_an_update_that_is_not_finite_is_the_optimisers():
    error = met(net(), optimizer=optax.sgd(lambda step: jnp.where(step < 2, 0.1, jnp.inf)))
    assert (error.epoch, error.step) == (0, 2)
    assert error.variable == "update of weight"


def test_a_parameter_that_is_not_finite_from_the_start_is_named():
    node = eqx.tree_at(lambda n: n.nodes["hidden1"].cell.tau, net(), jnp.array(jnp.nan))
    error = met(node)
    assert (error.variable, error.owner) == ("tau", "node 'hidden1'")


def test_a_checkpoint_is_never_of_a_node_that_went_wrong(tmp_path):
    rate = optax.sgd(lambda step: jnp.where(step < 4, 0.1, jnp.inf))
    good = fit(net(), (X, Y), **options(optimizer=rate, epochs=1)).node
    path = tmp_path / "c.safetensors"
    met(net(), optimizer=rate, checkpoints=Checkpoints(path, every_steps=3))
    from neuropil.training import load

    assert same(load(path, like=net()), good)


def test_without_the_guard_nothing_stops():
    bad = X.astype(np.float32)
    bad[0, 0, 0] = np.nan
    node = fit(net(), (bad, Y), guard=False, **options(optimizer=SGD)).node
    assert bool(jnp.any(jnp.isnan(node.projections[0].weight)))


def test_what_fills_up_a_batch_may_be_anything():
    """A sample that counts nothing may even have an infinite loss without harm to the values."""
    from neuropil.training._step import total

    values, weights = jnp.array([1.0, jnp.inf]), jnp.array([1.0, 0.0])
    assert total(values, weights) == 1.0
    assert jax.grad(lambda v: total(v, weights))(values).tolist() == [1.0, 0.0]
