"""Brian2, C++ standalone, with forward Euler: what it takes for COBA if no scheme is asked for.

An exponential per neuron and tick less than the exponential Euler scheme of `brian2.py`, and of
lower order; HH-COBA would need shorter ticks, and CUBA is linear.
"""

from functools import partial

from ._brian2 import build
from ._serve import serve

if __name__ == "__main__":
    serve(partial(build, methods={"coba": "euler"}), ["brian2", "numpy"])
