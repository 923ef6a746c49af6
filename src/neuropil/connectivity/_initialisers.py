"""First weights, from a key and a connectivity."""

import jax
import jax.numpy as jnp
from jaxtyping import Array

from ..core import Connectivity
from ..numerics import as_count, as_instance, as_key, as_parameter, fail


def lecun_uniform(connectivity: Connectivity, key, *, gain=1.0) -> Array:
    r"""Draw weights from $U(-a, a)$ with $a = g\sqrt{3/n}$, n the fan-in: variance $g^2/n$.

    **Raises:** `NeuropilError` unless given a connectivity, a key and a positive gain.

    >>> from neuropil.connectivity import Dense
    >>> bool(abs(lecun_uniform(Dense(300, 5), jax.random.key(0))).max() <= 0.1)
    True
    """
    limit = _scale(connectivity, key, gain) * jnp.sqrt(3.0)
    return jax.random.uniform(key, connectivity.weight_shape, minval=-limit, maxval=limit)


def kaiming_uniform(connectivity: Connectivity, key) -> Array:
    r"""Draw weights from $U(-a, a)$ with $a = \sqrt{6/n}$, n the fan-in.

    **Raises:** `NeuropilError` unless given a connectivity and a key.

    >>> from neuropil.connectivity import Dense
    >>> kaiming_uniform(Dense(3, 5), jax.random.key(0)).shape
    (3, 5)

    Source: He et al. 2015, doi:10.1109/ICCV.2015.123.
    """
    return lecun_uniform(connectivity, key, gain=jnp.sqrt(2.0))


def normal(connectivity: Connectivity, key, *, gain=1.0) -> Array:
    r"""Draw weights from $N(0, g^2/n)$, n the fan-in.

    **Raises:** `NeuropilError` unless given a connectivity, a key and a positive gain.

    >>> from neuropil.connectivity import OneToOne
    >>> normal(OneToOne(7), jax.random.key(0)).shape
    (7,)
    """
    scale = _scale(connectivity, key, gain)
    return scale * jax.random.normal(key, connectivity.weight_shape)


def constant(connectivity: Connectivity, value) -> Array:
    """Give every synapse the same weight.

    **Raises:** `NeuropilError` unless given a connectivity and a finite value.

    >>> from neuropil.connectivity import OneToOne
    >>> constant(OneToOne(2), 0.5)
    Array([0.5, 0.5], dtype=float32)
    """
    as_instance(connectivity, "connectivity", Connectivity, "a Connectivity")
    return jnp.full(connectivity.weight_shape, as_parameter(value, "value"))


def dale_signs(size: int, excitatory: float = 0.8) -> Array:
    """Return +1 for the first share of neurons and -1 for the rest.

    **Arguments:** `size`, how many; `excitatory`, the share, between 0 and 1.

    **Raises:** `NeuropilError` for a share outside 0 to 1.

    >>> dale_signs(5)
    Array([ 1.,  1.,  1.,  1., -1.], dtype=float32)
    """
    as_count(size, "size")
    is_number = isinstance(excitatory, int | float) and not isinstance(excitatory, bool)
    if not is_number or not 0.0 <= excitatory <= 1.0:
        fail("excitatory", excitatory, "a share between 0 and 1", "pass e.g. 0.8")
    return jnp.where(jnp.arange(size) < round(excitatory * size), jnp.ones(size), -1.0)


def _scale(connectivity, key, gain):
    as_instance(connectivity, "connectivity", Connectivity, "a Connectivity")
    as_key(key)
    return as_parameter(gain, "gain", positive=True) / jnp.sqrt(connectivity.fan_in)
