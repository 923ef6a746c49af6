import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from neuropil.cells import AbsoluteRefractory, Threshold, leaky_integrator, lif
from neuropil.connectivity import Dense
from neuropil.core import Input, Link, Record, chain, simulate
from neuropil.numerics import FastSigmoid, NeuropilError
from neuropil.training import diagnose

from .._selection import mostly_slow
from .problems import KEY, LOSS, net, spikes

X, Y = spikes(8)


def found(node, inputs=X, targets=Y):
    return diagnose(node, inputs, targets, loss=LOSS, dt=1.0, key=KEY)


def scaled(factor):
    def weight(node):
        return node.projections[0].weight

    return eqx.tree_at(weight, net(), replace_fn=lambda w: factor * jnp.abs(w))


def advice(diagnosis, name):
    return " ".join(line for line in diagnosis.advice if line.startswith(name))


def test_silent_populations_and_zero_gradients():
    result = found(scaled(0.0))
    assert result.activity["hidden1"].silent == 1.0
    assert "never spike" in advice(result, "hidden1")
    assert result.gradients["weight of projection 'hidden1 -> output'"] == 0.0
    assert "zero" in advice(result, "weight of projection 'hidden1 -> output'")


def test_saturated_populations():
    result = found(scaled(1e3), np.ones_like(X))
    assert result.activity["hidden1"].saturated == 1.0
    assert result.activity["hidden1"].rate == 1.0
    assert "nearly every tick" in advice(result, "hidden1")


def test_rates_and_shares_are_those_of_the_spikes():
    result = found(net()).activity["hidden1"]
    x = jnp.asarray(X).swapaxes(0, 1)
    _, records = simulate(net(), x, dt=1.0, key=KEY, record={"s": Record("hidden1")})
    rates = records.kept["s"].mean((0, 1))
    assert result.rate == pytest.approx(float(rates.mean()))
    assert result.silent == pytest.approx(float((rates == 0).mean()))


@pytest.mark.parametrize("refractory", mostly_slow(AbsoluteRefractory(2.0), None))
def test_coverage_is_measured_before_the_reset(refractory):
    """With the current fixed, the potential is known, so is where the surrogate reaches it."""
    # v = 0.3, 0.6, 0.9, 1.2 -> 0.2 (soft reset), ...; reach of slope k: |u| < 9 / k
    cells = lif(1, tau=1e9, emission=Threshold(FastSigmoid(9 / 0.25)), refractory=refractory)
    node = chain(Input(1), Link(Dense(1, 1), jnp.full((1, 1), 0.3)), cells, Dense(1, 2),
                 leaky_integrator(2), key=KEY)  # fmt: skip
    result = found(node, np.ones((1, 4, 1)), np.zeros(1, int))
    assert result.activity["hidden1"].coverage == 0.5  # of 0.3, 0.6, 0.9, 1.2: the last two
    assert result.activity["hidden1"].rate == 0.25


def test_a_narrow_surrogate_is_reported():
    cells = lif(8, tau=5.0, emission=Threshold(FastSigmoid(1e5)))
    node = chain(Input(6), Dense(6, 8), cells, Dense(8, 2), leaky_integrator(2), key=KEY)
    assert "wider surrogate" in advice(found(node), "hidden1")


def test_gradient_norms_are_those_of_the_mean_loss():
    def loss(weight):
        node = eqx.tree_at(lambda n: n.projections[0].weight, net(), weight)
        x = jnp.asarray(X).swapaxes(0, 1)
        return LOSS(simulate(node, x, dt=1.0, key=KEY)[1], Y).mean()

    norm = jnp.linalg.norm(jax.grad(loss)(net().projections[0].weight))
    measured = found(net()).gradients["weight of projection 'input -> hidden1'"]
    assert measured == pytest.approx(float(norm), rel=1e-4)


def test_a_loss_may_need_more_than_the_output():
    def loss(records, targets):
        return LOSS(records, targets) + records.kept["h"].mean((0, 2))

    record = {"h": Record("hidden1")}
    result = diagnose(net(), X, Y, loss=loss, dt=1.0, key=KEY, record=record)
    rate = result.activity["hidden1"].rate
    assert result.loss == pytest.approx(found(net()).loss + rate, rel=1e-5)


def test_it_prints_every_population_and_projection():
    text = str(found(scaled(0.0)))
    for part in ("hidden1", "100.0%", "input -> hidden1", "what to change", "never spike"):
        assert part in text


def test_nothing_is_said_of_a_network_that_is_well():
    result = found(net(), *spikes(40))
    assert result.advice == ()
    assert str(result).endswith("what to change\n  - nothing")


def test_nonsense_is_refused():
    with pytest.raises(NeuropilError, match="node"):
        diagnose("net", X, Y, loss=LOSS, dt=1.0, key=KEY)
    with pytest.raises(NeuropilError, match="targets"):
        diagnose(net(), X, Y[:3], loss=LOSS, dt=1.0, key=KEY)
    with pytest.raises(NeuropilError, match="inputs"):
        diagnose(net(), X[:, :, :2], Y, loss=LOSS, dt=1.0, key=KEY)
