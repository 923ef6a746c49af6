"""Three systems of ordinary differential equations whose trajectories are chaotic."""

from collections.abc import Callable
from typing import Any

import numpy as np

from ._errors import as_count, as_positive, fail
from ._samples import generator, normal

Field = Callable[[np.ndarray], np.ndarray]


def lorenz63(
    steps: int,
    dt: float = 0.05,
    *,
    sigma: float = 10.0,
    rho: float = 28.0,
    beta: float = 8.0 / 3.0,
    substeps: int = 5,
    seed: int = 0,
) -> np.ndarray:
    r"""A trajectory of Lorenz' convection, a butterfly in three dimensions.

    $$\dot x = \sigma (y - x), \qquad \dot y = x (\rho - z) - y, \qquad \dot z = x y - \beta z$$

    With the values given its Lyapunov exponents are 0.906, 0 and -14.57 per unit of time.

    **Arguments:** `steps`, how many points; `dt`, the time between them in the system's own unit;
    `sigma`, `rho`, `beta`; `substeps` of the Runge-Kutta method from one point to the next;
    `seed`, an integer, at least 0, for where it starts. The first 100 units of time are left out.

    **Returns:** [time, 3] in double precision.

    **Raises:** `TaskError` for counts that are none and values that are not positive.

    >>> points = lorenz63(1000)
    >>> points.shape, bool(10 < points[:, 2].mean() < 30)
    ((1000, 3), True)

    Source: Lorenz 1963, https://doi.org/10.1175/1520-0469(1963)020<0130:DNF>2.0.CO;2
    """
    sigma, rho = as_positive(sigma, "sigma", ""), as_positive(rho, "rho", "")
    beta = as_positive(beta, "beta", "")

    def field(s):
        x, y, z = s
        return np.array([sigma * (y - x), x * (rho - z) - y, x * y - beta * z])

    start = np.array([1.0, 1.0, 20.0])
    return _trajectory(field, start, steps, dt, substeps, seed)


def lorenz96(
    steps: int,
    dt: float = 0.05,
    *,
    size: int = 20,
    forcing: float = 8.0,
    substeps: int = 5,
    seed: int = 0,
) -> np.ndarray:
    r"""A trajectory of Lorenz' ring, a chaos of as many dimensions as one likes.

    $$\dot x_i = (x_{i+1} - x_{i-2})\, x_{i-1} - x_i + F$$

    **Arguments:** `steps`, how many points; `dt`, the time between them in the system's own unit;
    `size`, the number of variables, at least 4; `forcing` F, chaotic from about 5; `substeps` of
    the Runge-Kutta method from one point to the next; `seed`, for where it starts. The first 100
    units of time are left out.

    **Returns:** [time, size] in double precision.

    **Raises:** `TaskError` for counts that are none and values that are not positive.

    >>> lorenz96(100, size=8).shape
    (100, 8)

    Source: Lorenz 1996, Predictability: a problem partly solved (ECMWF seminar)
    """
    count, drive = as_count(size, "size", minimum=4), as_positive(forcing, "forcing", "")
    ahead, behind = (np.arange(count) + 1) % count, np.arange(count) - 1

    def field(x):
        return (x[ahead] - x[behind - 1]) * x[behind] - x + drive

    return _trajectory(field, np.full(count, drive), steps, dt, substeps, seed)


def rossler(
    steps: int,
    dt: float = 0.1,
    *,
    a: float = 0.2,
    b: float = 0.2,
    c: float = 5.7,
    substeps: int = 5,
    seed: int = 0,
) -> np.ndarray:
    r"""A trajectory of Rössler's band, which is folded once in every turn.

    $$\dot x = -y - z, \qquad \dot y = x + a y, \qquad \dot z = b + z (x - c)$$

    With the values given its Lyapunov exponents are 0.071, 0 and -5.39 per unit of time.

    **Arguments:** `steps`, how many points; `dt`, the time between them in the system's own unit;
    `a`, `b`, `c`; `substeps` of the Runge-Kutta method from one point to the next; `seed`, for
    where it starts. The first 100 units of time are left out.

    **Returns:** [time, 3] in double precision.

    **Raises:** `TaskError` for counts that are none and values that are not positive.

    >>> rossler(100).shape
    (100, 3)

    Source: Rössler 1976, https://doi.org/10.1016/0375-9601(76)90101-8
    """
    a, b, c = as_positive(a, "a", ""), as_positive(b, "b", ""), as_positive(c, "c", "")

    def field(s):
        x, y, z = s
        return np.array([-y - z, x + a * y, b + z * (x - c)])

    return _trajectory(field, np.array([1.0, 1.0, 0.0]), steps, dt, substeps, seed)


def _trajectory(
    field: Field, start: np.ndarray, steps: Any, dt: Any, substeps: Any, seed: Any
) -> np.ndarray:
    """Return points on the attractor, from near `start`, by the classical Runge-Kutta method."""
    count, width = as_count(steps, "steps"), as_positive(dt, "dt", "the system's unit of time")
    parts = as_count(substeps, "substeps")
    h, ignored = width / parts, int(np.ceil(100.0 / width))
    state = start + 0.1 * normal(generator(seed), start.shape)
    points = np.empty((count, len(start)))
    with np.errstate(over="ignore", invalid="ignore"):
        _fill(points, field, state, h, parts, ignored)
    if not np.isfinite(points).all():
        expected = "a trajectory that stays finite"
        fail("dt", f"{width:g} in {parts} substeps, and numbers that are not finite", expected,
             "take more substeps, or other parameters")  # fmt: skip
    return points


def _fill(points, field, state, h, parts, ignored):
    for index in range(ignored + len(points)):
        if index >= ignored:
            points[index - ignored] = state
        for _ in range(parts):
            k1 = field(state)
            k2 = field(state + h / 2 * k1)
            k3 = field(state + h / 2 * k2)
            k4 = field(state + h * k3)
            state = state + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
