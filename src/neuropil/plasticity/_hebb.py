import equinox as eqx
from jaxtyping import Array, Float

from ..core import Rule
from ..numerics import as_parameter, fail


class Hebb(Rule):
    r"""What is active together is connected more strongly.

    $\Delta w = \eta\; \mathrm{pre} \times \mathrm{post}$ in every tick, with pre what the synapse
    sees (delayed, signed) and post the target's output. For a synapse of its own that is
    $\Delta w_{ij} = \eta\, x_i\, y_j$; where synapses share a weight their products add up.

    **Arguments:** `rate` $\eta$, change of weight per tick in which both sides are 1; one, or one
    per weight; negative unlearns.

    **Raises:** `NeuropilError` for a rate that is not finite; at the start of a run, for rates of
    another shape than the weight's.

    >>> import jax
    >>> import jax.numpy as jnp
    >>> from neuropil.cells import leaky_integrator
    >>> from neuropil.connectivity import Dense
    >>> from neuropil.core import Input, Link, Plasticity, chain, simulate
    >>> learns = Link(Dense(1, 1), jnp.ones((1, 1)), plasticity=Plasticity(Hebb(0.5)))
    >>> net = chain(Input(1), learns, leaky_integrator(1), key=jax.random.key(0))
    >>> state, _ = simulate(net, jnp.ones((1, 1)), dt=1.0, key=jax.random.key(1))
    >>> state.node.weights[0].tolist()
    [[1.5]]

    Source: Hebb 1949, The Organization of Behavior, doi:10.4324/9781410612403.
    """

    rate: Float[Array, "..."] = eqx.field(converter=lambda value: as_parameter(value, "rate"))

    @property
    def senses(self):
        """Nothing: the output is enough."""
        return ()

    @property
    def hears(self):
        """No one."""
        return ()

    def init(self, connectivity, weight):
        """Return no traces."""
        if self.rate.shape not in ((), weight.shape):
            expected = f"one rate, or the weight's shape {weight.shape}"
            fail("rate", f"shape {self.rate.shape}", expected, "pass e.g. Hebb(0.01)")
        return ()

    def propose(self, state, synapse, tick):
        """Propose the co-activity times the rate."""
        return state, self.rate * synapse.coactivity(synapse.output)
