from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from ..core import Rule, coactivity
from ..numerics import as_parameter, fail


class TempotronTrace(NamedTuple):
    """The highest output so far, per target neuron, and what synapses saw when it was reached."""

    highest: Array
    seen: Array


class Tempotron(Rule):
    r"""Teaches a neuron when to spike at all, by what it saw at the peak of its potential.

    At the end of a trial, when the label comes: if the neuron should have spiked and its potential
    never reached the threshold, $\Delta w_i = \lambda\, x_i(t_{max})$; if it should not have and
    did, $-\lambda\, x_i(t_{max})$; else nothing. Here $x_i$ is what the synapse sees, usually the
    output of a :class:`~neuropil.synapses.PostsynapticPotential`, $\sum_{t_i < t} K(t - t_i)$, and
    $t_{max}$ the tick of the highest output of the target, which is its potential without resets.

    **Arguments:** `label`, the node that is heard, of the target's shape: +1 in the last tick of a
    trial where the neuron should spike, -1 where not, and 0 in all other ticks; `rate` $\lambda$;
    `threshold`, of the potential.

    **Raises:** `NeuropilError` for a label that is no name, and numbers that are not finite.

    >>> Tempotron("label").hears
    ('label',)

    Source: Guetig and Sompolinsky 2006, doi:10.1038/nn1643.
    """

    label: str = eqx.field(static=True)
    rate: Float[Array, ""] = eqx.field(
        default=0.01, converter=lambda value: as_parameter(value, "rate")
    )
    threshold: Float[Array, "..."] = eqx.field(
        default=1.0, converter=lambda value: as_parameter(value, "threshold")
    )

    def __check_init__(self):
        """Refuse anything but a name, and several rates."""
        if not isinstance(self.label, str) or not self.label:
            fail("label", self.label, "the name of a node", "pass e.g. label='label'")
        if self.rate.ndim:
            fail("rate", f"shape {self.rate.shape}", "one number", "pass e.g. rate=0.01")

    @property
    def senses(self):
        """Nothing: the output is enough."""
        return ()

    @property
    def hears(self):
        """The label."""
        return (self.label,)

    def init(self, connectivity, weight):
        """Return no output so far, and nothing seen."""
        lowest = jnp.full(connectivity.target, jnp.finfo(weight.dtype).min, weight.dtype)
        return TempotronTrace(lowest, jnp.zeros_like(weight))

    def propose(self, state, synapse, tick):
        """Keep what is seen at a new peak; at the end of a trial, correct a wrong answer."""
        output, label = synapse.output, synapse.heard[self.label]
        rises = output > state.highest
        highest = jnp.where(rises, output, state.highest)
        ones = jax.tree.map(jnp.ones_like, synapse.seen)
        mine = coactivity(synapse.connectivity, ones, rises.astype(output.dtype)) > 0
        seen = jnp.where(mine, synapse.coactivity(rises.astype(output.dtype)), state.seen)
        spiked = highest >= self.threshold
        wrong = jnp.where(spiked, label < 0, label > 0)
        error = jnp.where(wrong, label, 0.0)
        signs = coactivity(synapse.connectivity, ones, error)
        return TempotronTrace(highest, seen), self.rate * signs * seen
