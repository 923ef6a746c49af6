from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from ..numerics import as_count, fail
from ._checks import as_traces


def prediction_error(
    forecast: Callable[[np.ndarray, int], ArrayLike], series: ArrayLike, steps: int = 20
) -> float:
    r"""Return how wrong forecasts of so many steps are: PE(n).

    $$\mathrm{PE}(n) = \left\langle (\hat x_{t+n} - x_{t+n})^2 \right\rangle$$

    over all t and variables, where $\hat x_{t+n}$ is foretold from $x_t$ alone. Chaos bounds it
    from below: for long n it says nothing.

    **Arguments:** `forecast`, called as `forecast(points, steps)` with all points to start from,
    `[time, variables]`, that returns where they are so many steps later; `series`, `[time,
    variables]`; `steps` n.

    **Returns:** the error; infinite where a forecast is not finite.

    **Raises:** `NeuropilError` for a series that is not finite or too short, and forecasts of
    another shape.

    >>> doubled = 2.0 ** np.arange(10.0)[:, None]
    >>> prediction_error(lambda points, steps: points * 2.0**steps, doubled, steps=3)
    0.0
    """
    if not callable(forecast):
        fail("forecast", forecast, "a function (points, steps)", "pass a function")
    series = as_traces(series, "series", "[time, variables]", 2)
    steps = as_count(steps, "steps")
    if len(series) <= steps:
        fail("series", f"{len(series)} samples", f"more than {steps}", "forecast fewer steps")
    found = np.asarray(forecast(series[:-steps], steps), np.float64)
    if found.shape != series[steps:].shape:
        expected = f"{series[steps:].shape}, as of the points"
        fail("forecast", f"an array of shape {found.shape}", expected, "return the last step only")
    error = np.mean((found - series[steps:]) ** 2) if np.isfinite(found).all() else np.inf
    return float(error)
