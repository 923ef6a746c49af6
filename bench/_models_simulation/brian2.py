"""Brian2, C++ standalone, with the scheme that neuropil takes by default too."""

from ._brian2 import build
from ._serve import serve

if __name__ == "__main__":
    serve(build, ["brian2", "numpy"])
