"""A small recurrent network that is linear in pieces, to reconstruct dynamical systems with."""

import math

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from ..core import Node, learnable
from ..numerics import as_count, as_flag, as_key


class ShallowPLRNN(Node):
    r"""The shallow piecewise-linear recurrent network, a map from one state to the next.

    $$z_t = A z_{t-1} + W_1 \max(0, W_2 z_{t-1} + h_2) + h_1 + C s_t$$

    with a diagonal A. Where `clipped`, $\max(0, W_2 z + h_2) - \max(0, W_2 z)$ takes the place of
    the rectified input, which is bounded: so are all orbits if $\max |A| < 1$.

    It counts ticks, not ms, and without `inputs` it runs by itself. Its state is its output; see
    :class:`TeacherForced` for how it follows data while it learns.

    **Arguments:** `size` M of the state; `hidden`, the number L of rectified units; `inputs`, the
    number of external inputs s, 0 for none; `clipped`; `key`, for $W_1 \sim U(\pm L^{-1/2})$,
    $W_2 \sim U(\pm M^{-1/2})$, and A, the diagonal of $R^\top R / M + I$ over its largest
    eigenvalue with R standard normal. $h_1$ starts at 0, and so does $h_2$ unless `clipped`.

    **Raises:** `NeuropilError` for counts that are none, and anything but a key.

    >>> from neuropil.core import simulate
    >>> plrnn = ShallowPLRNN(3, 50, key=jax.random.key(0))
    >>> _, records = simulate(plrnn, None, ticks=10, dt=1.0, key=jax.random.key(1))
    >>> records.output.shape
    (10, 3)

    Source: Hess et al. 2023, https://doi.org/10.48550/arXiv.2306.04406
    """

    a: Float[Array, " size"] = learnable()
    w1: Float[Array, "size hidden"] = learnable()
    w2: Float[Array, "hidden size"] = learnable()
    h1: Float[Array, " size"] = learnable()
    h2: Float[Array, " hidden"] = learnable()
    c: Float[Array, "size inputs"] | None = learnable()
    clipped: bool = eqx.field(static=True)

    def __init__(self, size: int, hidden: int, inputs: int = 0, clipped: bool = False, *, key):
        size, hidden = as_count(size, "size"), as_count(hidden, "hidden")
        inputs = as_count(inputs, "inputs", minimum=0)
        self.clipped = as_flag(clipped, "clipped")
        keys = jax.random.split(as_key(key), 5)
        self.a = _diagonal(size, keys[0])
        self.w1 = _uniform(keys[1], (size, hidden))
        self.w2 = _uniform(keys[2], (hidden, size))
        self.h1 = jnp.zeros(size)
        self.h2 = _uniform(keys[3], (hidden,)) if self.clipped else jnp.zeros(hidden)
        self.c = _uniform(keys[4], (size, inputs)) if inputs else None

    @property
    def ports(self):
        """The one port `input` where there are external inputs, else none."""
        return {} if self.c is None else {"input": (self.c.shape[1],)}

    @property
    def shape(self):
        """One output per state variable."""
        return self.a.shape

    def init(self, *, key):
        """Return zeros."""
        return jnp.zeros_like(self.a)

    def step(self, state, inputs, tick):
        """Apply the map once."""
        state = self.advance(state)
        if self.c is not None:
            state = state + self.c @ inputs["input"]
        return state, state

    def sense(self, state):
        """Return the state as `z`."""
        return {"z": state}

    def advance(self, z: Float[Array, " size"]) -> Float[Array, " size"]:
        """Return the next state where nothing comes from outside."""
        reached = self.w2 @ z
        rectified = jax.nn.relu(reached + self.h2)
        if self.clipped:
            rectified = rectified - jax.nn.relu(reached)
        return self.a * z + self.w1 @ rectified + self.h1

    def jacobian(self, z: Float[Array, " size"]) -> Float[Array, "size size"]:
        r"""Return the derivative of the next state by a state.

        $$J = A + W_1 \,\mathrm{diag}(W_2 z > -h_2)\, W_2$$

        where `clipped` with $(W_2 z > -h_2) - (W_2 z > 0)$.
        """
        reached = self.w2 @ z
        slope = jnp.where(reached > -self.h2, 1.0, 0.0)
        if self.clipped:
            slope = slope - jnp.where(reached > 0.0, 1.0, 0.0)
        return jnp.diag(self.a) + (self.w1 * slope) @ self.w2

    def jacobian_bound(self) -> Float[Array, ""]:
        r"""Return $\max |A| + \|W_1\| \|W_2\|$, which no Jacobian's norm exceeds."""
        return jnp.max(jnp.abs(self.a)) + jnp.linalg.norm(self.w1, 2) * jnp.linalg.norm(self.w2, 2)


def _uniform(key, shape):
    limit = 1.0 / math.sqrt(shape[-1])
    return jax.random.uniform(key, shape, minval=-limit, maxval=limit)


def _diagonal(size, key):
    drawn = jax.random.normal(key, (size, size))
    matrix = drawn.T @ drawn / size + jnp.eye(size)
    return jnp.diag(matrix) / jnp.linalg.norm(matrix, 2)
