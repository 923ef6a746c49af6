"""Norse: its step functions lifted over time by `lift`, chained with `SequentialState`.

Its own LIF steps scale the input by dt / tau and have no arctangent surrogate, so the step is
written here with its parameters, state and reset function: the operations of `LIFBoxCell`.
`lift` walks the ticks by unbinding them; the `SNN` and `Lift` modules index them one by one, whose
backward pass takes a time that grows with the square of the number of ticks.
"""

import norse.torch as norse
import torch
from norse.torch.functional.leaky_integrator_box import LIBoxParameters, LIBoxState
from norse.torch.functional.lif_box import LIFBoxFeedForwardState, LIFBoxParameters
from norse.torch.functional.lift import lift
from norse.torch.functional.reset import reset_subtract

from ._problem import DECAY, DT_MS, THRESHOLD, Problem
from ._serve import serve
from ._torch_steps import ArcTangent, linear, steps

PACKAGES = ["norse", "torch", "numpy"]
DT = DT_MS * 1e-3
TAU_INVERSE = torch.tensor((1 - DECAY) / DT)
LIF = LIFBoxParameters(
    tau_mem_inv=TAU_INVERSE,
    v_th=torch.tensor(THRESHOLD),
    reset_method=reset_subtract,
)
LI = LIBoxParameters(tau_mem_inv=TAU_INVERSE)


def lif_step(current, state=None, p=LIF, dt=DT):
    """One tick of the spiking neuron."""
    v = torch.zeros_like(current) if state is None else state.v
    decayed = v + dt * p.tau_mem_inv * (p.v_leak - v) + current
    z = ArcTangent.apply(decayed - p.v_th)
    v = p.reset_method(z.detach(), decayed, p.v_reset, p.v_th)
    return z, LIFBoxFeedForwardState(v=v)


def li_step(current, state=None, p=LI, dt=DT):
    """One tick of the readout."""
    v = torch.zeros_like(current) if state is None else state.v
    v = v + dt * p.tau_mem_inv * (p.v_leak - v) + current
    return v, LIBoxState(v)


class Lifted(torch.nn.Module):
    """A step function over time, as a module; `SequentialState` passes it the state."""

    def __init__(self, step):
        super().__init__()
        self.run = lift(step)

    def forward(self, inputs, state=None):
        """Return the outputs over time and the last state."""
        return self.run(inputs, state=state)


class Recurrent(torch.nn.Module):
    """The spiking neuron fed back to itself; the input product is taken outside."""

    def __init__(self, weight):
        super().__init__()
        self.recurrent = linear(weight)
        self.run = lift(self.step)

    def step(self, current, state=None):
        """One tick: state is the last spikes and the neuron's state."""
        if state is None:
            z, state = lif_step(current)
        else:
            z, state = lif_step(current + self.recurrent(state[0]), state[1])
        return z, (z, state)

    def forward(self, inputs, state=None):
        """Return the spikes over time and the last state."""
        return self.run(inputs, state=state)


def build(problem: Problem, cell: str):
    """Build the network of the problem; a user's neuron is written exactly like this one."""
    weights = problem.weights
    if problem.network == "rec":
        hidden = [linear(weights["in"]), Recurrent(weights["recurrent"])]
    else:
        hidden = [linear(weights["in"]), Lifted(lif_step)]
        hidden += [linear(weights["hidden"]), Lifted(lif_step)]
    network = norse.SequentialState(*hidden, linear(weights["out"]), Lifted(li_step))
    return steps(network.parameters(), lambda inputs: network(inputs)[0].mean(0), problem)


if __name__ == "__main__":
    serve(build, PACKAGES)
