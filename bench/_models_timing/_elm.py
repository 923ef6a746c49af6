"""The problem of the expressive leaky memory neuron: weights by their published names, and data."""

import numpy as np

LEARNING_RATE = 5e-4
TAU_MAX = 150.0


def weights(sizes: dict) -> dict[str, np.ndarray]:
    """Return random weights in the published shapes."""
    random = np.random.default_rng(0)
    branches, units, synapses = sizes["branches"], sizes["units"], sizes["synapses"]
    hidden, outputs, inputs = 2 * units, sizes["outputs"], sizes["inputs"]

    def linear(name, fan_out, fan_in):
        limit = fan_in**-0.5
        return {
            f"{name}.weight": random.uniform(-limit, limit, (fan_out, fan_in)).astype(np.float32),
            f"{name}.bias": random.uniform(-limit, limit, fan_out).astype(np.float32),
        }

    tau = np.geomspace(1.0 + 1e-4, TAU_MAX - 1e-4, units)
    position = -(-inputs // branches) * np.arange(branches)[:, None] + np.arange(synapses)
    order = np.arange(inputs)
    if inputs % 2 == 0:
        order = order % 2 * (inputs // 2) + order // 2
    traces = {1: {"tau_s": branches * synapses}, 2: {"tau_b": branches}}[sizes["version"]]
    return {
        "_proto_w_s": np.full(branches * synapses, 0.5, np.float32),
        "_proto_tau_m": np.log((tau - 1.0) / (TAU_MAX - tau)).astype(np.float32),
        **{name: np.full(size, 5.0, np.float32) for name, size in traces.items()},
        **linear("mlp.network.0", hidden, branches + units),
        **linear("mlp.network.2", units, hidden),
        **linear("w_y", outputs, units),
        "input_to_synapse_indices": order[np.minimum(position, inputs - 1)].reshape(-1),
        "valid_indices_mask": (position < inputs).reshape(-1),
    }


def data(sizes: dict) -> tuple[np.ndarray, np.ndarray]:
    """Return spikes `[sample, time, input]` at 2 % and targets `[sample, time, output]`."""
    random = np.random.default_rng(1)
    lead = sizes["batch"], sizes["ticks"]
    spikes = random.random((*lead, sizes["inputs"])) < 0.02
    return spikes.astype(np.float32), random.standard_normal((*lead, sizes["outputs"]), np.float32)
