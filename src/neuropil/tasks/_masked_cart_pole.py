"""A pole to be balanced by who does not see how fast anything moves."""

from typing import Any

from ._errors import require


def masked_cart_pole() -> Any:
    """Return Gymnasium's CartPole-v1 with both velocities hidden.

    A cart is pushed left or right so that the pole on it does not fall; the episode ends when it
    has, or after 500 steps, and every step is worth 1. What is seen are the cart's position (m)
    and the pole's angle (rad): how fast they change has to be remembered.

    **Returns:** a `gymnasium.Env` with observations [2] float32 and actions 0 (left) and 1.

    **Raises:** `MissingExtra` without Gymnasium.

    >>> env = masked_cart_pole()
    >>> seen, _ = env.reset(seed=0)
    >>> seen.shape
    (2,)

    Source: Barto, Sutton and Anderson 1983, https://doi.org/10.1109/TSMC.1983.6313077
    """
    gymnasium = require("gymnasium", "control")
    box = gymnasium.spaces.Box
    full = gymnasium.make("CartPole-v1")
    space = full.observation_space
    seen = box(space.low[::2], space.high[::2], dtype=space.dtype)
    return gymnasium.wrappers.TransformObservation(full, lambda state: state[::2], seen)
