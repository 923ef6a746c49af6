"""Learning to act from whole episodes: clipped policy gradients with a learnt baseline."""

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax

from ...core import Node, learnable_mask, simulate
from ._episodes import ACTIONS, VALUE, Episodes, tokens

DISCOUNT, TRACE, CLIP, OF_VALUE, OF_ENTROPY = 0.99, 0.95, 0.2, 0.25, 0.01
VALUE_UNIT = 20.0  # steps: values are learnt in this unit, so that all terms of the loss are alike


class Experience(NamedTuple):
    """Episodes as the loss wants them, `[time, episode, ...]`."""

    seen: np.ndarray
    action: np.ndarray
    log_prob: np.ndarray
    advantage: np.ndarray
    worth: np.ndarray
    lived: np.ndarray


def advantages(value: np.ndarray, lived: np.ndarray) -> np.ndarray:
    r"""Return $\sum_k (\gamma \lambda)^k \delta_{t+k}$, $\delta_t = r_t + \gamma V_{t+1} - V_t$.

    Every step lived is worth 1; after the last one nothing follows. `value` and `lived` are
    `[time, episode]`, values in steps.
    """
    value = value * lived
    following = np.append(value[1:], np.zeros_like(value[:1]), axis=0)
    error = (1.0 + DISCOUNT * following - value) * lived
    found, later = np.zeros_like(error), np.zeros_like(error[0])
    for t in reversed(range(len(error))):
        found[t] = later = error[t] + DISCOUNT * TRACE * later
    return found * lived


def experience(episodes: Episodes) -> Experience:
    """Return episodes with how much better than foretold they went."""
    value, lived = VALUE_UNIT * episodes.value, episodes.lived
    better = advantages(value, lived)
    worth = (better + value * lived) / VALUE_UNIT
    count = lived.sum()
    mean = better.sum() / count
    spread = np.sqrt((((better - mean) * lived) ** 2).sum() / count) + 1e-6
    scaled = (better - mean) / spread * lived
    return Experience(episodes.seen, episodes.action, episodes.log_prob, scaled, worth, lived)


def loss(node: Node, got: Experience):
    """Return the clipped loss of actions, values and entropy, per step lived."""
    inputs = jax.vmap(jax.vmap(tokens))(got.seen)
    _, records = simulate(node, inputs, dt=1.0, key=jax.random.key(0))
    said = records.output[:, :, -1]
    log_probs = jax.nn.log_softmax(said[..., :ACTIONS])
    chosen = jnp.take_along_axis(log_probs, got.action[..., None], axis=-1)[..., 0]
    ratio = jnp.exp(chosen - got.log_prob)
    clipped = jnp.clip(ratio, 1.0 - CLIP, 1.0 + CLIP)
    gain = jnp.minimum(ratio * got.advantage, clipped * got.advantage)
    miss = (said[..., VALUE] - got.worth) ** 2
    entropy = -jnp.sum(jnp.exp(log_probs) * log_probs, axis=-1)
    every = -gain + OF_VALUE * miss - OF_ENTROPY * entropy
    return jnp.sum(every * got.lived) / jnp.sum(got.lived)


@eqx.filter_jit
def update(node: Node, state: optax.OptState, optimizer, got: Experience):
    """Return node, optimiser's state and loss after one step."""
    learnt, fixed = eqx.partition(node, learnable_mask(node))
    value, slope = jax.value_and_grad(lambda p: loss(eqx.combine(p, fixed), got))(learnt)
    change, state = optimizer.update(slope, state, learnt)
    return eqx.combine(eqx.apply_updates(learnt, change), fixed).constrained(), state, value


def begin(node: Node, optimizer) -> optax.OptState:
    """Return the optimiser's first state."""
    return optimizer.init(eqx.filter(node, learnable_mask(node)))
