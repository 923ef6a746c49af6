"""Learning inside a run: a rule proposes, a transformation shapes, bounds project."""

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array

from ..numerics import as_count, as_flag, as_instance, fail
from ._connectivity import Connectivity, Seen, coactivity
from ._tick import Tick


class Synapse(NamedTuple):
    """What one projection's synapses know at the end of a tick."""

    connectivity: Connectivity
    weight: Array
    seen: Seen
    output: Array
    target: Mapping[str, Array]
    heard: Mapping[str, Array]

    def coactivity(self, post: Array) -> Array:
        """Return what was seen times `post`, for every synapse."""
        return coactivity(self.connectivity, self.seen, post)


class Rule(eqx.Module):
    """A local learning rule, written once for every connectivity.

    `senses` names observables of the target that the rule reads; `hears` names nodes whose output
    reaches it as modulators.
    """

    senses: eqx.AbstractVar[tuple[str, ...]]
    """Observables of the target node that the rule reads."""
    hears: eqx.AbstractVar[tuple[str, ...]]
    """Nodes whose output the rule reads."""

    @abstractmethod
    def init(self, connectivity: Connectivity, weight: Array) -> Any:
        """Return the rule's traces before the first tick."""

    @abstractmethod
    def propose(self, state: Any, synapse: Synapse, tick: Tick) -> tuple[Any, Array]:
        """Return the next traces and the proposed change of every weight, to be added."""


class Plasticity(eqx.Module):
    """Makes a projection learn while it runs: its weight moves from parameter to state.

    **Arguments:** `rule`; `transform`, an optax transformation of the proposed change (None: taken
    as it is); `every`, apply at every so many ticks; `differentiable`, let gradients pass
    through the change.

    **Raises:** `NeuropilError` for parts of the wrong kind.
    """

    rule: Rule
    transform: optax.GradientTransformation = eqx.field(static=True, default_factory=optax.identity)
    every: int = eqx.field(static=True, default=1)
    differentiable: bool = eqx.field(static=True, default=False)

    def __check_init__(self):
        """Refuse parts of the wrong kind."""
        as_instance(self.rule, "rule", Rule, "a Rule")
        as_count(self.every, "every")
        as_flag(self.differentiable, "differentiable")
        if not isinstance(self.transform, optax.GradientTransformation):
            fail(
                "transform", self.transform, "an optax transformation", "pass e.g. optax.scale(0.1)"
            )

    def init(self, connectivity: Connectivity, weight: Array) -> Any:
        """Return the state of rule and transformation."""
        return self.rule.init(connectivity, weight), self.transform.init(weight)

    def adapt(self, state: Any, synapse: Synapse, tick: Tick) -> tuple[Any, Array]:
        """Return the next state and the changed weight, not yet within its bounds."""
        rule_state, transform_state = state
        rule_state, change = self.rule.propose(rule_state, synapse, tick)
        if jnp.shape(change) != synapse.weight.shape:
            got, expected = f"shape {jnp.shape(change)}", f"shape {synapse.weight.shape}"
            name = f"the change that {type(self.rule).__name__} proposes"
            fail(name, got, f"{expected}, as the weight", "use synapse.coactivity(post)")
        shaped, moved_state = self.transform.update(change, transform_state, synapse.weight)
        is_due = (tick.index + 1) % self.every == 0
        transform_state = jax.tree.map(
            lambda new, old: jnp.where(is_due, new, old), moved_state, transform_state
        )
        learnt = ((rule_state, transform_state), jnp.where(is_due, shaped, 0.0))
        if not self.differentiable:
            learnt = jax.lax.stop_gradient(learnt)
        state, change = learnt
        return state, synapse.weight + change.astype(synapse.weight.dtype)
