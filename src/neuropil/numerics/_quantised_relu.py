from dataclasses import dataclass

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from ._errors import as_count, as_parameter, fail


@dataclass(frozen=True)
class QuantisedReLU:
    r"""A rectifier in steps, $s\,\mathrm{clip}(\mathrm{round}(z/s), 0, L)$.

    Its derivative is 1 for $0 < z/s < L$, else 0: straight through the rounding.

    **Arguments:** `step` s, a number; `levels` L, above zero: $2^b - 1$ for b bits.

    **Raises:** `NeuropilError` for a step that is not one positive number, and fewer levels than 1.

    >>> QuantisedReLU(step=0.5, levels=3)(jnp.array([-1.0, 0.3, 0.8, 9.0])).tolist()
    [0.0, 0.5, 1.0, 1.5]

    Source: Bu et al. 2022, https://doi.org/10.48550/arXiv.2303.04347
    """

    step: float = 1.0
    levels: int = 3

    def __post_init__(self):
        """Refuse steps and levels that are none."""
        step = as_parameter(self.step, "step", positive=True)
        if step.ndim:
            fail("step", f"shape {step.shape}", "one number", "pass e.g. step=0.35")
        object.__setattr__(self, "step", float(step))
        object.__setattr__(self, "levels", as_count(self.levels, "levels"))

    def __call__(self, z: Float[Array, "*n"]) -> Float[Array, "*n"]:
        """Return the steps."""
        inside = jnp.clip(z / self.step, 0.0, self.levels)
        stepped = inside + jax.lax.stop_gradient(jnp.round(inside) - inside)
        return self.step * stepped
