"""Statistics of angles, which come again after a full turn."""

import numpy as np

from ..numerics import fail


def population_vector(rates, angles) -> tuple[np.ndarray, np.ndarray]:
    r"""Return the angle that neurons of a ring point to together, and how much they agree.

    $z = \sum_i r_i e^{\mathrm{i}\theta_i} / \sum_i r_i$; the angle of z, and its length: 1 if all
    activity is in one place, 0 if it is uniform.

    **Arguments:** `rates` `[..., neuron]`, at least 0; `angles` `[neuron]`, preferred ones, in
    degrees.

    **Returns:** angles in degrees, from -180 to 180, and lengths, of shape `[...]`; NaN where no
    neuron is active.

    **Raises:** `NeuropilError` for negative rates, what is not finite, and other numbers of angles.

    >>> angle, length = population_vector([1.0, 1.0, 0.0, 0.0], [0.0, 90.0, 180.0, 270.0])
    >>> round(float(angle), 6), round(float(length), 3)
    (45.0, 0.707)

    Source: Georgopoulos et al. 1986, doi:10.1126/science.3749885.
    """
    rates, angles = _numbers(rates, "rates"), _numbers(angles, "angles")
    if angles.ndim != 1 or rates.ndim < 1 or rates.shape[-1] != angles.size:
        got = f"shapes {rates.shape} and {angles.shape}"
        fail("rates and angles", got, "[..., neuron] and [neuron]", "give one angle per neuron")
    if (rates < 0).any():
        fail("rates", f"{rates.min():g}", "rates of at least 0", "pass rates or counts")
    total = rates.sum(-1)
    vector = rates @ np.exp(1j * np.radians(angles))
    vector = np.where(total > 0, vector / np.where(total > 0, total, 1.0), np.nan)
    return np.degrees(np.angle(vector)), np.abs(vector)


def circular_difference(one, other) -> np.ndarray:
    r"""Return the shorter way from one angle to another, $\in [-180, 180)$ degrees.

    **Arguments:** `one` and `other`, in degrees; they broadcast.

    **Raises:** `NeuropilError` for what is not finite, and shapes that do not broadcast.

    >>> float(circular_difference(350.0, 10.0))
    20.0
    """
    one, other = _numbers(one, "one"), _numbers(other, "other")
    try:
        return (other - one + 180.0) % 360.0 - 180.0
    except ValueError:
        got = f"shapes {one.shape} and {other.shape}"
        fail("one and other", got, "shapes that broadcast", "match them")


def circular_mean(angles) -> np.ndarray:
    r"""Return the mean direction, the angle of $\sum_k e^{\mathrm{i}\theta_k}$ in degrees.

    **Arguments:** `angles` `[..., sample]`, in degrees.

    **Raises:** `NeuropilError` for what is not finite, and one number.

    >>> abs(float(circular_mean([350.0, 10.0]))) < 1e-9
    True
    """
    vector = _mean_vector(angles)
    return np.degrees(np.angle(vector))


def circular_spread(angles) -> np.ndarray:
    r"""Return the circular standard deviation $\sqrt{-2 \ln R}$ in degrees.

    R is the length of the mean of $e^{\mathrm{i}\theta_k}$. For narrow distributions it is the
    ordinary standard deviation.

    **Arguments:** as for :func:`circular_mean`.

    **Raises:** as for :func:`circular_mean`.

    >>> float(circular_spread([30.0, 30.0]))
    0.0

    Source: Mardia and Jupp 2000, doi:10.1002/9780470316979.
    """
    length = np.clip(np.abs(_mean_vector(angles)), 0.0, 1.0)
    with np.errstate(divide="ignore"):
        return np.degrees(np.sqrt(np.abs(2.0 * np.log(np.where(length > 1 - 1e-15, 1.0, length)))))


def _mean_vector(angles):
    angles = _numbers(angles, "angles")
    if not angles.ndim:
        fail("angles", "one number", "an array [..., sample]", "pass e.g. [350.0, 10.0]")
    return np.exp(1j * np.radians(angles)).mean(-1)


def _numbers(value, name):
    fix = "pass rates in Hz" if name == "rates" else "pass angles in degrees"
    try:
        array = np.asarray(value)
        array = array.astype(float) if array.dtype.kind in "iuf" else None
    except Exception:  # of any kind: what it is made of is unknown
        array = None
    if array is None or not array.size:
        got = type(value).__name__ if array is None else f"shape {array.shape}"
        fail(name, got, "an array of numbers that is not empty", fix)
    if not np.isfinite(array).all():
        fail(name, "values that are not finite", "finite numbers", fix)
    return array
