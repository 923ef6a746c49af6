"""The system `meta-neuron`: parameters and complexity are on the path, and it keeps its claims."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from neuropil.core import simulate
from neuropil.systems import as_declared, check_claim, load_system
from neuropil.systems.meta_neuron._complexity import output_of
from neuropil.systems.meta_neuron._network import cell_of, learner, relay
from neuropil.systems.meta_neuron._plan import PLANS, Learns, Neuron
from neuropil.systems.meta_neuron._training import (
    judge_tempotron,
    optimizer_of,
    samples,
    scores,
    teach_tempotron,
)

KEY = jax.random.key(0)


@pytest.mark.parametrize(
    ("neuron", "field"),
    [
        (Neuron.LIF, "tau"),
        (Neuron.META, "b"),
        pytest.param(Neuron.META, "tau", marks=pytest.mark.slow),
        pytest.param(Neuron.META, "threshold", marks=pytest.mark.slow),
    ],
)
def test_every_parameter_changes_what_the_neuron_does(neuron, field):
    network = learner(neuron, PLANS["rates"], 16, KEY)
    spikes = samples(PLANS["rates"], 0)[0][0][:4].swapaxes(0, 1).astype(np.float32)

    def total(value):
        own = eqx.tree_at(lambda n: getattr(cell_of(n), field), network, value)
        return jnp.sum(simulate(own, spikes, dt=1.0, key=KEY)[1].output)

    value = getattr(cell_of(network), field)
    assert float(jax.grad(total)(value)) != 0.0
    assert float(total(value)) != float(total(value * 0.6 + 0.5))


@pytest.mark.parametrize("neuron", Neuron)
def test_what_learns_is_what_was_asked_for(neuron):
    network = learner(neuron, PLANS["pairs"], 8, KEY)

    def moved(learns):
        optimizer, trainable = optimizer_of(neuron, learns, PLANS["pairs"])
        params = eqx.filter(network, trainable(network))
        optimizer.init(params)
        return len(jax.tree.leaves(params))

    assert [moved(learns) for learns in Learns] == [1, 2, 7 if neuron is Neuron.META else 3]


def test_half_a_spike_lies_between_the_answers():
    output = jnp.zeros((10, 2, 1)).at[3, 1, 0].set(1.0)
    assert jnp.argmax(scores(output), axis=-1).tolist() == [0, 1]


def test_complexity_is_read_from_a_neuron_that_hears_its_input():
    plan = PLANS["regular-against-poisson"]
    train, _ = samples(plan, 0)
    network = relay(plan, 1, KEY)
    heard = output_of(network, train)
    cut = eqx.tree_at(lambda n: n.projections[0].weight, network, jnp.zeros((1, 1)))
    assert heard.sum() > 0.9 * train[0].sum() and output_of(cut, train).sum() == 0


@pytest.mark.slow
def test_a_tempotron_learns_intervals():
    plan = PLANS["pairs"]
    train, test = samples(plan, 0)
    assert judge_tempotron(teach_tempotron(plan, train, KEY, epochs=5), plan, test) > 0.95


@pytest.mark.slow
def test_the_small_claims_hold_and_their_ablations_break_them():
    system = load_system("meta-neuron")
    rows = [check_claim(system, claim, quick=True) for claim in system.claims_for(True)]
    assert len(rows) == 4 and all(as_declared(row) for row in rows)
    assert all(row["ablation"]["holds"] is False for row in rows)
