"""Motion in event streams, seen by a layer whose synapses have many delays.

Source: Grimaldi and Perrinet 2023, doi:10.1007/s00422-023-00975-8.
"""

from .._system import System
from ._claims import CLAIMS
from ._data import MOVIES
from ._run import run
from ._settings import Settings

system = System(
    name="motion",
    title="Heterogeneous delays for the detection of motion",
    summary="Kernels in space and delay: what moves along their line arrives all at once.",
    reference="10.1007/s00422-023-00975-8",
    settings=Settings,
    data=tuple(MOVIES),
    run=run,
    claims=CLAIMS,
)
