"""The four networks in balance: their parts are on the forward path, and their claims hold."""

import json
from pathlib import Path

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from neuropil.analysis import Events
from neuropil.core import Network, Tick
from neuropil.systems import as_declared, check_claim, load_system
from neuropil.systems.balanced._claims import BRIAN2, Spread, with_inhibition
from neuropil.systems.balanced._measures import measures, together
from neuropil.systems.balanced._model import MODELS
from neuropil.systems.balanced._network import build, start
from neuropil.systems.balanced._simulation import DT, simulated

RECORDED = Path(__file__).parents[1] / "references" / "balanced.json"


KEY = jax.random.key(0)


@pytest.fixture(params=list(MODELS))
def model(request):
    return MODELS[request.param]


def test_neurons_have_as_many_synapses_at_every_size(model):
    for neurons in (400, 800):
        network = build(model, neurons, KEY)
        synapses = sum(p.weight.size for p in network.projections)
        assert abs(synapses / neurons - 80) < 2


def one_spike(model, source, v):
    """The change of the excitatory neurons' potentials that a spike of neuron 0 makes."""
    network = build(model, 400, KEY)
    rest, step = network.init(key=KEY), eqx.filter_jit(Network.step)

    def potentials(first):
        nodes = {
            name: state._replace(cells={**state.cells, "v": jnp.full_like(state.cells["v"], v)})
            for name, state in rest.nodes.items()
        }
        cells = nodes[source].cells
        cells = {**cells, "v": cells["v"].at[0].set(first)}
        nodes[source] = nodes[source]._replace(cells=cells)
        state, found = rest._replace(nodes=nodes), []
        for index in range(3):
            state, _ = step(network, state, {}, Tick(index, DT, KEY))
            found.append(network.sense(state)["exc.v"])
        return np.asarray(found, float)

    synapses = next(p for p in network.projections if p.source == source).connectivity
    targets = np.asarray(synapses.targets)[: int(synapses.starts[1])]
    return potentials(0.0) - potentials(v), targets[targets > 0]


@pytest.mark.parametrize(("source", "reversal"), [("exc", 0.0), ("inh", -80.0)])
def test_a_spike_moves_its_targets_in_the_next_tick_as_conductances_do(source, reversal):
    change, targets = one_spike(MODELS["coba"], source, -60.0)
    opened = 100.0 * {"exc": 0.006, "inh": 0.067}[source]
    jump = opened * (reversal + 60.0) / (1 + opened) * -np.expm1(-(1 + opened) * DT / 20.0)
    check_reached(change, targets, jump)


@pytest.mark.parametrize(("source", "reversal"), [("exc", 0.0), ("inh", -80.0)])
def test_a_spike_moves_neurons_with_channels_likewise(source, reversal):
    change, targets = one_spike(MODELS["cobahh"], source, -60.0)
    g = {"exc": 0.006, "inh": 0.067}[source]
    m, h, n = (rise / (rise + fall) for rise, fall in gates_at(-60.0))
    sodium, potassium = 20.0 * m**3 * h, 6.0 * n**4
    total = 0.01 + sodium + potassium
    settled = (0.01 * -60.0 + sodium * 50.0 + potassium * -90.0) / total
    towards = (settled * total + g * reversal) / (total + g)
    opened = (towards + 60.0) * -np.expm1(-(total + g) * DT / 0.2)
    closed = (settled + 60.0) * -np.expm1(-total * DT / 0.2)
    check_reached(change, targets, opened - closed)


def gates_at(v):
    """Opening and closing rates of m, h and n, of Traub and Miles; 1/ms."""
    x = v + 63.0
    return (
        (0.32 * (13 - x) / np.expm1((13 - x) / 4), 0.28 * (x - 40) / np.expm1((x - 40) / 5)),
        (0.128 * np.exp((17 - x) / 18), 4 / (1 + np.exp((40 - x) / 5))),
        (0.032 * (15 - x) / np.expm1((15 - x) / 5), 0.5 * np.exp((10 - x) / 40)),
    )


