"""The problem of the continuous thought machine: weights by their published names, and data."""

import numpy as np

LEARNING_RATE = 1e-4


def weights(sizes: dict) -> dict[str, np.ndarray]:
    """Return random weights in the published shapes, linear synapses, deep neuron-level models."""
    random = np.random.default_rng(0)
    neurons, width, memory = sizes["neurons"], sizes["width"], sizes["memory"]
    hidden, some = sizes["hidden"], sizes["pairs_of"]
    pairs = some * (some + 1) // 2

    def uniform(limit, *shape):
        return random.uniform(-limit, limit, shape).astype(np.float32)

    def linear(name, outputs, inputs):
        limit = inputs**-0.5
        return {
            f"{name}.weight": uniform(limit, outputs, inputs),
            f"{name}.bias": uniform(limit, outputs),
        }

    def norm(name, size):
        return {
            f"{name}.weight": np.ones(size, np.float32),
            f"{name}.bias": np.zeros(size, np.float32),
        }

    def models(name, inputs, outputs):
        limit = (inputs + outputs) ** -0.5
        return {
            f"{name}.w1": uniform(limit, inputs, outputs, neurons),
            f"{name}.b1": np.zeros((1, neurons, outputs), np.float32),
            f"{name}.T": np.ones(1, np.float32),
        }

    first, last = np.arange(some), np.arange(neurons - some, neurons)
    return {
        "start_activated_state": uniform(neurons**-0.5, neurons),
        "start_trace": uniform((neurons + memory) ** -0.5, neurons, memory),
        "decay_params_action": np.zeros(pairs, np.float32),
        "decay_params_out": np.zeros(pairs, np.float32),
        "action_neuron_indices_left": last,
        "action_neuron_indices_right": last,
        "out_neuron_indices_left": first,
        "out_neuron_indices_right": first,
        "attention.in_proj_weight": uniform(width**-0.5, 3 * width, width),
        "attention.in_proj_bias": np.zeros(3 * width, np.float32),
        **linear("kv_proj.0", width, sizes["features"]),
        **norm("kv_proj.1", width),
        **linear("q_proj", width, pairs),
        **linear("attention.out_proj", width, width),
        **linear("synapses.1", 2 * neurons, width + neurons),
        **norm("synapses.3", neurons),
        **models("trace_processor.0.0", memory, 2 * hidden),
        **models("trace_processor.0.2", hidden, 2),
        **linear("output_projector.0", sizes["classes"], pairs),
    }


def data(sizes: dict) -> tuple[np.ndarray, np.ndarray]:
    """Return tokens `[sample, token, feature]` and classes `[sample]`."""
    random = np.random.default_rng(1)
    shape = sizes["batch"], sizes["tokens"], sizes["features"]
    labels = random.integers(0, sizes["classes"], sizes["batch"])
    return random.standard_normal(shape).astype(np.float32), labels
