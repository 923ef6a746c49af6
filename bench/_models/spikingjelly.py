"""SpikingJelly: multi-step mode, whose neurons have their own backward pass over all ticks."""

import torch
from spikingjelly.activation_based import functional, layer, neuron, surrogate

from ._problem import DECAY, THRESHOLD, Problem
from ._serve import serve
from ._torch_steps import linear, steps

PACKAGES = ["spikingjelly", "torch", "numpy"]
TAU = 1 / (1 - DECAY)  # its decay is 1 - 1 / tau


class UserNeuron(neuron.SimpleBaseNode):
    """The documented way to write a neuron: override the charging equation."""

    def neuronal_charge(self, x):
        """Decay, then add the current."""
        self.v = DECAY * self.v + x


def _lif(step_mode):
    return neuron.LIFNode(
        tau=TAU,
        decay_input=False,
        v_threshold=THRESHOLD,
        v_reset=None,
        surrogate_function=surrogate.ATan(alpha=2.0),
        detach_reset=True,
        step_mode=step_mode,
    )


def _user(step_mode):
    return UserNeuron(
        v_threshold=THRESHOLD,
        v_reset=None,
        surrogate_function=surrogate.ATan(alpha=2.0),
        detach_reset=True,
        step_mode=step_mode,
    )


def _product(weight):
    return linear(weight, lambda *size, bias: layer.Linear(*size, bias=bias, step_mode="m"))


class Recurrent(torch.nn.Module):
    """A single-step neuron in a loop, its input product taken for all ticks at once."""

    def __init__(self, weights):
        super().__init__()
        self.fc = _product(weights["in"])
        self.recurrent = linear(weights["recurrent"])
        self.lif = _lif("s")

    def forward(self, inputs):
        """Return spikes [time, batch, hidden]."""
        first, *rest = self.fc(inputs)
        spikes = [self.lif(first)]
        for current in rest:
            spikes.append(self.lif(current + self.recurrent(spikes[-1])))
        return torch.stack(spikes)


class Readout(torch.nn.Module):
    """A LIF neuron that never fires and returns its potential at every tick.

    The library's `NonSpikingLIFNode` indexes the ticks one by one, whose backward pass takes a time
    that grows with the square of the number of ticks; this one does not.
    """

    def __init__(self):
        super().__init__()
        self.neuron = neuron.LIFNode(
            tau=TAU,
            decay_input=False,
            v_threshold=1e9,
            v_reset=None,
            surrogate_function=surrogate.ATan(),
            detach_reset=True,
            step_mode="m",
            store_v_seq=True,
        )

    def forward(self, current):
        """Return the mean potential."""
        self.neuron(current)
        return self.neuron.v_seq.mean(0)


def build(problem: Problem, cell: str):
    """Build the network of the problem."""
    weights = problem.weights
    node = _user if cell == "user" else _lif
    if problem.network == "rec":
        hidden = [Recurrent(weights)]
    else:
        hidden = [_product(weights["in"]), node("m"), _product(weights["hidden"]), node("m")]
    network = torch.nn.Sequential(*hidden, _product(weights["out"]), Readout())

    def forward(inputs):
        functional.reset_net(network)
        return network(inputs)

    return steps(network.parameters(), forward, problem)


if __name__ == "__main__":
    serve(build, PACKAGES)
