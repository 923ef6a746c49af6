"""The system `dendrites`: dendrites are on the forward path, and its small claims hold."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from neuropil.core import simulate
from neuropil.growth import add_dendrites, dendrites_of
from neuropil.systems import as_declared, check_claim, load_system
from neuropil.systems.dendrites._claims import ONCE, controlled, grown
from neuropil.systems.dendrites._network import build, samples
from neuropil.systems.dendrites._plan import PLANS, Kind
from neuropil.systems.dendrites._run import numbers
from neuropil.tasks import digits

KEY = jax.random.key(0)


@pytest.mark.parametrize("kind", [Kind.UNITS, pytest.param(Kind.SPIKES, marks=pytest.mark.slow)])
def test_scores_depend_on_dendrites_that_reach_their_neurons(kind):
    plan = PLANS[kind]
    network = add_dendrites(build(plan, 64, 10, KEY), key=KEY)
    assert set(dendrites_of(network)) == {"hidden1.input", "output.input"}
    inputs = samples(digits(), plan)[0].inputs[:5].swapaxes(0, 1)

    def scores(weight):
        places = [i for i, p in enumerate(network.projections) if p.origin.endswith("dendrite1")]
        reached = eqx.tree_at(
            lambda n: [n.projections[i].weight for i in places],
            network,
            [jnp.full(network.projections[i].weight.shape, weight) for i in places],
        )
        return np.asarray(simulate(reached, inputs, dt=10.0, key=KEY)[1].output)

    assert np.abs(scores(0.5) - scores(0.0)).max() > 0.1


def test_a_cycle_adds_a_copy_of_both_layers():
    network = build(PLANS[Kind.UNITS], 64, 10, KEY)
    sizes = [numbers(network)]
    for _ in range(2):
        network = add_dendrites(network, key=KEY)
        sizes.append(numbers(network))
    layers = 64 * 4 + 4 + 4 * 10 + 10
    assert sizes == [layers, 2 * layers + 14, 3 * layers + 3 * 14]


def test_units_see_standardised_pixels_and_spiking_neurons_one_spike_each():
    train, test = samples(digits(), PLANS[Kind.UNITS])
    assert abs(train.inputs.mean()) < 1e-4 and 0.9 < train.inputs.std() < 1.0
    assert test.size / (test.size + train.size) == pytest.approx(0.3, abs=0.005)
    spikes = samples(digits(), PLANS[Kind.SPIKES])[0].inputs
    assert spikes.sum(1).max() == 1


@pytest.mark.slow
def test_the_small_claims_hold_and_their_ablations_break_them():
    system = load_system("dendrites")
    rows = [check_claim(system, claim, quick=True) for claim in system.claims_for(True)]
    assert len(rows) == 3 and all(as_declared(row) for row in rows)
    assert grown(ONCE, False, 0).accuracy >= controlled(ONCE, 0)[1] - 0.02
