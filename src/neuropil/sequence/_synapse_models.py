"""Synapse models: what all neurons did, and what was found, becomes what each receives."""

import equinox as eqx
import jax
import numpy as np
from jaxtyping import Array, Float

from ..numerics import as_count, as_key, as_share, fail

NARROWEST = 16


class LinearSynapses(eqx.Module):
    r"""One gated layer: $\mathrm{LN}(u\,\sigma(v))$, where $(u, v) = W x + b$.

    **Arguments:** `inputs` and `outputs`, how many; `key`; `dropout`, the share of inputs left out
    in training.

    **Raises:** `NeuropilError` for counts below 1, and what is no key.

    >>> import jax.numpy as jnp
    >>> LinearSynapses(5, 3, key=jax.random.key(0))(jnp.ones(5), None).shape
    (3,)

    Source: Darlow et al. 2025, https://doi.org/10.48550/arXiv.2505.05522
    """

    linear: eqx.nn.Linear
    norm: eqx.nn.LayerNorm
    dropout: eqx.nn.Dropout

    def __init__(self, inputs: int, outputs: int, *, key, dropout: float = 0.0):
        inputs, outputs = as_count(inputs, "inputs"), as_count(outputs, "outputs")
        self.linear = eqx.nn.Linear(inputs, 2 * outputs, key=as_key(key))
        self.norm = eqx.nn.LayerNorm(outputs)
        self.dropout = eqx.nn.Dropout(as_share(dropout, "dropout"))

    def __call__(self, x: Float[Array, " inputs"], key) -> Float[Array, " outputs"]:
        """Return what arrives at every neuron; the key is that of the dropout."""
        x = self.dropout(x, key=key) if self.dropout.p else x
        return self.norm(jax.nn.glu(self.linear(x)))


class Block(eqx.Module):
    """Linear map, layer normalisation, SiLU."""

    linear: eqx.nn.Linear
    norm: eqx.nn.LayerNorm

    def __init__(self, inputs: int, outputs: int, *, key):
        self.linear = eqx.nn.Linear(inputs, outputs, key=key)
        self.norm = eqx.nn.LayerNorm(outputs)

    def __call__(self, x):
        """Return the block's output."""
        return jax.nn.silu(self.norm(self.linear(x)))


class UNetSynapses(eqx.Module):
    r"""Blocks that narrow down to 16 numbers and widen again, with skips between equal widths.

    Widths are $w_0 = $ outputs to $w_{k-1} = 16$, evenly spaced; a block is
    $\mathrm{SiLU}(\mathrm{LN}(W x + b))$. First one to $w_0$, then k-1 down, then k-1 up, after
    each of which $x \leftarrow \mathrm{LN}(x + x_{down})$.

    **Arguments:** `inputs` and `outputs`, how many; `depth` k, at least 2; `key`; `dropout`, the
    share of inputs of blocks left out in training.

    **Raises:** `NeuropilError` for counts below 1, fewer than 16 outputs and a depth below 2.

    >>> import jax.numpy as jnp
    >>> UNetSynapses(9, 32, depth=3, key=jax.random.key(0))(jnp.ones(9), None).shape
    (32,)

    Source: Darlow et al. 2025, https://doi.org/10.48550/arXiv.2505.05522
    """

    first_projection: Block
    down_projections: tuple[Block, ...]
    up_projections: tuple[Block, ...]
    skip_lns: tuple[eqx.nn.LayerNorm, ...]
    dropout: eqx.nn.Dropout

    def __init__(self, inputs: int, outputs: int, depth: int, *, key, dropout: float = 0.0):
        inputs, depth = as_count(inputs, "inputs"), as_count(depth, "depth", minimum=2)
        if as_count(outputs, "outputs") < NARROWEST:
            fail("outputs", outputs, f"at least {NARROWEST}, the narrowest width", "add neurons")
        widths = [int(width) for width in np.linspace(outputs, NARROWEST, depth)]
        steps = list(zip(widths[:-1], widths[1:], strict=True))
        first, *keys = jax.random.split(as_key(key), 1 + 2 * len(steps))
        down, up = keys[: len(steps)], keys[len(steps) :]
        self.first_projection = Block(inputs, widths[0], key=first)
        self.down_projections = tuple(
            Block(wide, narrow, key=k) for (wide, narrow), k in zip(steps, down, strict=True)
        )
        self.up_projections = tuple(
            Block(narrow, wide, key=k) for (wide, narrow), k in zip(steps, up, strict=True)
        )
        self.skip_lns = tuple(eqx.nn.LayerNorm(wide) for wide, _ in steps)
        self.dropout = eqx.nn.Dropout(as_share(dropout, "dropout"))

    def __call__(self, x: Float[Array, " inputs"], key) -> Float[Array, " outputs"]:
        """Return what arrives at every neuron; the key is that of the dropout."""
        keys = jax.random.split(key, 2 * len(self.skip_lns)) if self.dropout.p else None

        def passed(block, x, index):
            return block(x if keys is None else self.dropout(x, key=keys[index]))

        levels = [self.first_projection(x)]
        for index, block in enumerate(self.down_projections):
            levels.append(passed(block, levels[-1], index))
        x = levels.pop()
        blocks = list(zip(self.up_projections, self.skip_lns, strict=True))
        for index, (block, norm) in reversed(list(enumerate(blocks))):
            x = norm(passed(block, x, len(blocks) + index) + levels.pop())
        return x


def synapse_model(inputs: int, outputs: int, depth: int, *, key, dropout: float = 0.0):
    """Return `LinearSynapses` for a depth of 1, else `UNetSynapses`.

    **Arguments:** as for these.

    **Raises:** `NeuropilError` as they do.

    >>> type(synapse_model(4, 3, 1, key=jax.random.key(0))).__name__
    'LinearSynapses'
    """
    if as_count(depth, "depth") == 1:
        return LinearSynapses(inputs, outputs, key=key, dropout=dropout)
    return UNetSynapses(inputs, outputs, depth, key=key, dropout=dropout)
