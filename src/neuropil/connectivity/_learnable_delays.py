"""Real-valued delays that gradients can move."""

from abc import abstractmethod

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from ..core import Connectivity, learnable
from ..numerics import as_count, as_instance, as_parameter, fail, is_traced
from ._delays import join
from ._synaptic_delays import DelayedDense, convolve_in_time


class Interpolation(eqx.Module):
    """How a real-valued delay is spread over whole lags."""

    @abstractmethod
    def bump(self, distance: Float[Array, "..."], width: Float[Array, ""]) -> Float[Array, "..."]:
        """Return the share, before normalisation, of a lag at `distance` ticks from the delay."""


class GaussianInterpolation(Interpolation):
    r"""$g(d) = \exp(-d^2 / 2 s^2)$ with s = width + 0.27 ticks.

    >>> float(GaussianInterpolation().bump(jnp.array(0.0), 1.0))
    1.0

    Source: Khalfaoui-Hassani et al. 2023, arXiv:2306.00830.
    """

    def bump(self, distance, width):
        """Return the Gaussian."""
        return jnp.exp(-0.5 * jnp.square(distance / (width + 0.27)))


class LinearInterpolation(Interpolation):
    r"""$g(d) = \max(0, 1 + \mathrm{width} - |d|)$; at width 0 the two nearest lags share linearly.

    >>> float(LinearInterpolation().bump(jnp.array(0.25), 0.0))
    0.75

    Source: Khalfaoui-Hassani et al. 2021, arXiv:2112.03740.
    """

    def bump(self, distance, width):
        """Return the triangle."""
        return jnp.maximum(0.0, 1.0 + width - jnp.abs(distance))


class LearnableDelays(Connectivity):
    r"""All-to-all synapses with learnable delays.

    $I_{t,j} = \sum_{k=0}^{K} \sum_i w_{ij}\, G_{kij}\, x_{i,\,t-k}$ with
    $G_{kij} = g(k - d_{ij}) / (\sum_k g(k - d_{ij}) + 10^{-7})$, so that a synapse's weight is the
    sum of its kernel. Start wide and narrow `width` during training; `rounded()` gives the whole
    delays that are used afterwards. With `rounding` 1 the bumps already stand at the nearest whole
    lags while gradients still move the delays (straight through); without it, delays like to end
    half-way between two lags, where rounding costs them their meaning.

    Where projections form a cycle, no delay may come to be zero: there, `least` is 1 or more. The
    sum then runs from k = `least`.

    **Arguments:** `delay`, `[source, target]` in ticks, within `least` and `longest`; `longest`, K
    in ticks; `width` of the interpolation in ticks; `rounding`, from 0 (delays as they are) to 1
    (whole delays); `interpolation`; `least`, the shortest delay in ticks, 0 or more.

    **Raises:** `NeuropilError` for delays outside their range, a `least` above `longest`, a
    negative width, a rounding outside 0 to 1, or NaN.

    >>> LearnableDelays(jnp.full((3, 2), 4.0), longest=10, width=0.0).rounded().depth
    4
    >>> LearnableDelays(jnp.full((2, 2), 3.0), longest=9, least=1).shortest
    1

    Source: Hammouamri et al. 2023, arXiv:2306.17670.
    """

    delay: Float[Array, "source target"] = learnable(
        converter=lambda value: as_parameter(value, "delay", unit="ticks", minimum=0.0)
    )
    longest: int = eqx.field(static=True, converter=lambda value: as_count(value, "longest"))
    width: Float[Array, ""] = eqx.field(
        default=0.0,
        converter=lambda value: as_parameter(value, "width", unit="ticks", minimum=0.0),
    )
    rounding: Float[Array, ""] = eqx.field(
        default=0.0,
        converter=lambda value: as_parameter(value, "rounding", minimum=0.0, maximum=1.0),
    )
    interpolation: Interpolation = eqx.field(default_factory=GaussianInterpolation)
    least: int = eqx.field(
        static=True, default=0, converter=lambda value: as_count(value, "least", minimum=0)
    )

    def __check_init__(self):
        """Refuse delays that are no matrix or too long."""
        as_instance(self.interpolation, "interpolation", Interpolation, "an Interpolation")
        if self.delay.ndim != 2:
            fail("delay", f"shape {self.delay.shape}", "[source, target]", "pass a matrix")
        for name in ("width", "rounding"):
            if getattr(self, name).ndim:
                fail(name, f"shape {getattr(self, name).shape}", "one number", "give one for all")
        if self.least > self.longest:
            fail("least", self.least, f"at most longest = {self.longest}", "lower least")
        if not is_traced(self.delay):
            if float(self.delay.max()) > self.longest:
                found = f"{float(self.delay.max())}"
                fail("delay", found, f"at most longest = {self.longest}", "clip")
            if float(self.delay.min()) < self.least:
                found = f"{float(self.delay.min())}"
                fail("delay", found, f"at least least = {self.least}", "clip, or lower least")

    @property
    def source(self):
        """The number of source neurons."""
        return self.delay.shape[-2:-1]

    @property
    def target(self):
        """The number of target neurons."""
        return self.delay.shape[-1:]

    @property
    def weight_shape(self):
        """Source by target."""
        return self.delay.shape[-2:]

    @property
    def fan_in(self):
        """The number of source neurons."""
        return self.delay.shape[-2]

    @property
    def depth(self):
        """The longest delay the kernel can hold."""
        return self.longest

    @property
    def shortest(self):
        """The shortest delay that may be learnt."""
        return self.least

    def kernel(self) -> Float[Array, "lag source target"]:
        """Return G, the share of every lag from `least` to `longest`; it sums to one over them."""
        lags = jnp.arange(self.least, self.longest + 1, dtype=self.delay.dtype)[:, None, None]
        width = jax.lax.stop_gradient(self.width)
        to_whole = jax.lax.stop_gradient(self.rounding * (jnp.round(self.delay) - self.delay))
        bump = self.interpolation.bump(lags - (self.delay + to_whole)[None], width)
        return bump / (jnp.sum(bump, axis=0) + 1e-7)

    def read(self, window):
        """Return the whole window: every synapse sees all lags."""
        return window

    def transmit(self, weight, seen):
        """Return the sum over lags and sources."""
        seen = seen[self.least :].astype(weight.dtype)
        return jnp.einsum("kn,knm->m", seen, self.kernel() * weight)

    def sweep(self, weight, past, signal):
        """Return all ticks' arrivals, of the signal as it was `least` ticks ago."""
        known = join(past, signal)[: self.depth - self.least + signal.shape[0]]
        older, recent = jnp.split(known, [self.depth - self.least])
        return convolve_in_time(self.kernel() * weight, older, recent)

    def constrained(self):
        """Return the connectivity with delays moved back into least ... longest."""
        inside = jnp.clip(self.delay, self.least, self.longest)
        return eqx.tree_at(lambda c: c.delay, self, inside)

    def rounded(self) -> DelayedDense:
        """Return the same synapses with the nearest whole delays."""
        return DelayedDense(jnp.round(self.delay).astype(jnp.int32))
