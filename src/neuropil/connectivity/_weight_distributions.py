"""First weights of a given mean, all of one sign."""

import math

import jax
import jax.numpy as jnp
from jaxtyping import Array

from ..core import Connectivity
from ..numerics import as_instance, as_key, fail
from ._checks import as_real


def normal_weights(connectivity: Connectivity, key, *, mean, sd) -> Array:
    r"""Draw weights from $N(\mu, \sigma^2)$; those of the other sign than the mean become 0.

    **Arguments:** `mean`, $\mu$, not 0; `sd`, $\sigma$; both in the weight's unit. Clipping moves
    the mean by less than 1 % where $\sigma < \mu / 2$.

    **Raises:** `NeuropilError` for a mean of 0, and a negative or infinite `sd`.

    >>> from neuropil.connectivity import OneToOne
    >>> bool((normal_weights(OneToOne(99), jax.random.key(0), mean=-1.0, sd=2.0) <= 0.0).all())
    True
    """
    _check(connectivity, key)
    mean, sd = _as_mean(mean), as_real(sd, "sd", minimum=0.0)
    weight = mean + sd * jax.random.normal(key, connectivity.weight_shape)
    return jnp.maximum(weight, 0.0) if mean > 0 else jnp.minimum(weight, 0.0)


def lognormal_weights(connectivity: Connectivity, key, *, mean, sd) -> Array:
    r"""Draw weights whose logarithm is normal, of the mean's sign.

    $w = \pm e^{m + s z}$ with $s^2 = \ln(1 + \sigma^2/\mu^2)$, $m = \ln|\mu| - s^2/2$, z normal.

    **Arguments:** `mean`, $\mu$, not 0, and `sd`, $\sigma$, those of the weights themselves.

    **Raises:** `NeuropilError` for a mean of 0, and a negative or infinite `sd`.

    >>> from neuropil.connectivity import OneToOne
    >>> lognormal_weights(OneToOne(2), jax.random.key(0), mean=-0.5, sd=0.0)
    Array([-0.5, -0.5], dtype=float32)
    """
    _check(connectivity, key)
    mean, sd = _as_mean(mean), as_real(sd, "sd", minimum=0.0)
    variance = math.log1p((sd / mean) ** 2)
    z = jax.random.normal(key, connectivity.weight_shape)
    return mean * jnp.exp(math.sqrt(variance) * z - variance / 2)


def uniform_weights(connectivity: Connectivity, key, *, low, high) -> Array:
    r"""Draw weights from $U(a, b)$.

    **Arguments:** `low`, a, and `high`, b, in the weight's unit, not on two sides of 0.

    **Raises:** `NeuropilError` unless `low < high` are finite and of one sign, or one is 0.

    >>> from neuropil.connectivity import OneToOne
    >>> weight = uniform_weights(OneToOne(99), jax.random.key(0), low=0.5, high=1.0)
    >>> bool(((weight >= 0.5) & (weight < 1.0)).all())
    True
    """
    _check(connectivity, key)
    low, high = as_real(low, "low"), as_real(high, "high")
    if not low < high or low < 0 < high:
        expected = "low < high, of one sign"
        fail("low and high", f"{low} and {high}", expected, "give inhibition a sign of its own")
    return jax.random.uniform(key, connectivity.weight_shape, minval=low, maxval=high)


def _check(connectivity, key):
    as_instance(connectivity, "connectivity", Connectivity, "a Connectivity")
    as_key(key)


def _as_mean(value):
    mean = as_real(value, "mean")
    if mean == 0.0:
        fail("mean", value, "a number that is not 0, whose sign is that of all weights", "give one")
    return mean
