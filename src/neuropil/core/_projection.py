import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array

from ..numerics import as_instance, as_parameter, fail, is_traced
from ._connectivity import Connectivity
from ._learnable import learnable
from ._plasticity import Plasticity


class Bounds(eqx.Module):
    """The range a weight is projected into after each change; `Bounds(0.0)` keeps it a magnitude.

    **Arguments:** `lower` and `upper`, in the weight's unit; either may be infinite.

    **Raises:** `NeuropilError` unless `lower < upper`.

    >>> Bounds(0.0, 1.0).project(jnp.array([-1.0, 0.5, 2.0]))
    Array([0. , 0.5, 1. ], dtype=float32)
    """

    lower: float = eqx.field(static=True, default=-jnp.inf)
    upper: float = eqx.field(static=True, default=jnp.inf)

    def __check_init__(self):
        """Refuse an empty range."""
        good = all(
            isinstance(x, int | float) and not isinstance(x, bool) for x in (self.lower, self.upper)
        )
        if not good or not self.lower < self.upper:
            fail(
                "bounds",
                (self.lower, self.upper),
                "two numbers, lower < upper",
                "pass e.g. Bounds(0.0, 1.0)",
            )

    def project(self, weight: Array) -> Array:
        """Return the weight moved into the range."""
        return jnp.clip(weight, self.lower, self.upper)


class Projection(eqx.Module):
    """Synapses from one node to a port of another.

    Arrivals are `connectivity.transmit(weight, seen)`, where the signal seen is the source's output
    times `sign`. Dale's law: keep weights magnitudes with `Bounds(0.0)` and give each source neuron
    its sign.

    **Arguments:** `source`, a node's name; `target`, a node's name, or `node.port`;
    `connectivity`; `weight`, of the connectivity's `weight_shape`; `sign`, +1 or -1, one or per
    source neuron; `bounds`; `plasticity`, or None for fixed weights.

    **Raises:** `NeuropilError` for a weight of another shape, signs other than +1 and -1, and parts
    of the wrong kind.
    """

    source: str = eqx.field(static=True)
    target: str = eqx.field(static=True)
    connectivity: Connectivity
    weight: Array = learnable(converter=lambda value: as_parameter(value, "weight"))
    sign: Array | None = eqx.field(
        default=None, converter=lambda value: None if value is None else as_parameter(value, "sign")
    )
    bounds: Bounds | None = None
    plasticity: Plasticity | None = None

    def __check_init__(self):
        """Refuse parts that do not fit together."""
        for name in ("source", "target"):
            value = getattr(self, name)
            if not isinstance(value, str) or not value:
                fail(name, value, "the name of a node", f"pass e.g. {name}='hidden'")
        as_instance(self.connectivity, "connectivity", Connectivity, "a Connectivity")
        as_instance(self.bounds, "bounds", (Bounds, type(None)), "Bounds or None")
        as_instance(self.plasticity, "plasticity", (Plasticity, type(None)), "a Plasticity or None")
        expected = self.connectivity.weight_shape
        if self.weight.shape[-len(expected) :] != expected:
            fail(
                "weight",
                f"shape {self.weight.shape}",
                f"shape {expected}",
                "use an initialiser, e.g. lecun_uniform(connectivity, key)",
            )
        if self.sign is not None and not is_traced(self.sign):
            if not bool(jnp.all(jnp.abs(self.sign) == 1.0)):
                fail("sign", self.sign, "+1 or -1", "put the size into the weight")
            if self.sign.shape not in ((), self.connectivity.source):
                fail(
                    "sign",
                    f"shape {self.sign.shape}",
                    f"one sign, or shape {self.connectivity.source}",
                    "give one sign per source neuron",
                )

    @property
    def name(self) -> str:
        """`source -> target`, as printed and used in states and reports."""
        return f"{self.source} -> {self.target}"

    def signed(self, signal: Array) -> Array:
        """Return the presynaptic signal with its sign."""
        return signal if self.sign is None else signal * self.sign

    def within_bounds(self, weight: Array) -> Array:
        """Return the weight moved into its bounds."""
        return weight if self.bounds is None else self.bounds.project(weight)

    def constrained(self) -> "Projection":
        """Return the projection with weight and delays moved back into their ranges."""
        return eqx.tree_at(
            lambda p: (p.weight, p.connectivity),
            self,
            (self.within_bounds(self.weight), self.connectivity.constrained()),
        )
