"""The continuous thought machine: synchronisation of neurons asks, and answers."""

import enum
import math
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from ..cells import NeuronLevelModels
from ..coding import (
    Synchronisation,
    first_last_pairs,
    random_dense_pairs,
    random_pairs,
)
from ..core import Node, Tick, learnable
from ..numerics import as_count, as_instance, as_key, as_parameter, fail
from ._attention import Attention
from ._synapse_models import LinearSynapses, UNetSynapses, synapse_model


class Pairing(enum.Enum):
    """Which neurons are compared: the first and the last ones, or random ones, densely or not."""

    FIRST_LAST = "first-last"
    RANDOM = "random"
    RANDOM_PAIRING = "random-pairing"


class ThoughtState(NamedTuple):
    """What lasts from tick to tick: histories, activations, both synchronisations."""

    history: Float[Array, "memory neurons"]
    activation: Float[Array, " neurons"]
    action: Any
    out: Any


class Thought(NamedTuple):
    """What happens in a tick of thinking."""

    output: Float[Array, " classes"]
    attention: Float[Array, "heads tokens"]
    pre_activation: Float[Array, " neurons"]
    activation: Float[Array, " neurons"]
    action: Float[Array, " pairs"]
    out: Float[Array, " pairs"]


def _only_output(thought: Thought):
    return thought.output


class ContinuousThoughtMachine(Node):
    r"""A network that thinks for some inner ticks about what it is given in one tick of a run.

    Tokens x give $\mathrm{LN}(W_{kv} x + b)$ once. Then, in every inner tick: the synchronisation
    of past activations asks, $q = W_q S_a + b$; attention finds o; synapses make arrivals of o and
    the last activations, $a = f(o, z)$; neuron-level models make activations z of their last M
    arrivals; their synchronisation answers, $y = W_o S_o + b$. The output synchronisation begins
    with the learnt first activations. What lasts goes on in the next tick of a run.

    **Arguments:** `ticks`, inner ones; `kv_proj` and `kv_norm`, to the width of attention;
    `q_proj`; `attention`; `synapses`; `neurons`, the models; `start_activated_state`, `[neuron]`;
    `action` and `out`, the two synchronisations; `output_projector`.
    :func:`continuous_thought_machine` puts them together.

    **Raises:** `NeuropilError` for parts whose sizes do not fit together.

    >>> machine = continuous_thought_machine((4, 3), 2, ticks=5, key=jax.random.key(0))
    >>> machine.ports, machine.shape
    ({'input': (4, 3)}, (5, 2))

    Source: Darlow et al. 2025, https://doi.org/10.48550/arXiv.2505.05522
    """

    ticks: int = eqx.field(static=True, converter=lambda value: as_count(value, "ticks"))
    kv_proj: eqx.nn.Linear = learnable()
    kv_norm: eqx.nn.LayerNorm = learnable()
    q_proj: eqx.nn.Linear = learnable()
    attention: Attention
    synapses: LinearSynapses | UNetSynapses = learnable()
    neurons: NeuronLevelModels
    start_activated_state: Float[Array, " neurons"] = learnable(
        converter=lambda value: as_parameter(value, "start_activated_state")
    )
    action: Synchronisation
    out: Synchronisation
    output_projector: eqx.nn.Linear = learnable()

    def __check_init__(self):
        """Refuse parts that do not fit together."""
        kinds = {
            "kv_proj": eqx.nn.Linear,
            "kv_norm": eqx.nn.LayerNorm,
            "q_proj": eqx.nn.Linear,
            "attention": Attention,
            "synapses": (LinearSynapses, UNetSynapses),
            "neurons": NeuronLevelModels,
            "action": Synchronisation,
            "out": Synchronisation,
            "output_projector": eqx.nn.Linear,
        }
        for name, kind in kinds.items():
            as_instance(getattr(self, name), name, kind, "a part of that kind")
        size, width = self.neurons.shape, self.attention.width
        sizes = {
            "action.size": (self.action.size, size),
            "out.size": (self.out.size, size),
            "start_activated_state": (self.start_activated_state.shape, size),
            "kv_proj": (self.kv_proj.out_features, width),
            "q_proj": (self.q_proj.weight.shape, (width, *self.action.shape)),
            "output_projector": (self.output_projector.in_features, self.out.shape[0]),
            "attention.queries": (self.attention.queries, 1),
        }
        for name, (got, expected) in sizes.items():
            if got != expected:
                fail(name, got, f"{expected}, as the other parts have it", "size the parts alike")

    @property
    def ports(self):
        """The one port `input`, of tokens."""
        return {"input": (self.attention.tokens, self.kv_proj.in_features)}

    @property
    def shape(self):
        """One answer for every inner tick."""
        return (self.ticks, self.output_projector.out_features)

    def init(self, *, key):
        """Return what is learnt to have been before."""
        z = self.start_activated_state
        return ThoughtState(
            self.neurons.init(key=key),
            z,
            self.action.init(key=key),
            self.out.add(self.out.init(key=key), z)[0],
        )

    def step(self, state, inputs, tick):
        """Think about the tokens of one tick."""
        return self.think(state, inputs["input"], tick, _only_output)

    def think(
        self,
        state: ThoughtState,
        tokens: Float[Array, "tokens features"],
        tick: Tick,
        keep: Callable[[Thought], Any],
    ) -> tuple[ThoughtState, Any]:
        """Return the state after thinking about tokens, and what is kept of every inner tick.

        **Arguments:** `state`; `tokens`; `tick`, of the run; `keep`, a function of a `Thought`.
        """
        seen = jax.vmap(lambda x: self.kv_norm(self.kv_proj(x)))(tokens)
        keys, values = self.attention.keys_and_values(seen)

        @partial(jax.checkpoint, prevent_cse=False)  # faster than to store what is inside
        def inner(state, index):
            own = tick._replace(key=jax.random.fold_in(tick.key, index))
            action, asked = self.action.add(state.action, state.activation)
            query = self.q_proj(asked)[None]
            found, looked = self.attention.answer(query, keys, values)
            arriving = self.synapses(jnp.concatenate([found[0], state.activation]), own.key)
            history, activation = self.neurons.step(state.history, {"input": arriving}, own)
            out, answer = self.out.add(state.out, activation)
            thought = Thought(
                self.output_projector(answer), looked[:, 0], arriving, activation, asked, answer
            )
            return ThoughtState(history, activation, action, out), keep(thought)

        return jax.lax.scan(inner, state, jnp.arange(self.ticks))

    def constrained(self):
        """Return the machine with the decays of both synchronisations within their range."""
        both = self.action.constrained(), self.out.constrained()
        return eqx.tree_at(lambda m: (m.action, m.out), self, both)

    def sense(self, state):
        """Return activations `z`, the `history` of arrivals, and both synchronisations."""
        return {
            "z": state.activation,
            "history": state.history,
            "action": self.action.sense(state.action)["synchronisation"],
            "out": self.out.sense(state.out)["synchronisation"],
        }


