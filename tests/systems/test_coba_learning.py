"""The network that learns under Dale's law: its parts are on the forward path."""

import dataclasses

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from neuropil.core import simulate
from neuropil.systems import as_declared, check_claim, load_system
from neuropil.systems.coba_learning._network import build, synaptic, with_nmda_blocked
from neuropil.systems.coba_learning._pictures import changed_sign
from neuropil.systems.coba_learning._plan import FULL, QUICK
from neuropil.systems.coba_learning._trials import GROUP, trials

KEY = jax.random.key(0)
SMALL = dataclasses.replace(QUICK, neurons=50)


def test_after_the_evidence_nothing_tells_the_groups_apart():
    spikes, stronger = trials(40, QUICK, 0)
    assert spikes.shape == (40, 500, 3 * GROUP) and stronger.sum() == 20
    assert not spikes[:, 150:, : 2 * GROUP].any()
    counts = spikes[:, :150, : 2 * GROUP].reshape(40, 150, 2, GROUP).sum((1, 3))
    assert np.array_equal(counts.argmax(1), stronger)
    rates = 1000.0 * spikes[:, :, 2 * GROUP :].mean()
    assert abs(rates - 30.0) < 1.0
    assert not np.array_equal(spikes, trials(40, QUICK, 1)[0])


def test_what_a_neuron_passes_back_does_not_grow_with_the_number_of_ticks():
    def passed(tick):
        plan = dataclasses.replace(SMALL, tick=tick)
        emission = build(plan, KEY).nodes["exc"].emission
        return float(emission.surrogate.derivative(jnp.zeros(()))) / tick

    assert np.isclose(passed(0.1), passed(1.0)) and np.isclose(passed(1.0), 0.015)


@pytest.mark.slow
def test_spikes_of_excitatory_neurons_reach_each_other_through_nmda_receptors_only():
    network = build(SMALL, KEY)
    spikes = jnp.asarray(trials(2, SMALL, 0)[0][0], float)

    def last_potentials(network, start):
        state, _ = simulate(network, spikes, dt=1.0, key=KEY, record={}, output=None)
        return np.asarray(state.node.nodes["exc"].cells["v"])[start:]

    whole, blocked = (last_potentials(n, 0) for n in (network, with_nmda_blocked(network)))
    assert np.abs(whole - blocked).max() > 0.1
    inside = [p for p in network.projections if (p.source, p.target) == ("exc", "exc.nmda")]
    zero = eqx.tree_at(
        lambda n: [p.weight for p in n.projections if p.target == "exc.nmda"],
        network,
        [jnp.zeros_like(p.weight) for p in inside],
    )
    np.testing.assert_allclose(last_potentials(zero, 0), blocked, atol=1e-4)


def test_what_changed_sign_is_counted():
    network = build(SMALL, KEY)
    assert all(float(w.min()) >= 0.0 for w in synaptic(network))
    assert changed_sign(network, network) == 0
    where = lambda n: n.projections[2].weight  # noqa: E731
    other = eqx.tree_at(where, network, where(network).at[3].multiply(-1.0))
    assert changed_sign(network, other) == 1


def test_segments_are_about_as_many_as_their_ticks():
    assert FULL.ticks == 5000 and FULL.segment == 71


@pytest.mark.slow
def test_the_small_form_holds_and_fails_without_nmda():
    system = load_system("coba-learning")
    (claim,) = system.claims_for(True)
    found = check_claim(system, claim, quick=True)
    assert as_declared(found), found
