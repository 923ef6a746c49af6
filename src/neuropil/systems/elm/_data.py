"""The samples of each data set, in three parts."""

import functools
from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from ...tasks import (
    Samples,
    branch_xor,
    delayed_recall,
    digit_sums,
    fashion_mnist,
    spoken_digits,
)
from ...training import Arrays, Encoded
from ._plan import Plan


class Parts(NamedTuple):
    """Samples for training, validation and test, and the names of the classes."""

    train: Samples
    validation: Samples
    test: Samples
    classes: tuple[str, ...]

    @property
    def channels(self) -> int:
        """How many channels a sample has."""
        return self.train.inputs.shape[2]


def generated(make: Callable, classes: tuple[str, ...]):
    """Return a loader of a task that is made when needed."""

    def load(plan: Plan, seed: int) -> Parts:
        sizes = (plan.samples, plan.judged, plan.judged)
        return Parts(*(make(n, seed=3 * seed + k) for k, n in enumerate(sizes)), classes)

    return load


def spoken_sums(plan: Plan, seed: int) -> Parts:
    """Return two spoken digits one after the other, of recordings that no other part has."""
    task = spoken_digits(dt=plan.dt)
    sizes = (plan.samples, plan.judged, plan.judged)
    parts = (
        digit_sums(split, n, seed=3 * seed + k)
        for k, ((_, split), n) in enumerate(zip(task.parts(), sizes, strict=True))
    )
    return Parts(*parts, tuple(str(total) for total in range(19)))


def pixels(plan: Plan, seed: int) -> Parts:
    """Return pictures as one channel, pixel by pixel; the seed decides nothing."""
    task = fashion_mnist()
    sizes = (plan.samples, plan.judged, plan.judged)
    parts = (
        Samples(split.inputs[:n, :, None], split.targets[:n])
        for (_, split), n in zip(task.parts(), sizes, strict=True)
    )
    return Parts(*parts, task.classes)


LOADERS: dict[str, Callable[[Plan, int], Parts]] = {
    "delayed-recall": generated(delayed_recall, ("cue 1", "cue 2", "cue 3", "cue 4")),
    "xor": generated(branch_xor, ("same branch", "other branch")),
    "spoken-adding": spoken_sums,
    "fashion-pixels": pixels,
}


@functools.lru_cache(maxsize=4)
def load(data: str, plan: Plan, seed: int) -> Parts:
    """Return the parts of a data set; a pure function, so that its value is kept."""
    return LOADERS[data](plan, seed)


def for_training(samples: Samples, deleted: float) -> Arrays | Encoded:
    """Return samples, of which every use deletes other spikes if some are to be deleted."""
    if not deleted:
        return Arrays(*samples)
    return Encoded(*samples, functools.partial(_delete, deleted))


def _delete(share, spikes, key):
    return jnp.where(jax.random.uniform(key, spikes.shape) < share, 0.0, spikes)


def chosen_of_each_class(samples: Samples, most: int) -> list[int]:
    """Return the first sample of each of the first classes that there are."""
    found = np.unique(samples.targets, return_index=True)[1]
    return [int(at) for at in found[:most]]
