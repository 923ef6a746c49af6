"""neuropil with exponential Euler, its default."""

from functools import partial

from neuropil.numerics import ExponentialEuler

from ._neuropil import build
from ._serve import serve

if __name__ == "__main__":
    serve(partial(build, integrator=ExponentialEuler()), ["jax", "equinox", "numpy"])
