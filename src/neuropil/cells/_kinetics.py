"""How fast the gates of sodium and potassium channels open and close."""

from abc import abstractmethod

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from ..numerics import relative_growth
from ._parameter import parameter

Rates = dict[str, tuple[Array, Array]]


class Kinetics(eqx.Module):
    """Opening and closing rates of the gates m, h and n."""

    @abstractmethod
    def rates(self, v: Float[Array, "*n"]) -> Rates:
        """Return opening and closing rate (1/ms) of every gate at potential `v` (mV)."""


class SquidKinetics(Kinetics):
    r"""Gates of the squid's giant axon at 6.3 degrees Celsius, for a rest of -65 mV.

    - $\alpha_m = 0.1 (v+40) / (1 - e^{-(v+40)/10})$, $\beta_m = 4 e^{-(v+65)/18}$
    - $\alpha_h = 0.07 e^{-(v+65)/20}$, $\beta_h = 1 / (1 + e^{-(v+35)/10})$
    - $\alpha_n = 0.01 (v+55) / (1 - e^{-(v+55)/10})$, $\beta_n = 0.125 e^{-(v+65)/80}$

    >>> opening, closing = SquidKinetics().rates(jnp.array(-40.0))["m"]
    >>> float(opening)
    1.0

    Source: Hodgkin & Huxley 1952, doi:10.1113/jphysiol.1952.sp004764.
    """

    def rates(self, v):
        """Return opening and closing rate (1/ms) of every gate."""
        return {
            "m": (1.0 / relative_growth(-(v + 40.0) / 10.0), 4.0 * jnp.exp(-(v + 65.0) / 18.0)),
            "h": (0.07 * jnp.exp(-(v + 65.0) / 20.0), jax.nn.sigmoid((v + 35.0) / 10.0)),
            "n": (0.1 / relative_growth(-(v + 55.0) / 10.0), 0.125 * jnp.exp(-(v + 65.0) / 80.0)),
        }


class TraubMilesKinetics(Kinetics):
    r"""Gates of hippocampal pyramidal cells, with $x = v - v_T$.

    - $\alpha_m = 0.32 (13-x) / (e^{(13-x)/4} - 1)$, $\beta_m = 0.28 (x-40) / (e^{(x-40)/5} - 1)$
    - $\alpha_h = 0.128 e^{(17-x)/18}$, $\beta_h = 4 / (1 + e^{(40-x)/5})$
    - $\alpha_n = 0.032 (15-x) / (e^{(15-x)/5} - 1)$, $\beta_n = 0.5 e^{(10-x)/40}$

    **Arguments:** `shift` $v_T$ (mV), one or per neuron.

    **Raises:** `NeuropilError` unless finite.

    >>> opening, closing = TraubMilesKinetics(-63.0).rates(jnp.array(-50.0))["m"]
    >>> round(float(opening), 2)
    1.28

    Source: Traub & Miles 1991, doi:10.1017/CBO9780511895401, as in Brette et al. 2007,
    doi:10.1007/s10827-007-0038-6.
    """

    shift: Float[Array, "..."] = parameter("shift", "mV", -63.0)

    def rates(self, v):
        """Return opening and closing rate (1/ms) of every gate."""
        x = v - self.shift
        return {
            "m": (
                1.28 / relative_growth((13.0 - x) / 4.0),
                1.4 / relative_growth((x - 40.0) / 5.0),
            ),
            "h": (0.128 * jnp.exp((17.0 - x) / 18.0), 4.0 * jax.nn.sigmoid((x - 40.0) / 5.0)),
            "n": (0.16 / relative_growth((15.0 - x) / 5.0), 0.5 * jnp.exp((10.0 - x) / 40.0)),
        }
