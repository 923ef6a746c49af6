"""One trial in full, for the report: all spikes, and membranes of a few neurons."""

import jax
import numpy as np

from ...analysis import pack_spikes, unpack_events
from ...core import Network, Record, simulate

TRACED = 3  # neurons


def first_few(v):
    """Return the values of the neurons whose potentials are kept."""
    return v[:TRACED]


def one_trial(network: Network, inputs: dict[str, np.ndarray], dt: float, seed: int) -> dict:
    """Return the arrays that the report draws spikes, rates, intervals and membranes from."""
    names = ("exc", "inh")
    record = {f"{name}.spikes": Record(name, encode=pack_spikes) for name in names}
    record |= {f"{name}.v": Record(f"{name}.v", encode=first_few) for name in names}
    _, records = simulate(
        network, inputs, dt=dt, key=jax.random.key(seed), record=record, output=None
    )
    arrays = {}
    for name in names:
        events = unpack_events(
            np.asarray(records.kept[f"{name}.spikes"]), network.nodes[name].shape[0]
        )
        arrays[f"spikes/{name}/events"] = np.stack([events.tick, events.neuron]).astype(np.int32)
        arrays[f"spikes/{name}/shape"] = np.array([events.ticks, events.size])
        v = np.asarray(records.kept[f"{name}.v"])
        arrays[f"traces/{name}/time"] = np.arange(len(v)) * dt
        arrays[f"traces/{name}/values"] = v
    return arrays