def continuous_thought_machine(
    tokens: tuple[int, int],
    outputs: int,
    *,
    key,
    ticks: int = 30,
    neurons: int = 128,
    width: int = 32,
    heads: int = 1,
    memory: int = 15,
    hidden: int | None = 8,
    depth: int = 1,
    pairing: Pairing = Pairing.FIRST_LAST,
    action: int = 16,
    out: int = 16,
    own: int = 0,
    dropout: float = 0.0,
) -> ContinuousThoughtMachine:
    r"""Return a continuous thought machine.

    **Arguments:** `tokens`, how many and their features; `outputs`, numbers per answer; `key`;
    `ticks` T; `neurons` D; `width` of attention and its `heads`; `memory` M and `hidden` H of the
    neuron-level models, None for shallow ones; `depth` of the synapses, a U-Net above 1;
    `pairing`; `action` and `out`, how many neurons, or pairs of a random pairing, are compared;
    `own`, how many of those pairs are of a neuron with itself; `dropout`.

    **Raises:** `NeuropilError` for sizes that are not positive or do not fit together.

    >>> from neuropil.core import simulate
    >>> machine = continuous_thought_machine((16, 4), 10, ticks=5, key=jax.random.key(0))
    >>> x = jnp.ones((1, 2, 16, 4))  # one tick of a run, two samples
    >>> simulate(machine, x, dt=1.0, key=jax.random.key(1))[1].output.shape
    (1, 2, 5, 10)

    Source: Darlow et al. 2025, https://doi.org/10.48550/arXiv.2505.05522
    """
    as_instance(pairing, "pairing", Pairing, "a Pairing")
    if not isinstance(tokens, tuple) or len(tokens) != 2:
        fail("tokens", tokens, "how many tokens, and their features", "pass e.g. (16, 4)")
    count, features = (as_count(n, "tokens") for n in tokens)
    neurons = as_count(neurons, "neurons")
    keys = jax.random.split(as_key(key), 9)
    if pairing is Pairing.FIRST_LAST:
        of_out, of_action = first_last_pairs(neurons, out, action)
    elif pairing is Pairing.RANDOM:
        of_out, of_action = (
            random_dense_pairs(neurons, n, k) for n, k in ((out, keys[0]), (action, keys[1]))
        )
    else:
        of_out, of_action = (
            random_pairs(neurons, n, k, own=own) for n, k in ((out, keys[0]), (action, keys[1]))
        )
    limit = 1.0 / math.sqrt(neurons)
    answers, questions = Synchronisation(neurons, *of_out), Synchronisation(neurons, *of_action)
    return ContinuousThoughtMachine(
        ticks,
        eqx.nn.Linear(features, as_count(width, "width"), key=keys[2]),
        eqx.nn.LayerNorm(width),
        eqx.nn.Linear(questions.shape[0], width, key=keys[3]),
        Attention(count, width, heads, key=keys[4]),
        synapse_model(width + neurons, neurons, depth, key=keys[5], dropout=dropout),
        NeuronLevelModels(neurons, memory, hidden, key=keys[6], dropout=dropout),
        jax.random.uniform(keys[7], (neurons,), minval=-limit, maxval=limit),
        questions,
        answers,
        eqx.nn.Linear(answers.shape[0], as_count(outputs, "outputs"), key=keys[8]),
    )
