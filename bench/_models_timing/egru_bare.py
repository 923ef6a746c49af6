"""Bare JAX: the same units in a hand-written scan of dense products."""

import jax
import jax.numpy as jnp

from . import _egru
from ._serve import serve


def build(sizes: dict):
    """Return what answers one sample, with all weights and with a tenth, kept as a matrix."""
    found, inputs = _egru.weights(sizes), jnp.asarray(_egru.data(sizes))

    @jax.jit
    def run(p, inputs):
        def tick(carry, x):
            h, y = carry
            az, ar, ag = jnp.split(x @ p["weight"] + p["bias"], 3)
            uz, ur, ug = jnp.split(y @ p["recurrent"] + p["recurrent_bias"], 3)
            z, r = jax.nn.sigmoid(az + uz), jax.nn.sigmoid(ar + ur)
            c = z * h + (1.0 - z) * jnp.tanh(ag + r * ug)
            y = jnp.where(c > p["threshold"], c, 0.0)
            return (jnp.where(c > p["threshold"], c - p["threshold"], c), y), y

        zero = jnp.zeros(sizes["units"])
        return jax.lax.scan(tick, (zero, zero), inputs)[1]

    def answering(recurrent):
        arrays = found | {"recurrent": recurrent}
        params = {name: jnp.asarray(value) for name, value in arrays.items()}

        def answer():
            return float(jnp.mean(run(params, inputs)))

        return answer

    left = _egru.pruned(found["recurrent"])
    return {"all weights": answering(found["recurrent"]), "a tenth": answering(left)}


if __name__ == "__main__":
    serve(build, ["jax", "numpy"])
