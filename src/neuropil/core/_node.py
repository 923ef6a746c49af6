"""The one protocol that everything with a state follows."""

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array

from ..numerics import as_shape, fail
from ._tick import Tick

State = Any
Shape = tuple[int, ...]


class Node(eqx.Module):
    """Anything that turns inputs into an output, one sample and one tick at a time.

    A population, a readout, a layer, a modulator, a whole network. A node holds parameters only;
    what changes during a run is its state, an argument and a result of `step`.
    """

    ports: eqx.AbstractVar[Mapping[str, Shape]]
    """Names of the inputs and their shapes per tick."""
    shape: eqx.AbstractVar[Shape]
    """Shape of the output per tick."""

    @abstractmethod
    def init(self, *, key) -> State:
        """Return the state before the first tick."""

    @abstractmethod
    def step(self, state: State, inputs: Mapping[str, Array], tick: Tick) -> tuple[State, Array]:
        """Return the state and output after one tick; `inputs` maps every port to its arrivals."""

    @abstractmethod
    def sense(self, state: State) -> Mapping[str, Array]:
        """Return the named observables of a state (`v`, `calcium`, ...)."""


class SweepNode(Node):
    """A node with a form that is parallel in time: `sweep` equals the scan of `step`."""

    @abstractmethod
    def sweep(self, state: State, inputs: Mapping[str, Array], ticks: Tick) -> tuple[State, Array]:
        """Return the last state and the outputs of all ticks; `inputs` are time first."""


class BlockNode(Node):
    """A node made of named nodes, as a network is, that runs blocks of ticks in its own way."""

    nodes: eqx.AbstractVar[Mapping[str, Node]]
    """The nodes it is made of; its ports are theirs, as `node.port`."""

    @abstractmethod
    def run(self, state: State, inputs: Mapping[str, Array], ticks, wanted):
        """Return the state, the outputs of all ticks, and by path what was wanted."""


class Input(SweepNode):
    """An entrance: passes what it is given to the projections that start at it.

    $y_t = x_t$

    **Arguments:** `size`, the shape per tick.

    **Raises:** `NeuropilError` unless `size` is a positive int or a tuple of them.

    >>> Input(700).ports
    {'input': (700,)}
    """

    size: Shape = eqx.field(static=True, converter=lambda value: as_shape(value, "size"))

    @property
    def ports(self):
        """The one port `input`."""
        return {"input": self.size}

    @property
    def shape(self):
        """The shape of the input."""
        return self.size

    def init(self, *, key):
        """Return no state."""
        return ()

    def step(self, state, inputs, tick):
        """Pass the input on."""
        return state, inputs["input"]

    def sense(self, state):
        """Return nothing: an entrance has no observables."""
        return {}

    def sweep(self, state, inputs, ticks):
        """Pass all inputs on."""
        return state, inputs["input"]


def resolve_port(node: Node, port: str, argument: str) -> str:
    """Return the full name of a port; an empty name stands for the only one.

    **Raises:** `NeuropilError` when the name is unknown, or empty and there are several.
    """
    ports = node.ports
    if port in ports:
        return port
    if not port:
        if len(ports) == 1:
            return next(iter(ports))
        if "input" in ports:
            return "input"
    fail(
        argument,
        port or "no port",
        f"one of the ports {sorted(ports)}",
        "name the port after the node, e.g. 'node.port'",
    )


def silence(node: Node) -> dict[str, Array]:
    """Return zero input for every port of a node."""
    return {port: jnp.zeros(shape) for port, shape in node.ports.items()}
