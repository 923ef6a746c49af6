"""neuropil with forward Euler, for COBA against Brian2's own choice."""

from functools import partial

from neuropil.numerics import Euler

from ._neuropil import build
from ._serve import serve

if __name__ == "__main__":
    serve(partial(build, integrator=Euler()), ["jax", "equinox", "numpy"])
