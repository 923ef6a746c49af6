"""What guard, progress bar and recording of rates add to a training step.

`python -m bench.overhead`: every pair of settings is run in turns, step by step, on the network of
`bench.training` at 2 % activity; the table shows medians of the ratios of neighbouring steps.
"""

import argparse
import dataclasses
import io
import statistics
import time
from collections import deque

import jax
import jax.numpy as jnp
import numpy as np
import optax

from neuropil.cells import leaky_integrator, lif
from neuropil.connectivity import Dense
from neuropil.core import Input, chain, learnable_mask
from neuropil.training import ProgressBar, cross_entropy
from neuropil.training._plan import make_plan
from neuropil.training._step import begin, train_step


def total(output):
    return output.sum(0)


def problem(ticks: int, batch: int):
    rng = np.random.default_rng(0)
    node = chain(
        Input(700), Dense(700, 256), lif(256), Dense(256, 256), lif(256), Dense(256, 20),
        leaky_integrator(20), key=jax.random.key(0),
    )  # fmt: skip
    inputs = rng.random((batch, ticks, 700)) < 0.02
    return node, inputs, rng.integers(0, 20, batch)


def plan_of(node, inputs, targets, guard):
    return make_plan(
        node,
        train=(inputs, targets),
        validation=None,
        loss=cross_entropy(total),
        metrics=None,
        optimizer=OPTIMIZER,
        epochs=1,
        batch_size=len(targets),
        dt=1.0,
        key=jax.random.key(1),
        schedules=(),
        stopping=None,
        trainable=learnable_mask,
        evaluated_as=lambda node: node,
        truncate=None,
        checkpoint=None,
        record=None,
        momentum=0.1,
        guard=guard,
    )


OPTIMIZER = optax.adam(1e-3)


class Trained:
    """A training that can be advanced by one step, as `fit` does it."""

    def __init__(self, ticks, batch, *, guard=True, rates=True, bar=None):
        node, inputs, targets = problem(ticks, batch)
        plan, stand = plan_of(node, inputs, targets, guard)
        recipe = plan.recipe if rates else dataclasses.replace(plan.recipe, spiking=())
        self.arguments = (recipe, plan.optimizer, plan.momentum, guard)
        params = stand.carry.params
        self.carry, self.fixed = begin(recipe, params, stand.fixed, plan.optimizer), stand.fixed
        keys = jax.random.split(jax.random.key(2), batch)
        x = jnp.asarray(inputs.swapaxes(0, 1))
        self.batch = (x, jnp.asarray(targets), jnp.ones(batch), keys)
        self.in_flight, self.show, self.count = deque(), bar, 0

    def step(self):
        begun = time.perf_counter()
        self.carry, totals, sound = train_step(*self.arguments, self.carry, self.fixed, self.batch)
        self.in_flight.append((totals, sound))
        if len(self.in_flight) > 4:
            totals, sound = self.in_flight.popleft()
            bool(sound)
            self.count += 1
            if self.show is not None:
                self.show(0, self.count, totals)
        # The step that was just started has to end, so that its time is not the neighbour's.
        jax.block_until_ready(self.carry)
        return time.perf_counter() - begun


def ratio(one: Trained, other: Trained, steps: int) -> tuple[float, float]:
    """The median over neighbouring steps of time(one) / time(other), and of the latter."""
    for _ in range(8):
        one.step(), other.step()
    pairs = []
    for index in range(steps):
        first, second = (one, other) if index % 2 else (other, one)
        times = {first: first.step(), second: second.step()}
        pairs.append((times[one], times[other]))
    return (
        statistics.median(a / b for a, b in pairs),
        statistics.median(b for _, b in pairs),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ticks", type=int, default=100)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--steps", type=int, default=100)
    asked = parser.parse_args()
    size = (asked.ticks, asked.batch)
    from rich.console import Console

    console = Console(file=io.StringIO(), force_terminal=True, width=100)
    print(f"{asked.ticks} ticks, batch {asked.batch}, {asked.steps} steps of each")
    with ProgressBar(console=console).shown(1, 10**6) as show:
        plain = {"guard": False, "rates": False}
        cases = {
            "guard": {**plain, "guard": True},
            "recording of rates": {**plain, "rates": True},
            "progress bar": {**plain, "bar": show},
            "nothing (noise)": plain,
        }
        for name, settings in cases.items():
            found, base = ratio(Trained(*size, **settings), Trained(*size, **plain), asked.steps)
            print(f"{name:>20}: {found - 1:+.2%} of {1e3 * base:.1f} ms a step")


if __name__ == "__main__":
    main()
