"""What arrives at a port becomes a drive of the membrane."""

import math
from abc import abstractmethod
from typing import Any, ClassVar, NamedTuple

import equinox as eqx
from jaxtyping import Array, Float

from ._node import Shape
from ._tick import Tick


class Drive(NamedTuple):
    r"""What receptors do to a membrane in one tick.

    The current is `const - slope * v` (nA; uS for the slope); `jump` (mV) is added to v at once.
    """

    const: Array | float = 0.0
    slope: Array | float = 0.0
    jump: Array | float = 0.0

    def current(self, v: Float[Array, "*n"]) -> Array | float:
        """Return the current (nA) at membrane potential `v` (mV)."""
        if isinstance(self.slope, float) and self.slope == 0.0:
            return self.const
        return self.const - self.slope * v

    def plus(self, other: "Drive") -> "Drive":
        """Return the sum of two drives."""
        return Drive(*(added(a, b) for a, b in zip(self, other, strict=True)))


def added(a: Array | float, b: Array | float) -> Array | float:
    """Return the sum; a zero that nobody set costs nothing."""
    if isinstance(a, float) and a == 0.0:
        return b
    return a if isinstance(b, float) and b == 0.0 else a + b


class Receptor(eqx.Module):
    """Turns what arrives at a port into a drive of the membrane; its state is post-sized."""

    least_weight: ClassVar[float] = -math.inf
    """The smallest weight that means something here; 0 where weights are conductances."""
    knows_weights: ClassVar[bool] = False
    """Whether it holds numbers made of the weights, which must then not change without it."""

    def port(self, size: Shape) -> Shape:
        """Return the shape of what arrives at a population: one number per neuron by default."""
        return size

    @abstractmethod
    def init(self, size: Shape) -> Any:
        """Return the receptor's state for a population of the given shape."""

    @abstractmethod
    def step(self, state: Any, arriving: Array, v: Array, tick: Tick) -> tuple[Any, Drive]:
        """Return the next state and the drive during this tick."""

    def time_constants(self) -> dict[str, Array]:
        """Return time constants (ms) by name, besides parameters that are some themselves."""
        return {}


class Current(Receptor):
    """Arrivals are a current for the length of the tick: $I = \\sum w s$ (nA).

    >>> import jax.numpy as jnp
    >>> Current().step((), jnp.ones(1), jnp.zeros(1), None)[1].const
    Array([1.], dtype=float32)
    """

    def init(self, size):
        """Return no state."""
        return ()

    def step(self, state, arriving, v, tick):
        """Pass the arrivals on as a current."""
        return state, Drive(const=arriving)


class Delta(Receptor):
    """Arrivals shift the membrane at once: $v \\leftarrow v + \\sum w s$ (mV).

    >>> import jax.numpy as jnp
    >>> Delta().step((), jnp.ones(1), jnp.zeros(1), None)[1].jump
    Array([1.], dtype=float32)
    """

    def init(self, size):
        """Return no state."""
        return ()

    def step(self, state, arriving, v, tick):
        """Pass the arrivals on as a jump of the membrane."""
        return state, Drive(jump=arriving)
