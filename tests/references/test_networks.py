"""A network of 100 neurons against Brian2, in double precision: same spike ticks, all of them.

The shortest delay in it is one tick, the longest `LONGEST` ticks.
"""

import jax
import numpy as np
import pytest

from neuropil.cells import AbsoluteRefractory, HardReset, lif
from neuropil.connectivity import DelayedDense, OneToOne, from_edges
from neuropil.core import Current, Delta, Network, Projection
from neuropil.synapses import ExponentialConductance, ExponentialCurrent, Release

from . import _problems as p
from ._compare import assert_same, reference, run_from


def cells(receptors):
    return lif(
        p.NEURONS,
        tau=p.LIF["tau"],
        rest=p.LIF["rest"],
        threshold=p.LIF["threshold"],
        resistance=p.LIF["resistance"],
        reset=HardReset(p.LIF["reset"]),
        refractory=AbsoluteRefractory(p.NETWORK_REFRACTORY),
        receptors={"bias": Current(), **receptors},
    )


def all_to_all(wiring, part):
    """Return connectivity and weights of a part of the edges; other pairs have no weight."""
    ticks = np.ones((p.NEURONS, p.NEURONS), int)
    weight = np.zeros((p.NEURONS, p.NEURONS))
    ticks[wiring.source[part], wiring.target[part]] = wiring.ticks[part]
    weight[wiring.source[part], wiring.target[part]] = wiring.weight[part]
    return DelayedDense(ticks), weight


def listed(wiring, part):
    """Return connectivity and weights of a part of the edges, as a list."""
    source, target = wiring.source[part], wiring.target[part]
    weight, ticks = wiring.weight[part], wiring.ticks[part]
    return from_edges(p.NEURONS, p.NEURONS, source, target, weight=weight, ticks=ticks)


def jumps(wiring, layout):
    connectivity, weight = layout(wiring, slice(None))
    sign = np.where(np.arange(p.NEURONS) < p.EXCITATORY, 1.0, -1.0)
    synapses = Projection("cells", "cells.jump", connectivity, weight, sign)
    return Network({"cells": cells({"jump": Delta()})}, (synapses,), "cells")


def two_conductances():
    return {
        "exc": ExponentialConductance(p.EXCITATION["tau"], p.EXCITATION["reversal"]),
        "inh": ExponentialConductance(p.INHIBITION["tau"], p.INHIBITION["reversal"]),
    }


def two_kinds(wiring, layout, receptors, source="cells", sign=None):
    """Return a population and what excites it, from `source`, and inhibits it."""
    kinds = {"exc": wiring.source < p.EXCITATORY, "inh": wiring.source >= p.EXCITATORY}
    sources, signs = {"exc": source, "inh": "cells"}, {"exc": None, "inh": sign}
    projections = tuple(
        Projection(sources[kind], f"cells.{kind}", *layout(wiring, part), signs[kind])
        for kind, part in kinds.items()
    )
    return cells(receptors), projections


def conductances(wiring, layout):
    population, projections = two_kinds(wiring, layout, two_conductances())
    return Network({"cells": population}, projections, "cells")


def currents(wiring, layout):
    receptors = {
        "exc": ExponentialCurrent(p.EXCITATION["tau"]),
        "inh": ExponentialCurrent(p.INHIBITION["tau"]),
    }
    population, projections = two_kinds(wiring, layout, receptors, sign=-1.0)
    return Network({"cells": population}, projections, "cells")


def released(wiring, layout):
    release = Release(
        p.NEURONS, p.RELEASE["utilisation"], p.RELEASE["recovery"], p.RELEASE["facilitation"]
    )
    population, projections = two_kinds(wiring, layout, two_conductances(), source="release")
    spikes = Projection("cells", "release", OneToOne(p.NEURONS), np.ones(p.NEURONS))
    return Network({"cells": population, "release": release}, (spikes, *projections), "cells")


MAKERS = {"jump": jumps, "conductance": conductances, "current": currents, "release": released}


def run(kind, layout, expected):
    """Return spikes and potentials, of the ticks that are recorded, from the recorded start."""
    wiring = p.wiring(kind)
    with jax.enable_x64(True):
        length = round(p.DURATION / p.NETWORK_DT)
        inputs = {"cells.bias": np.broadcast_to(wiring.bias, (length, p.NEURONS))}
        start = {"v": expected["start"]}
        network = MAKERS[kind](wiring, layout)
        spikes, v = run_from(network, "cells", start, inputs, p.NETWORK_DT, "cells.v")
    return spikes, v[:: expected["every"]]


@pytest.mark.slow
@pytest.mark.parametrize("layout", [all_to_all, listed])
@pytest.mark.parametrize("kind", MAKERS)
def test_a_network_with_heterogeneous_delays_spikes_as_in_brian2(kind, layout):
    expected, wiring = reference(f"network_{kind}"), p.wiring(kind)
    assert len(wiring.source) == expected["edges"]
    assert {1, p.LONGEST} < set(wiring.ticks)
    assert set(expected["neurons"]) == set(range(p.NEURONS))  # so that every synapse is used
    assert_same(*run(kind, layout, expected), expected)


@pytest.mark.parametrize("layout", [all_to_all, listed])
def test_delays_of_one_tick_and_of_the_longest_act_in_their_own_tick(layout):
    """One neuron spikes in tick 3; each other neuron is brought to spike when that arrives."""
    ticks = np.linspace(1, p.LONGEST, p.NEURONS - 1).round().astype(int)
    others = np.arange(1, p.NEURONS)
    weight = np.full(p.NEURONS - 1, 11.0)  # mV; the threshold is 10 mV above rest
    wiring = p.Wiring(np.zeros_like(others), others, ticks, weight, None, None)
    synapses = Projection("cells", "cells.jump", *layout(wiring, slice(None)))
    network = Network({"cells": cells({"jump": Delta()})}, (synapses,), "cells")
    jump = np.zeros((60, p.NEURONS))
    jump[3, 0] = 11.0
    start = {"v": np.full(p.NEURONS, p.LIF["rest"])}
    spikes, _ = run_from(network, "cells", start, {"cells.jump": jump}, p.NETWORK_DT, "cells.v")
    when, who = np.nonzero(spikes)
    assert sorted(who) == list(range(p.NEURONS))
    found = dict(zip(who, when, strict=True))
    assert [found[n] - 3 for n in others] == list(ticks)
