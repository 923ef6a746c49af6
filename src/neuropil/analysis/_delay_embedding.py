import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike

from ..numerics import as_count, fail
from ._checks import as_traces


def delay_embedding(
    series: ArrayLike, dimensions: int, lag: int = 1
) -> Float[np.ndarray, "time features"]:
    r"""Return a series beside its own past, which shows what is not measured of a system.

    $$y_t = (x_t, x_{t - \tau}, \ldots, x_{t - (m - 1) \tau})$$

    **Arguments:** `series`, `[time]` or `[time, variables]`; `dimensions` m, how many moments;
    `lag` $\tau$ between them, in samples.

    **Returns:** `[time - (m - 1) lag, m * variables]`, from the first t with a whole past.

    **Raises:** `NeuropilError` for a series that is not finite or too short.

    >>> delay_embedding(np.arange(5.0), dimensions=3)
    array([[2., 1., 0.],
           [3., 2., 1.],
           [4., 3., 2.]])

    Source: Takens 1981, https://doi.org/10.1007/BFb0091924
    """
    values = as_traces(series, "series", "[time] or [time, variables]", 1, 2)
    values = values.reshape(len(values), -1)
    count, lag = as_count(dimensions, "dimensions"), as_count(lag, "lag")
    past = (count - 1) * lag
    if past >= len(values):
        fail("series", f"{len(values)} samples", f"more than {past}", "take fewer dimensions")
    whole = len(values) - past
    return np.hstack([values[past - i * lag :][:whole] for i in range(count)])
