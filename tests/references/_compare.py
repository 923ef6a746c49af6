"""What the tests of both kinds need: recorded runs, and how far a run is from one."""

from pathlib import Path

import jax
import numpy as np

from neuropil.core import Record, RunState, simulate

FOLDER = Path(__file__).parent


def reference(name, folder=FOLDER):
    with np.load(folder / f"{name}.npz") as stored:
        return dict(stored)


def run_from(node, population, start, inputs, dt, record):
    """Return spikes and potentials, with variables of one population set to values at the start.

    `population` is its name in a network, or None if the node is one itself.
    """
    key = jax.random.key(0)
    rest = node.init(key=key)
    own = rest if population is None else rest.nodes[population]
    cells = own.cells | {name: value.astype(float) for name, value in start.items()}
    own = own._replace(cells=cells)
    state = own if population is None else rest._replace(nodes=rest.nodes | {population: own})
    _, records = simulate(
        node, inputs, dt=dt, key=key, state=RunState(state, 0), record={"v": Record(record)}
    )
    return np.asarray(records.output), np.asarray(records.kept["v"])


def assert_same(spikes, v, expected, rtol=1e-10):
    """Assert identical spikes, and potentials equal to `rtol` of the largest."""
    ticks, neurons = np.nonzero(spikes)
    assert len(expected["ticks"]) > 20  # else there would be little to compare
    np.testing.assert_array_equal(ticks, expected["ticks"])
    np.testing.assert_array_equal(neurons, expected["neurons"])
    size = np.abs(expected["v"]).max()
    np.testing.assert_allclose(v, expected["v"], rtol=0.0, atol=rtol * size)
