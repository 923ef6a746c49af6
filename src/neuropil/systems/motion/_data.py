"""Movies of events: textures, or photographs before a retina."""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from ...coding import delta_modulation
from ...tasks import DIRECTIONS, moving_photographs, moving_textures, velocities
from ...training import Batches
from .._errors import fail
from ._settings import Settings

STEPS_OF_EPOCH, TEST_SEED, SHOWN_SEED = 15, 1_000_003, 2_000_003
FRAMES_OF_PHOTOGRAPHS, FRAMES_SHOWN, MOVIES_SHOWN = 12, 40, 3
ARROWS = ("→", "↘", "↓", "↙", "←", "↖", "↑", "↗")


class Movies(NamedTuple):
    """How movies of one kind are made, their border, and what suits them."""

    make: Callable[[int, bool, int, int, Settings, int | None], tuple[np.ndarray, np.ndarray]]
    border: str
    size: int
    delays: int
    updates: int


def textures(samples: int, test: bool, size: int, seed: int, settings: Settings, frames=None):
    """Return movies of textures as long as the longest delay, or longer, and directions."""
    frames = frames or settings.delays or MOVIES["textures"].delays
    return moving_textures(samples, size, frames, seed=seed + TEST_SEED * test)


def photographs(samples: int, test: bool, size: int, seed: int, settings: Settings, frames=None):
    """Return events of photographs, of other ones for the test, and velocities by number."""
    brightness, targets = moving_photographs(
        samples,
        "test" if test else "train",
        size,
        frames or FRAMES_OF_PHOTOGRAPHS,
        directions=settings.directions,
        speeds=settings.speeds,
        segment=settings.segment,
        seed=seed,
    )
    return np.asarray(retina(brightness, settings.threshold)), targets


MOVIES = {
    "textures": Movies(textures, "WRAP", size=16, delays=4, updates=150),
    "photographs": Movies(photographs, "SAME", size=24, delays=6, updates=300),
}


def motions(data: str, settings: Settings) -> Float[np.ndarray, "class 2"]:
    """Return the velocity of each class, rows and columns per frame."""
    if data == "photographs":
        return velocities(settings.directions, settings.speeds)
    if (settings.directions, settings.speeds) != (8, (1.0,)):
        got = f"{settings.directions} directions, speeds {settings.speeds}"
        fix = "leave them as they are, or add --data photographs"
        fail("--set directions, speeds", got, "8 directions of speed 1 for textures", fix)
    return np.array(DIRECTIONS, float)


def names(data: str, settings: Settings) -> tuple[str, ...]:
    """Return a name of each class: an arrow, or an angle clockwise from the right, and a speed."""
    count = len(motions(data, settings)) // len(settings.speeds)
    angles = ARROWS if count == 8 else [f"{360 * k / count:.3g}°" for k in range(count)]
    several = len(settings.speeds) > 1
    return tuple(
        f"{angle}×{speed:g}" if several else angle for speed in settings.speeds for angle in angles
    )


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
        size = settings.size or kind.size
        movies, directions = kind.make(len(indices), False, size, own, settings, None)
        heard = movies[:, -(settings.delays or kind.delays) :]  # by the last frame, that is judged
        return jnp.asarray(heard).swapaxes(0, 1), directions

    return Batches(batch * steps, make), max(1, round(updates / steps))


def movies_to_test(
    data: str, settings: Settings, seed: int
) -> tuple[Float[np.ndarray, "frame sample 1 row column"], Int[np.ndarray, " sample"]]:
    """Return movies to test on, time first."""
    kind = MOVIES[data]
    size = settings.size or kind.size
    movies, directions = kind.make(settings.tested, True, size, seed, settings, None)
    return np.asarray(movies).swapaxes(0, 1), directions


def movies_to_show(
    data: str, settings: Settings, seed: int
) -> tuple[Float[np.ndarray, "frame sample 1 row column"], Int[np.ndarray, " sample"]]:
    """Return a few longer ones that end with different motions, time first."""
    kind = MOVIES[data]
    size, count = settings.size or kind.size, 8 * MOVIES_SHOWN
    longer = max(FRAMES_SHOWN, 2 * (settings.delays or kind.delays))
    movies, directions = kind.make(count, True, size, seed + SHOWN_SEED, settings, longer)
    # Of each motion the movie with most events: some windows see a sky.
    busiest = np.argsort(-np.abs(movies).sum(axis=(1, 2, 3, 4)), kind="stable")
    first = busiest[np.unique(directions[busiest], return_index=True)[1]]
    chosen = first[:: max(1, len(first) // MOVIES_SHOWN)][:MOVIES_SHOWN]
    return movies[chosen].swapaxes(0, 1), directions[chosen]
