"""The networks, built from parts of the library."""

import jax
import jax.numpy as jnp

from ...connectivity import fixed_probability
from ...core import Network, Projection, RunState
from ._model import IN_DEGREE, INHIBITORY_SHARE, Model


def build(model: Model, neurons: int, key: jax.Array) -> Network:
    """Return four excitatory neurons to one inhibitory, each pair connected with one probability.

    Neurons have 80 synapses on average whatever their number; a spike is felt in the next tick.

    **Arguments:** `model`, one of `MODELS`; `neurons`, of both populations; `key`, for the
    synapses.
    """
    inhibitory = round(neurons * INHIBITORY_SHARE)
    sizes = {"exc": neurons - inhibitory, "inh": inhibitory}

    def projection(source: str, target: str, key: jax.Array) -> Projection:
        probability = IN_DEGREE / neurons
        synapses = fixed_probability(sizes[source], sizes[target], probability, key, ticks=1)
        weight = jnp.full(synapses.weight_shape, model.weights[source], jnp.float32)
        return Projection(source, f"{target}.{source}", synapses, weight)

    pairs = [(source, target) for source in sizes for target in sizes]
    keys = jax.random.split(key, len(pairs))
    return Network(
        {name: model.population(size) for name, size in sizes.items()},
        tuple(projection(*pair, key) for pair, key in zip(pairs, keys, strict=True)),
        "exc",
    )


def start(model: Model, network: Network, key: jax.Array) -> RunState:
    """Return the state in which a run begins, drawn for every neuron."""
    rest = network.init(key=key)
    keys = jax.random.split(key, len(rest.nodes))
    drawn = zip(rest.nodes.items(), keys, strict=True)
    nodes = {name: model.drawn(state, key) for (name, state), key in drawn}
    return RunState(rest._replace(nodes=nodes), jnp.zeros((), jnp.int32))


def build_and_start(model: Model, neurons: int, seed: int) -> tuple[Network, RunState]:
    """Return a network and the state in which its run begins, all drawn from one seed."""
    for_synapses, for_start = jax.random.split(jax.random.key(seed))
    network = build(model, neurons, for_synapses)
    return network, start(model, network, for_start)
