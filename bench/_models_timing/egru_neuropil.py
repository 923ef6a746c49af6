"""neuropil: `simulate` of an `EGRU`, and of one whose weights are listed."""

import equinox as eqx
import jax
import jax.numpy as jnp

from neuropil.cells import EGRU
from neuropil.core import simulate

from . import _egru
from ._serve import serve


def build(sizes: dict):
    """Return what answers one sample, with all weights and with a tenth of them."""
    found, inputs = _egru.weights(sizes), jnp.asarray(_egru.data(sizes))
    key = jax.random.key(0)

    def node(arrays):
        empty = EGRU(_egru.INPUTS, sizes["units"], key=key)
        values = [jnp.asarray(value) for value in arrays.values()]
        return eqx.tree_at(lambda n: [getattr(n, name) for name in arrays], empty, values)

    @eqx.filter_jit
    def run(node, inputs):
        return simulate(node, inputs, dt=1.0, key=key)[1].output

    def answering(node):
        def answer():
            return float(jnp.mean(run(node, inputs)))

        return answer

    left = found | {"recurrent": _egru.pruned(found["recurrent"])}
    return {"all weights": answering(node(found)), "a tenth": answering(node(left).listed())}


if __name__ == "__main__":
    serve(build, ["neuropil", "jax", "equinox", "numpy"])
