"""The parts of a neuron model: its equations, when it spikes, and how long it rests after."""

from abc import abstractmethod
from collections.abc import Collection
from typing import Any, ClassVar

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from ._node import Shape
from ._receptor import Drive
from ._tick import Tick


class Cell(eqx.Module):
    """The equations of one neuron model, written for one neuron; arrays broadcast.

    Variables are a dict that holds the membrane potential as `v`. A cell of several compartments
    names the potentials of all in `potentials`, `v` first; its `field` then gets a drive for each,
    in a dict by these names.
    """

    potentials: ClassVar[tuple[str, ...]] = ("v",)

    @abstractmethod
    def init(self, size: Shape) -> dict[str, Array]:
        """Return the variables at rest, each of shape `size`."""

    @abstractmethod
    def field(self, y: dict[str, Array], drive: Any) -> dict[str, Array]:
        """Return the time derivative (per ms) of every variable."""

    @abstractmethod
    def excess(self, y: dict[str, Array]) -> Array:
        """Return how far the neuron is above its threshold (a spike where it is >= 0)."""

    @abstractmethod
    def jump(self, y: dict[str, Array], spike: Array) -> dict[str, Array]:
        """Return the variables after the emission of `spike` (the reset)."""

    def potential(self, port: str) -> str:
        """Return which potential receptors at a port see and drive."""
        return "v"

    def check_ports(self, ports: Collection[str]) -> None:  # noqa: B027 - most take any
        """Refuse ports with which its parameters do not fit."""

    def time_constants(self) -> dict[str, Array]:
        """Return time constants (ms) by name, besides parameters that are some themselves."""
        return {}


def drive_of(cell: Cell, drives: dict[str, Drive]) -> Drive | dict[str, Drive]:
    """Return what a cell's `field` is given: the drive of its one potential, or those of all."""
    return drives if len(cell.potentials) > 1 else drives[cell.potentials[0]]


class Emission(eqx.Module):
    """How a neuron's output follows from the distance to its threshold.

    A stochastic emission draws from `tick.key`, and its hazard acts for `tick.dt`; it sets
    `is_random` and gives `log_prob`, which can then be recorded.
    """

    is_random: ClassVar[bool] = False

    @abstractmethod
    def emit(self, u: Float[Array, "*n"], tick: Tick) -> Float[Array, "*n"]:
        """Return the output at distance `u` above threshold."""

    def log_prob(self, u: Float[Array, "*n"], spike: Float[Array, "*n"], tick: Tick) -> Array:
        """Return the log-probability of the output `spike`; 0 where there is no choice."""
        return jnp.zeros_like(u)

    def check(self, cell: Cell) -> None:  # noqa: B027 - most go with all cells
        """Refuse cells with which it has no meaning."""


class Refractory(eqx.Module):
    """Holds a neuron still for some time after its spike."""

    @abstractmethod
    def init(self, size: Shape) -> Array:
        """Return the state of rested neurons."""

    @abstractmethod
    def is_free(self, state: Array) -> Array:
        """Return where neurons may move and spike."""

    @abstractmethod
    def after(self, state: Array, spike: Array, tick: Tick) -> Array:
        """Return the state after this tick's spikes."""
