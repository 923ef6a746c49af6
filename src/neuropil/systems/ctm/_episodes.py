"""Episodes of a pole to be balanced, played by a network that sees no velocities."""

from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from ...core import Node, Tick
from ...tasks import masked_cart_pole
from ._data import with_places

SCALE = np.array([2.4, 0.21], np.float32)  # where an episode ends: position (m), angle (rad)
TOKENS, ACTIONS, VALUE = (2, 3), 2, 2


class Episodes(NamedTuple):
    """What was seen, done and lived through, `[time, episode, ...]`; `lived` is 1 until the end."""

    seen: np.ndarray
    action: np.ndarray
    value: np.ndarray
    log_prob: np.ndarray
    lived: np.ndarray

    @property
    def lengths(self) -> np.ndarray:
        """How many steps each episode has, which is what it is worth."""
        return self.lived.sum(axis=0)


def tokens(seen):
    """Return what is seen `[2]` as tokens `[token, feature]`."""
    return with_places((seen / SCALE)[:, None])[0]


@eqx.filter_jit
def first_states(node: Node, episodes: int):
    """Return the state before an episode, for each of some."""
    state = node.init(key=jax.random.key(0))
    return jax.tree.map(lambda x: jnp.broadcast_to(x, (episodes, *x.shape)), state)


@eqx.filter_jit
def act(node: Node, states: Any, seen):
    """Return states after one step, and what is said of actions and value at the last inner tick.

    `seen` `[episode, 2]`; what is said `[episode, 3]`.
    """
    tick = Tick(jnp.zeros((), int), 1.0, jax.random.key(0))

    def one(state, x):
        return node.step(state, {"input": tokens(x)}, tick)

    states, said = jax.vmap(one)(states, seen)
    return states, said[:, -1]


def play_episodes(
    node: Node, episodes: int, longest: int, random: np.random.Generator, *, greedy: bool
) -> Episodes:
    """Play episodes side by side, until all have ended or `longest` steps are over.

    Actions are drawn, or the likelier ones where `greedy`.
    """
    environments = [masked_cart_pole() for _ in range(episodes)]
    first = [e.reset(seed=int(random.integers(2**31)))[0] for e in environments]
    seen, states = np.array(first, np.float32), first_states(node, episodes)
    lives = np.ones(episodes, bool)
    kept = []
    while lives.any() and len(kept) < longest:
        states, said = jax.device_get(act(node, states, seen))
        logits = said[:, :ACTIONS]
        log_probs = logits - np.logaddexp(logits[:, :1], logits[:, 1:])
        action = (
            logits.argmax(axis=1)
            if greedy
            else (random.random(episodes) < np.exp(log_probs[:, 1])).astype(int)
        )
        chosen = log_probs[np.arange(episodes), action]
        kept.append((seen, action, said[:, VALUE], chosen, lives.astype(np.float32)))
        seen, lives = seen.copy(), lives.copy()
        for index in np.flatnonzero(lives):
            seen[index], _, fell, over, _ = environments[index].step(int(action[index]))
            lives[index] = not (fell or over)
    return Episodes(*(np.stack(part) for part in zip(*kept, strict=True)))


def padded(episodes: Episodes, longest: int) -> Episodes:
    """Return episodes with zeros up to `longest` steps, so that all have one shape."""
    more = longest - len(episodes.lived)
    return Episodes(*(np.pad(x, ((0, more),) + ((0, 0),) * (x.ndim - 1)) for x in episodes))
