"""A network that runs on all devices of a mesh, as a node."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.experimental import multihost_utils
from jax.sharding import NamedSharding

from ..numerics import as_instance, fail
from ._local import EVERYWHERE, Local
from ._network import OUTPUT, NetworkState
from ._node import BlockNode
from ._schedule import depths
from ._simulate import RunState
from ._split_run import run_local
from ._tick import key_of
from ._ticks import OneTick


class Planned(BlockNode):
    """What :func:`plan` returns: a node that runs as the network does, on all devices of a mesh.

    Its ports, outputs and records are the network's. Its state has the network's structure, with
    populations filled up to equal shares; `place` and `gather` lead there and back.
    """

    local: Local

    @property
    def nodes(self):
        """The nodes of the network, without what their populations were filled up with."""
        trimmed = self.local.split.trimmed
        return {name: self.local.on_parameters(trimmed, name) for name in self.local.nodes}

    @property
    def ports(self):
        """Every port of every node, as `node.port`."""
        nodes = self.local.nodes.items()
        return {f"{name}.{port}": n for name, node in nodes for port, n in node.ports.items()}

    @property
    def shape(self):
        """The shape of the output node."""
        return self.local.nodes[self.local.output].shape

    def init(self, *, key):
        """Return the network's state before the first tick, every share of it on its device."""
        split = self.local.split
        nodes = {name: node.init(key=key_of(key, name)) for name, node in self.nodes.items()}
        histories = {
            name: jnp.zeros((depth, *self.local.nodes[name].shape))
            for name, depth in depths(self.local).items()
        }
        nothing = (None,) * len(self.local.projections)

        def lay(x, shape):
            where = NamedSharding(split.mesh, split.where(x, shape))
            return jax.lax.with_sharding_constraint(split.filled(x, shape), where)

        return self.local.on_state(lay, NetworkState(nodes, histories, nothing, nothing))

    def step(self, state, inputs, tick):
        """Run one tick on all devices."""
        index = jnp.asarray(tick.index)[None]
        inputs = {port: jnp.asarray(x)[None] for port, x in inputs.items()}
        state, output, _ = self.run(state, inputs, OneTick(index, tick.dt, tick.key), ())
        return state, output[0]

    def sense(self, state):
        """Return the observables of all nodes, as `node.name`."""
        states = self.local.on_state(self.local.split.trimmed, state).nodes
        return {
            f"{name}.{observable}": value
            for name, node in self.nodes.items()
            for observable, value in node.sense(states[name]).items()
        }

    def run(self, state, inputs, ticks, wanted):
        """Run a block of ticks on all devices."""
        local, split = self.local, self.local.split
        inner = tuple(path for path in wanted if path != (OUTPUT,))
        of_port = {port: port.partition(".")[0] for port in inputs}
        inputs = {
            port: local.on_values(split.filled, of_port[port], x) for port, x in inputs.items()
        }
        arrays, static = eqx.partition((local, ticks), eqx.is_array)

        def local_run(arrays, state, inputs):
            local, ticks = eqx.combine(arrays, static)
            return run_local(local.of_device(), state, inputs, ticks, inner)

        state_at = local.state_at(state)
        inputs_at = {port: local.values_at(of_port[port], x) for port, x in inputs.items()}
        ticks_at = jax.tree.map(lambda x: EVERYWHERE, arrays[1])
        found_at = {path: local.over_time_at(path[0]) for path in inner}
        over_devices = jax.shard_map(
            local_run,
            mesh=split.mesh,
            in_specs=((local.at(), ticks_at), state_at, inputs_at),
            out_specs=(state_at, local.over_time_at(local.output), found_at),
            check_vma=False,
        )
        state, output, seen = _without_derivative(over_devices)(arrays, state, inputs)
        output = local.on_values(split.trimmed, local.output, output)
        seen = {path: local.on_values(split.trimmed, path[0], x) for path, x in seen.items()}
        return state, output, seen | ({(OUTPUT,): output} if (OUTPUT,) in wanted else {})

    def place(self, state: RunState) -> RunState:
        """Return a state of the network as one of this node, every share of it on its device.

        **Arguments:** `state`, where a run of the network stands, the same in every process.

        **Raises:** `NeuropilError` for anything else.
        """
        expected = "a RunState of the network that was planned"
        state, split = as_instance(state, "state", RunState, expected), self.local.split
        names = getattr(state.node, "nodes", None), getattr(state.node, "histories", None)
        if names[0] is None or set(names[0]) != set(self.local.nodes):
            fail("state", f"a {type(state.node).__name__}", expected, "pass what simulate returned")

        def lay(x, shape):
            if x.shape[x.ndim - len(shape) :] != shape:
                got, fix = f"an array {list(x.shape)}", "a planned state is placed already"
                fail("state", got, f"[..., {', '.join(map(str, shape))}]", fix)
            filled = split.filled(np.asarray(x), shape)
            return split.laid(filled, split.where(filled, shape))

        return RunState(self.local.on_state(lay, state.node), state.tick)

    def gather(self, found: Any) -> Any:
        """Return what a run returned, as arrays of this process; every process has to call it.

        **Arguments:** `found`, records, or a state, which becomes one of the network.
        """

        def trimmed(x):
            if not isinstance(x, RunState):
                return x
            return x._replace(node=self.local.on_state(self.local.split.trimmed, x.node))

        here = jax.tree.map(_gathered, found)
        return jax.tree.map(trimmed, here, is_leaf=lambda x: isinstance(x, RunState))


def _gathered(x):
    if not isinstance(x, jax.Array):
        return x
    if not (x.is_fully_addressable or x.is_fully_replicated):
        x = multihost_utils.process_allgather(x, tiled=True)
    return jnp.asarray(np.asarray(x))


def _without_derivative(function):
    """Refuse derivatives by name, before JAX meets kernels that have none."""
    call = jax.custom_jvp(function)

    @call.defjvp
    def refuse(primals, tangents):
        fix = "differentiate simulate(network, ...), or batches of it"
        fail("node", "a derivative of a planned network", "a run forwards", fix)

    return call
