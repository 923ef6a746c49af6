"""neuropil: one network alone, and all of the sweep at once under `vmap`."""

import statistics
import time

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from neuropil.cells import AbsoluteRefractory, HardReset, lif
from neuropil.connectivity import from_edges
from neuropil.core import Network, Projection, Record, RunState, simulate
from neuropil.synapses import ExponentialConductance

from . import _circuit as c


def network():
    """Return the ten neurons and the state in which they begin."""
    neurons = lif(
        c.NEURONS,
        tau=c.CAPACITANCE / c.LEAK,
        rest=c.REST,
        threshold=c.THRESHOLD,
        resistance=1.0 / c.LEAK,
        reset=HardReset(c.RESET),
        refractory=AbsoluteRefractory(c.REFRACTORY),
        receptors={
            "exc": ExponentialConductance(c.TAU_E, c.ABOVE),
            "inh": ExponentialConductance(c.TAU_I, c.BELOW),
        },
    )
    source, target = c.edges()
    projections = []
    for port, own in (("exc", source < c.EXCITATORY), ("inh", source >= c.EXCITATORY)):
        synapses, weight = from_edges(
            c.NEURONS, c.NEURONS, source[own], target[own], weight=c.INHIBITION, ticks=1
        )
        projections.append(Projection("cells", f"cells.{port}", synapses, weight))
    net = Network({"cells": neurons}, tuple(projections), "cells")
    rest = net.init(key=jax.random.key(0))
    cells = rest.nodes["cells"]._replace(cells={"v": jnp.asarray(c.START, float)})
    return net, RunState(rest._replace(nodes={"cells": cells}), jnp.zeros((), jnp.int32))


def median_seconds(action, repeats):
    """Return the median time of an action whose result is waited for, after one run untimed."""
    times = []
    for _ in range(repeats + 1):
        began = time.perf_counter()
        jax.block_until_ready(action())
        times.append(time.perf_counter() - began)
    return statistics.median(times[1:])


def measure(request: dict) -> dict:
    """Return times of one network and of all, to compile and to run, and the mean rate."""
    ticks, (net, begin) = request["ticks"], network()

    def after(excitation, record=None):
        louder = eqx.tree_at(
            lambda n: n.projections[0].weight,
            net,
            jnp.full_like(net.projections[0].weight, excitation),
        )
        key = jax.random.key(0)
        state, records = simulate(
            louder, None, dt=c.DT, key=key, state=begin, ticks=ticks, output=None, record=record
        )
        v = state.node.nodes["cells"].cells["v"]
        return v if record is None else records.kept["count"].sum()

    weights = jnp.asarray(c.weights(request["circuits"]), float)
    found = {}
    for name, run, given in (
        ("one", after, weights[0]),
        ("all", jax.vmap(after), weights),
    ):
        began = time.perf_counter()
        compiled = jax.jit(run).lower(given).compile()
        found[f"compile_{name}_s"] = time.perf_counter() - began
        found[f"{name}_s"] = median_seconds(lambda: compiled(given), 5)  # noqa: B023
    count = {"count": Record("cells", encode=jnp.sum)}
    spikes = jax.jit(jax.vmap(lambda weight: after(weight, count)))(weights)
    seconds = ticks * c.DT * 1e-3
    return {
        "compile_s": found["compile_one_s"],
        "us_per_tick": found["one_s"] / ticks * 1e6,
        "compile_sweep_s": found["compile_all_s"],
        "sweep_s": found["all_s"],
        "sweep": "at once",
        "rate_hz": float(np.mean(np.asarray(spikes, float))) / c.NEURONS / seconds,
    }


if __name__ == "__main__":
    c.answer(measure, ["jax", "equinox", "numpy"])
