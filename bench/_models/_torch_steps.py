"""The training step that the PyTorch libraries share: forward, cross entropy, backward, Adam."""

import os
import time
from collections.abc import Callable, Iterable

import torch

from ._problem import LEARNING_RATE, Problem


class ArcTangent(torch.autograd.Function):
    """A step whose derivative is 1 / (1 + (pi x)^2), for libraries that do not offer it."""

    @staticmethod
    def forward(ctx, x):
        """Return 1 where x is not negative."""
        ctx.save_for_backward(x)
        return (x >= 0).to(x.dtype)

    @staticmethod
    def backward(ctx, gradient):
        """Multiply by the surrogate derivative."""
        (x,) = ctx.saved_tensors
        return gradient / (1 + (torch.pi * x) ** 2)


def tensors(problem: Problem) -> tuple[torch.Tensor, torch.Tensor]:
    """Input and labels without a copy."""
    return torch.from_numpy(problem.inputs), torch.from_numpy(problem.labels)


def linear(weight, make: Callable = torch.nn.Linear) -> torch.nn.Module:
    """A product without bias that holds a copy of `weight` [from, to]."""
    layer = make(*weight.shape, bias=False)
    with torch.no_grad():
        layer.weight.copy_(torch.from_numpy(weight.T))
    return layer


def fastest_threads(run: Callable[[], None]) -> int:
    """Keep one thread or all, whichever runs faster: small products lose more than they gain."""
    seconds = {}
    for threads in (1, len(os.sched_getaffinity(0))):
        torch.set_num_threads(threads)
        run()
        start = time.perf_counter()
        run()
        seconds[threads] = time.perf_counter() - start
    best = min(seconds, key=seconds.get)
    torch.set_num_threads(best)
    return best


def steps(
    parameters: Iterable[torch.nn.Parameter],
    forward: Callable[[torch.Tensor], torch.Tensor],
    problem: Problem,
) -> tuple[Callable[[int], list[float]], dict]:
    """Return the training step, and notes for the report.

    `forward` maps the input [time, batch, 700] to the mean readout potential [batch, 20].
    """
    inputs, labels = tensors(problem)
    optimiser = torch.optim.Adam(list(parameters), lr=LEARNING_RATE, fused=True)

    def backward(inputs):
        optimiser.zero_grad()
        loss = torch.nn.functional.cross_entropy(forward(inputs), labels)
        loss.backward()
        return loss

    def step(n: int) -> list[float]:
        losses = []
        for _ in range(n):
            losses.append(backward(inputs).item())
            optimiser.step()
        return losses

    threads = fastest_threads(lambda: backward(inputs[:50]))
    return step, {"threads": threads, "compiles": False}