@pytest.mark.parametrize(("source", "weight"), [("exc", 0.25), ("inh", -2.25)])
def test_a_spike_moves_its_targets_in_the_next_tick_by_a_jump(source, weight):
    change, targets = one_spike(MODELS["cubadelta"], source, -62.0)
    check_reached(change, targets, weight)


@pytest.mark.parametrize(("source", "weight"), [("exc", 1.62), ("inh", -9.0)])
def test_a_spike_moves_its_targets_in_the_next_tick_as_currents_do(source, weight):
    change, targets = one_spike(MODELS["cuba"], source, -62.0)
    check_reached(change, targets, weight * -np.expm1(-DT / 20.0))


def check_reached(change, targets, jump):
    others = np.setdiff1d(np.arange(1, 320), targets)
    assert 30 < len(targets) < 110
    np.testing.assert_array_equal(change[0, 1:], 0.0)
    np.testing.assert_allclose(change[1, targets], jump, rtol=2e-3)
    np.testing.assert_array_equal(change[:, others], 0.0)


def test_a_recording_does_not_depend_on_where_it_begins():
    model = MODELS["cubadelta"]
    network = build(model, 200, KEY)  # so few that no kernel has to be compiled
    begin = start(model, network, KEY)
    whole = simulated(network, begin, 0.0, 230.0)
    late = simulated(network, begin, 120.0, 110.0)
    for name, events in whole.spikes.items():
        assert events.ticks == 2300 and late.spikes[name].ticks == 1100
        assert len(events) > 0
        np.testing.assert_array_equal(events.tick[events.tick >= 1200] - 1200,
                                      late.spikes[name].tick)  # fmt: skip
        np.testing.assert_array_equal(whole.potentials[name][1200:], late.potentials[name])


def test_measures_of_spikes_made_by_hand():
    clock = Events(np.arange(0, 1000, 100), np.zeros(10, int), 1000, 1)
    silent = Events([], [], 1000, 1)
    both = together({"exc": clock, "inh": clock})
    assert both.size == 2 and both.neuron.tolist() == [0, 1] * 10
    same = measures({"exc": clock, "inh": clock}, DT)
    assert same["rate_exc"] == pytest.approx(100.0)
    assert same["cv"] == pytest.approx(0.0)
    assert same["synchrony"] == pytest.approx(1.0)
    assert measures({"exc": clock, "inh": silent}, DT)["rate_inh"] == 0.0


def test_inhibition_is_scaled_and_excitation_is_not(model):
    network = build(model, 400, KEY)
    before, after = network.projections, with_inhibition(network, 0.5).projections
    for old, new in zip(before, after, strict=True):
        factor = 0.5 if old.source == "inh" else 1.0
        np.testing.assert_allclose(new.weight, factor * old.weight)


def test_the_spreads_are_those_that_were_recorded():
    runs = json.loads(RECORDED.read_text())["runs"]
    for name, spreads in BRIAN2.items():
        for measure, spread in spreads.items():
            assert spread.least == pytest.approx(min(runs[name][measure]), rel=1e-3)
            assert spread.most == pytest.approx(max(runs[name][measure]), rel=1e-3)


def test_outside_is_counted_in_widths_of_the_range():
    spread = Spread(2.0, 4.0)
    assert [spread.outside(value) for value in (1.0, 2.0, 3.0, 5.0)] == [0.5, 0.0, 0.0, 0.5]
    assert np.isnan(spread.outside(np.nan))


@pytest.mark.slow
@pytest.mark.parametrize("name", list(MODELS))
@pytest.mark.parametrize("quick", [True, False])
def test_the_claims_hold_and_their_ablations_break_them(name, quick):
    system = load_system(name)
    rows = [check_claim(system, claim, quick=quick) for claim in system.claims_for(quick)]
    assert len(rows) == 3 and all(as_declared(row) for row in rows), rows
