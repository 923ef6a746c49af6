"""Movies of events: textures, or photographs before a retina."""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from ...coding import delta_modulation
from ...tasks import moving_photographs, moving_textures
from ...training import Batches
from ._settings import Settings

STEPS_OF_EPOCH, TEST_SEED = 15, 1_000_003


class Movies(NamedTuple):
    """How movies of one kind are made, their border, and what suits them."""

    make: Callable[[int, bool, int, int, Settings], tuple[np.ndarray, np.ndarray]]
    border: str
    size: int
    delays: int
    updates: int


def textures(samples: int, test: bool, size: int, seed: int, settings: Settings):
    """Return movies of textures as long as the longest delay, and directions."""
    frames = settings.delays or MOVIES["textures"].delays
    return moving_textures(samples, size, frames, seed=seed + TEST_SEED * test)


def photographs(samples: int, test: bool, size: int, seed: int, settings: Settings):
    """Return events of photographs, of other ones for the test, and directions."""
    part = "test" if test else "train"
    brightness, directions = moving_photographs(samples, part, size, seed=seed)
    return np.asarray(retina(brightness, settings.threshold)), directions


MOVIES = {
    "textures": Movies(textures, "WRAP", size=16, delays=4, updates=150),
    "photographs": Movies(photographs, "SAME", size=24, delays=6, updates=300),
}


@jax.jit
def retina(
    brightness: Float[Array, "sample frame row column"], threshold: float
) -> Float[Array, "sample frame 1 row column"]:
    """Return 1 where brightness rose by the threshold since the last event, -1 where it fell."""
    events = jax.vmap(lambda movie: delta_modulation(movie, threshold))(brightness)
    return (events[..., 0] - events[..., 1])[:, :, None]


def training_movies(data: str, settings: Settings, updates: int, seed: int) -> tuple[Batches, int]:
    """Return movies that are never seen twice, and in how many epochs."""
    kind, batch = MOVIES[data], settings.batch_size
    steps = min(updates, STEPS_OF_EPOCH)

    def make(indices: np.ndarray, keys: Array):
        words = np.asarray(jax.random.key_data(keys)).reshape(len(indices), -1)
        own = int(words[0].astype(np.uint64)[-1]) + seed
        movies, directions = kind.make(
            len(indices), False, settings.size or kind.size, own, settings
        )
        return jnp.asarray(movies).swapaxes(0, 1), directions

    return Batches(batch * steps, make), max(1, round(updates / steps))


def movies_to_test(
    data: str, settings: Settings, seed: int
) -> tuple[Float[np.ndarray, "frame sample 1 row column"], Int[np.ndarray, " sample"]]:
    """Return movies to test on, time first."""
    kind = MOVIES[data]
    movies, directions = kind.make(
        settings.tested, True, settings.size or kind.size, seed, settings
    )
    return np.asarray(movies).swapaxes(0, 1), directions
