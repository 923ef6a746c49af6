"""The authors' code (AaronSpieler/elmneuron), whose folder is on the path."""

import os
import sys
import types

import torch

from . import _elm
from ._serve import serve

# Both modules take one number from here, and nothing else of what the file imports.
_units = types.ModuleType("src.neuronio.neuronio_data_utils")
_units.DEFAULT_Y_TRAIN_SOMA_SCALE = 0.1  # type: ignore


def build(sizes: dict):
    """Return a training step and the answers to a batch."""
    sys.modules.setdefault(_units.__name__, _units)
    if sizes["version"] == 1:
        from src.expressive_leaky_memory_neuron import ELM  # type: ignore
    else:
        from src.expressive_leaky_memory_neuron_v2 import ELM  # type: ignore

    torch.set_num_threads(len(os.sched_getaffinity(0)))
    neuron = ELM(
        sizes["inputs"],
        sizes["outputs"],
        num_memory=sizes["units"],
        memory_tau_max=_elm.TAU_MAX,
        num_branch=sizes["branches"],
        num_synapse_per_branch=sizes["synapses"],
        input_to_synapse_routing="neuronio_routing",
    )
    stored = {name: torch.as_tensor(array) for name, array in _elm.weights(sizes).items()}
    neuron.load_state_dict(stored)
    learnt = [p for p in neuron.parameters() if p.requires_grad]
    optimiser = torch.optim.Adam(learnt, lr=_elm.LEARNING_RATE)
    inputs, targets = (torch.as_tensor(values) for values in _elm.data(sizes))

    def step():
        optimiser.zero_grad()
        loss = (neuron(inputs) - targets).square().mean()
        loss.backward()
        optimiser.step()
        return loss.item()

    def batch():
        with torch.no_grad():
            neuron(inputs)

    return {"step": step, "batch": batch}


if __name__ == "__main__":
    serve(build, ["torch", "numpy"])
