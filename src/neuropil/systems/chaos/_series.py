"""The series: standardised, in a part to learn from and a part to be judged by."""

import functools
from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from ...analysis import delay_embedding
from ...tasks import lorenz63, lorenz96, rossler, santa_fe_laser

TRAIN, TEST = 3000, 5000


class Series(NamedTuple):
    """A series in units of its own spread, of the training part.

    `train` and `test`, `[time, variable]`; `names` of the variables; `dt` between samples; `unit`
    of time; `flow`, the true step from one sample to the next, before it was standardised, or
    None; `scale`, the mean and the spread.
    """

    train: np.ndarray
    test: np.ndarray
    names: tuple[str, ...]
    dt: float
    unit: str
    flow: Callable | None
    scale: tuple[np.ndarray, np.ndarray]

    def restored(self, points: np.ndarray) -> np.ndarray:
        """Return points in the units of the source."""
        return points * self.scale[1] + self.scale[0]


def field63(s):
    """Return the velocity in Lorenz' convection."""
    x, y, z = s
    return jnp.stack([10.0 * (y - x), x * (28.0 - z) - y, x * y - 8.0 / 3.0 * z])


def field96(x):
    """Return the velocity in Lorenz' ring."""
    return (jnp.roll(x, -1) - jnp.roll(x, 2)) * jnp.roll(x, 1) - x + 8.0


def field_rossler(s):
    """Return the velocity in Rössler's band."""
    x, y, z = s
    return jnp.stack([-y - z, x + 0.2 * y, 0.2 + z * (x - 5.7)])


def runge_kutta(field: Callable, dt: float, parts: int = 5) -> Callable:
    """Return the step of a sample: the method of the tasks, but such that it has a derivative."""
    h = dt / parts

    def part(state, _):
        k1 = field(state)
        k2 = field(state + h / 2 * k1)
        k3 = field(state + h / 2 * k2)
        k4 = field(state + h * k3)
        return state + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4), None

    return lambda state: jax.lax.scan(part, state, None, parts)[0]


@functools.cache
def load(data: str, seed: int = 0) -> Series:
    """Return a series by its name; those that are made start elsewhere for every seed."""
    many = TRAIN + TEST
    match data:
        case "lorenz-63":
            points, names = lorenz63(many, 0.05, seed=seed), ("x", "y", "z")
            return _series(points, names, 0.05, "time units", runge_kutta(field63, 0.05))
        case "lorenz-96":
            points = lorenz96(many, 0.05, size=20, seed=seed)
            names = tuple(f"x{i + 1}" for i in range(20))
            return _series(points, names, 0.05, "time units", runge_kutta(field96, 0.05))
        case "rossler":
            points, names = rossler(many, 0.1, seed=seed), ("x", "y", "z")
            return _series(points, names, 0.1, "time units", runge_kutta(field_rossler, 0.1))
    points = delay_embedding(santa_fe_laser(), dimensions=5, lag=2)
    names = tuple(f"x(t - {lag})" if lag else "x(t)" for lag in range(0, 10, 2))
    return _series(points, names, 1.0, "samples", None, train=len(points) - 3000)


def _series(points, names, dt, unit, flow, train=TRAIN):
    known = points[:train]
    mean, spread = known.mean(axis=0), known.std(axis=0)
    standard = (points - mean) / spread
    return Series(standard[:train], standard[train:], names, dt, unit, flow, (mean, spread))
