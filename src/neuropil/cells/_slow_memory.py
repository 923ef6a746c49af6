"""Memory units that leak, each at its own pace."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ..core import Node
from ..numerics import as_parameter, as_shape, fail

_MARGIN = 1e-6  # ms between the outermost time constants and their limits


class SlowMemory(Node):
    r"""Leaky memory units whose time constants are spaced evenly on a logarithmic scale.

    $$m_t = \kappa\, m_{t-1} + \omega\, x_t, \qquad \kappa = e^{-\Delta t/\tau}, \qquad
    \tau = \tau_{min} + (\tau_{max} - \tau_{min})\, \sigma(u)$$

    | version | write $\omega$ | of a constant input x it keeps |
    |---|---|---|
    | 1 | $\lambda (1 - \kappa)$ | $\lambda x$ |
    | 2 | $1 - \kappa^\lambda$ | $x (1 - \kappa^\lambda) / (1 - \kappa)$ |

    Left alone, a unit halves in $\tau \ln 2$. `tau` is not learnt unless `proto_tau`, u, is marked
    as trainable; it then stays within its limits.

    **Arguments:** `size`, the shape per tick, its last axis from fast to slow; `tau_min` and
    `tau_max` in ms; `gain` $\lambda$; `version`, 1 or 2.

    **Raises:** `NeuropilError` for a size that is not positive, limits that are not
    0 < tau_min < tau_max, a gain that is not positive, and another version.

    >>> memory = SlowMemory(3, tau_min=1.0, tau_max=100.0)
    >>> [round(float(tau), 3) for tau in memory.tau]
    [1.0, 10.0, 100.0]

    Source: Spieler et al. 2023, https://doi.org/10.48550/arXiv.2306.16922
    """

    proto_tau: Float[Array, "*size"]
    tau_min: Float[Array, ""]
    tau_max: Float[Array, ""]
    gain: Float[Array, ""]
    size: tuple[int, ...] = eqx.field(static=True)
    version: int = eqx.field(static=True)

    def __init__(self, size, *, tau_min=1.0, tau_max=1000.0, gain=5.0, version=1):
        self.size = as_shape(size, "size")
        limits = {"tau_min": tau_min, "tau_max": tau_max}
        least, most = (_number(value, name, "ms") for name, value in limits.items())
        if not least < most - 2 * _MARGIN:
            fail("tau_max", tau_max, f"more than tau_min, {least:g} ms", "pass e.g. tau_max=1000.0")
        if isinstance(version, bool) or version not in (1, 2):
            fail("version", version, "1 or 2, the forms of the paper's code", "pass version=1")
        self.version = int(version)
        self.tau_min, self.tau_max = jnp.asarray(least), jnp.asarray(most)
        self.gain = jnp.asarray(_number(gain, "gain", ""))
        tau = np.geomspace(least + _MARGIN, most - _MARGIN, self.size[-1])
        tau = np.clip(tau, least + _MARGIN, most - _MARGIN)
        self.proto_tau = jnp.broadcast_to(
            jnp.asarray(np.log((tau - least) / (most - tau)), jnp.result_type(float)), self.size
        )

    @property
    def tau(self) -> Float[Array, "*size"]:
        """Time constants in ms."""
        return self.tau_min + (self.tau_max - self.tau_min) * jax.nn.sigmoid(self.proto_tau)

    @property
    def ports(self):
        """The one port `input`."""
        return {"input": self.size}

    @property
    def shape(self):
        """One value per unit."""
        return self.size

    def init(self, *, key):
        """Return zeros."""
        return jnp.zeros(self.size, self.proto_tau.dtype)

    def rates(self, dt) -> tuple[Float[Array, "*size"], Float[Array, "*size"]]:
        """Return what is kept of the memory and what is written of an input, per tick of dt ms."""
        kept = jnp.exp(-dt / self.tau)
        if self.version == 1:
            return kept, self.gain * (1.0 - kept)
        return kept, 1.0 - jnp.exp(-self.gain * dt / self.tau)

    def step(self, state, inputs, tick):
        """Leak and write one tick."""
        kept, written = self.rates(tick.dt)
        memory = kept * state + written * inputs["input"]
        return memory, memory

    def sense(self, state):
        """Return the units as `memory`."""
        return {"memory": state}


def _number(value, name, unit):
    array = as_parameter(value, name, unit=unit, positive=True)
    if array.shape:
        fail(name, f"shape {array.shape}", "one number", f"pass e.g. {name}=5.0")
    return float(array)
