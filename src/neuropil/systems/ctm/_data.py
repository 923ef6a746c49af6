"""The samples of each task, and the tokens that a machine looks at."""

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from ...tasks import (
    MAZE_MOVES,
    Samples,
    Split,
    Task,
    cumulative_parity,
    digit_recall,
    digits,
    fashion_mnist,
    mazes,
    sorting,
)
from ...training import Encoded
from .._errors import fail
from ._plan import Plan

MOST_STEPS = 20  # of a way through a maze
Encode = Callable[[Any, jax.Array], jax.Array]


class Parts(NamedTuple):
    """Samples for training, validation and test, and how they are shown.

    `encode`, a function of one sample and a key that returns `[time, token, feature]`; `tokens`,
    how many and their features; `classes`, names of one answer; `positions`, answers of a sample,
    None for one; `grid`, rows and columns of tokens.
    """

    train: Samples
    validation: Samples
    test: Samples
    encode: Encode
    classes: tuple[str, ...]
    positions: int | None
    grid: tuple[int, int]

    @property
    def tokens(self) -> tuple[int, int]:
        """How many tokens there are, and their features."""
        shape = jax.eval_shape(self.encode, self.train.inputs[0], jax.random.key(0)).shape
        return shape[1], shape[2]

    def encoded(self, samples: Samples) -> Encoded:
        """Return samples as `fit` takes them."""
        return Encoded(*samples, self.encode)


def with_places(features):
    """Return tokens `[1, token, feature]` that say which they are: a place has weights of its own.

    A linear map of features beside the places is what the paper has in two steps, features and a
    learnt position added to them.
    """
    return jnp.concatenate([features, jnp.eye(len(features))], axis=1)[None]


def squares(side: int, part: int, image, key):
    """Return the squares of an image, row by row, with their places."""
    across = side // part
    cut = image.reshape(across, part, across, part).swapaxes(1, 2)
    return with_places(cut.reshape(across**2, part**2))


def numbers(sample, key):
    """Return numbers with their places."""
    return with_places(sample[:, None])


def rooms(maze, key):
    """Return every room with what is free around it, whether way begins or ends, and its place."""
    free = jnp.pad(maze[1:-1, 1:-1, 0], 1)
    count = maze.shape[0] // 2
    at = 2 * jnp.arange(count) + 1
    row, column = (x.reshape(-1) for x in jnp.meshgrid(at, at, indexing="ij"))
    beside = [free[row + up, column + left] for up, left in ((-1, 0), (1, 0), (0, -1), (0, 1))]
    marks = [maze[row, column, 1], maze[row, column, 2]]
    return with_places(jnp.stack(beside + marks, axis=1))


def items(pixels: int, part: int, sample, key):
    """Return, item by item, the squares of an image and the question, each with its place."""
    side = int(pixels**0.5)
    image = jax.vmap(lambda x: squares(side, part, x, key)[0])(sample[:, :pixels])
    time, count, width = image.shape
    question = jnp.concatenate([sample[:, pixels:], jnp.ones((time, 1))], axis=1)[:, None]
    seen = jnp.pad(image, ((0, 0), (0, 1), (0, question.shape[2])))
    asked = jnp.pad(question, ((0, 0), (count, 0), (width, 0)))
    return seen + asked


def images(load: Callable[[], Task], side: int, part: int):
    """Return a loader of images, whose seed decides nothing."""

    def parts(plan: Plan, seed: int) -> Parts:
        task = load()
        sizes = (plan.samples, plan.judged, plan.judged)
        splits = (task.train, task.validation, task.test)
        taken = (
            Samples(split.inputs[:n], split.targets[:n])
            for split, n in zip(splits, sizes, strict=True)
        )
        encode = functools.partial(squares, side, part)
        return Parts(*taken, encode, task.classes, None, (side // part, side // part))

    return parts


def drawn(make: Callable[..., Samples], plan: Plan, seed: int) -> list[Samples]:
    """Return three parts of a task that is made when needed."""
    sizes = (plan.samples, plan.judged, plan.judged)
    return [make(n, plan.size, seed=3 * seed + k) for k, n in enumerate(sizes)]


def parity(plan: Plan, seed: int) -> Parts:
    """Return sequences of signs, and the parity of every prefix."""
    parts = drawn(cumulative_parity, plan, seed)
    return Parts(*parts, numbers, ("even", "odd"), plan.size, (1, plan.size))


def labyrinths(plan: Plan, seed: int) -> Parts:
    """Return mazes, and the first moves through them."""
    room = plan.size // 2
    steps = min(MOST_STEPS, 2 * (room**2 - 1))
    parts = drawn(functools.partial(mazes, steps=steps), plan, seed)
    return Parts(*parts, rooms, MAZE_MOVES, steps, (room, room))


def sorted_numbers(plan: Plan, seed: int) -> Parts:
    """Return numbers, and the order that sorts them, of which a tick writes one at most."""
    if plan.ticks < plan.size:
        expected = f"at least {plan.size}, one for each number"
        fail("ticks", plan.ticks, expected, "set more ticks, or a smaller size")
    places = tuple(str(place + 1) for place in range(plan.size))
    return Parts(*drawn(sorting, plan, seed), numbers, places, None, (1, plan.size))


def recalled(plan: Plan, seed: int) -> Parts:
    """Return digits shown one by one, then what is asked of them by their places."""
    task = digits()
    sizes = (plan.samples, plan.judged, plan.judged)
    splits: tuple[Split, ...] = (task.train, task.validation, task.test)
    parts = [
        digit_recall(split, n, plan.size, plan.operations, seed=3 * seed + k)
        for k, (split, n) in enumerate(zip(splits, sizes, strict=True))
    ]
    pixels = int(np.prod(task.feature_shape))
    encode = functools.partial(items, pixels, 2)
    return Parts(*parts, encode, task.classes, None, (1, 17))


LOADERS: dict[str, Callable[[Plan, int], Parts]] = {
    "digits": images(digits, 8, 2),
    "fashion-mnist": images(fashion_mnist, 28, 4),
    "parity": parity,
    "maze": labyrinths,
    "sorting": sorted_numbers,
    "recall": recalled,
}


@functools.lru_cache(maxsize=4)
def load(task: str, plan: Plan, seed: int) -> Parts:
    """Return the parts of a task; a pure function, so that its value is kept."""
    return LOADERS[task](plan, seed)
