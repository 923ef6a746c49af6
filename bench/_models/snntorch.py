"""snnTorch: `Leaky` neurons in a loop over time, as in its tutorials."""

import snntorch as snn
import torch
from snntorch import surrogate

from ._problem import DECAY, THRESHOLD, Problem
from ._serve import serve
from ._torch_steps import ArcTangent, linear, steps

PACKAGES = ["snntorch", "torch", "numpy"]


class Leaky(snn.Leaky):
    """`snn.Leaky` subtracts the threshold after the decay; here it is subtracted before."""

    def _base_sub(self, input_):
        return self.beta.clamp(0, 1) * (self.mem - self.reset * self.threshold) + input_


class RLeaky(snn.RLeaky):
    """The same for the recurrent neuron."""

    def _base_sub(self, input_):
        decayed = self.beta.clamp(0, 1) * (self.mem - self.reset * self.threshold)
        return decayed + input_ + self.recurrent(self.spk)


class UserNeuron(torch.nn.Module):
    """A neuron written by hand: `spk, mem = neuron(current, mem)`."""

    def forward(self, current, mem):
        """Advance by one tick."""
        mem = DECAY * mem + current
        spk = ArcTangent.apply(mem - THRESHOLD)
        return spk, mem - spk.detach() * THRESHOLD


class FeedForward(torch.nn.Module):
    """Two hidden layers and a leaky readout."""

    def __init__(self, weights, neuron):
        super().__init__()
        self.fc1, self.lif1 = linear(weights["in"]), neuron()
        self.fc2, self.lif2 = linear(weights["hidden"]), neuron()
        self.fc3 = linear(weights["out"])
        self.readout = snn.Leaky(beta=DECAY, reset_mechanism="none")

    def forward(self, inputs):
        """Return the mean readout potential."""
        mem1 = mem2 = inputs.new_zeros(inputs.shape[1], self.fc1.out_features)
        mem3 = inputs.new_zeros(inputs.shape[1], self.fc3.out_features)
        record = []
        for x in inputs:
            spk1, mem1 = self.lif1(self.fc1(x), mem1)
            spk2, mem2 = self.lif2(self.fc2(spk1), mem2)
            _, mem3 = self.readout(self.fc3(spk2), mem3)
            record.append(mem3)
        return torch.stack(record).mean(0)


class Recurrent(torch.nn.Module):
    """One recurrent hidden layer and a leaky readout."""

    def __init__(self, weights):
        super().__init__()
        self.fc1 = linear(weights["in"])
        self.lif1 = RLeaky(
            beta=DECAY,
            linear_features=self.fc1.out_features,
            spike_grad=surrogate.atan(alpha=2.0),
        )
        self.lif1.recurrent = linear(weights["recurrent"])
        self.fc2 = linear(weights["out"])
        self.readout = snn.Leaky(beta=DECAY, reset_mechanism="none")

    def forward(self, inputs):
        """Return the mean readout potential."""
        spk1 = mem1 = inputs.new_zeros(inputs.shape[1], self.fc1.out_features)
        mem2 = inputs.new_zeros(inputs.shape[1], self.fc2.out_features)
        record = []
        for x in inputs:
            spk1, mem1 = self.lif1(self.fc1(x), spk1, mem1)
            _, mem2 = self.readout(self.fc2(spk1), mem2)
            record.append(mem2)
        return torch.stack(record).mean(0)


def build(problem: Problem, cell: str):
    """Build the network of the problem."""

    def builtin():
        return Leaky(beta=DECAY, threshold=THRESHOLD, spike_grad=surrogate.atan(alpha=2.0))

    if problem.network == "rec":
        network = Recurrent(problem.weights)
    else:
        network = FeedForward(problem.weights, UserNeuron if cell == "user" else builtin)
    return steps(network.parameters(), network, problem)


if __name__ == "__main__":
    serve(build, PACKAGES)
