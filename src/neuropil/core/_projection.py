import math

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from ..numerics import as_instance, as_parameter, fail, in_huge_pages, is_traced
from ._connectivity import Connectivity
from ._learnable import learnable
from ._plasticity import Plasticity


def optional_parameter(name: str, **limits):
    """Return a dataclass field that is None or converts to an array, within limits."""
    return eqx.field(
        default=None,
        converter=lambda value: None if value is None else as_parameter(value, name, **limits),
    )


class Bounds(eqx.Module):
    """The range a weight is projected into after each change; `Bounds(0.0)` keeps it a magnitude.

    **Arguments:** `lower` and `upper`, in the weight's unit; either may be infinite.

    **Raises:** `NeuropilError` unless `lower < upper`.

    >>> Bounds(0.0, 1.0).project(jnp.array([-1.0, 0.5, 2.0]))
    Array([0. , 0.5, 1. ], dtype=float32)
    """

    lower: float = eqx.field(
        static=True, default=-math.inf, converter=lambda value: _as_limit(value, "lower")
    )
    upper: float = eqx.field(
        static=True, default=math.inf, converter=lambda value: _as_limit(value, "upper")
    )

    def __check_init__(self):
        """Refuse an empty range."""
        if not self.lower < self.upper:
            got = f"{self.lower} and {self.upper}"
            fail("lower and upper", got, "lower < upper", "pass e.g. Bounds(0.0, 1.0)")

    def project(self, weight: Array) -> Array:
        """Return the weight moved into the range."""
        return jnp.clip(weight, self.lower, self.upper)

    def check(self, weight: Array) -> None:
        """Refuse weights outside the range."""
        given = np.asarray(weight)  # with JAX, what is known would be traced inside of `jit`
        if not given.size:
            return
        least, most = float(given.min()), float(given.max())
        lower, upper = np.asarray([self.lower, self.upper], weight.dtype)
        if least < lower or most > upper:
            expected = f"weights from {self.lower:g} to {self.upper:g}, the bounds"
            fix = "pass bounds.project(weight); for inhibition keep magnitudes and give a sign"
            fail("weight", f"values from {least:g} to {most:g}", expected, fix)


def _as_limit(value, name):
    is_number = isinstance(value, int | float | np.number) and not isinstance(value, bool)
    if not is_number or np.iscomplexobj(value) or math.isnan(value):
        fail(name, value, "a number, which may be infinite", "pass e.g. Bounds(0.0, 1.0)")
    return float(value)


class Projection(eqx.Module):
    """Synapses from one node to a port of another.

    Arrivals are `connectivity.transmit(weight, seen)`, where the signal seen is the source's output
    times `sign`. Dale's law: keep weights magnitudes with `Bounds(0.0)` and give each source neuron
    its sign.

    **Arguments:** `source`, a node's name for its output, or `node.observable` for something that
    it senses, such as `cells.v` as it is after the tick; `target`, a node's name, or `node.port`;
    `connectivity`; `weight`, of the connectivity's `weight_shape`; `sign`, +1 or -1, one or per
    source neuron; `bounds`; `plasticity`, or None for fixed weights.

    **Raises:** `NeuropilError` for a weight of another shape, signs other than +1 and -1, and parts
    of the wrong kind.
    """

    source: str = eqx.field(static=True)
    target: str = eqx.field(static=True)
    connectivity: Connectivity
    weight: Array = learnable(
        converter=lambda value: in_huge_pages(as_parameter(value, "weight", may_be_empty=True))
    )
    sign: Array | None = optional_parameter("sign")
    bounds: Bounds | None = None
    plasticity: Plasticity | None = None

    def __check_init__(self):
        """Refuse parts that do not fit together."""
        for name in ("source", "target"):
            value = getattr(self, name)
            if not isinstance(value, str) or not value:
                fail(name, value, "the name of a node", f"pass e.g. {name}='hidden'")
        check_synapses(self)

    @property
    def name(self) -> str:
        """`source -> target`, as printed and used in states and reports."""
        return f"{self.source} -> {self.target}"

    @property
    def origin(self) -> str:
        """The name of the node at which the projection starts."""
        return self.source.partition(".")[0]

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


def check_least_weight(projection: Projection, least: float) -> None:
    """Refuse weights below what the port can be given, and signs where they have no meaning."""
    if least == -math.inf:
        return
    name, expected = f"projection {projection.name!r}", f"at least {least:g}, as at conductances"
    fix = "give a magnitude; the reversal potential says whether it excites or inhibits"
    for part in ("weight", "sign"):
        value = getattr(projection, part)
        if value is None or value.size == 0 or is_traced(value):
            continue
        if (got := np.asarray(value).min()) < least:
            fail(f"{part} of {name}", f"{got:g}", expected, fix)


def check_synapses(synapses) -> None:
    """Refuse connectivity, weight, sign, bounds and plasticity that do not fit together."""
    connectivity = as_instance(
        synapses.connectivity, "connectivity", Connectivity, "a Connectivity"
    )
    as_instance(synapses.bounds, "bounds", (Bounds, type(None)), "Bounds or None")
    optional = (Plasticity, type(None))
    as_instance(synapses.plasticity, "plasticity", optional, "a Plasticity or None")
    weight, expected = synapses.weight, connectivity.weight_shape
    if weight is not None and weight.shape != expected:
        fix = "use an initialiser, e.g. lecun_uniform(connectivity, key)"
        fail("weight", f"shape {weight.shape}", f"shape {expected}", fix)
    if weight is not None and synapses.bounds is not None and not is_traced(weight):
        synapses.bounds.check(weight)
    sign = synapses.sign
    if sign is None or is_traced(sign):
        return
    if not np.all(np.abs(np.asarray(sign)) == 1.0):
        fail("sign", sign, "+1 or -1", "put the size into the weight")
    if sign.shape not in ((), connectivity.source):
        expected = f"one sign, or shape {connectivity.source}"
        fail("sign", f"shape {sign.shape}", expected, "give one sign per source neuron")
