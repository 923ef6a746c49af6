"""Neurons that recognise sparse patterns by active dendritic segments.

Source: Ahmad and Hawkins 2016, arXiv:1601.00720.
"""

from .._system import System
from ._claims import CLAIMS
from ._run import run
from ._settings import Settings

system = System(
    name="sdr",
    title="Sparse patterns and active dendrites",
    summary="Segments with twenty synapses tell sparse patterns apart, and the formulas say when.",
    reference="10.48550/arXiv.1601.00720",
    settings=Settings,
    data=("no data",),
    run=run,
    claims=CLAIMS,
)
