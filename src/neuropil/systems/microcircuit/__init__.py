"""The layers of a cortical microcircuit."""

from .._system import System
from ._claims import CLAIMS
from ._run import run
from ._settings import Settings

system = System(
    name="microcircuit",
    title="A microcircuit of cortex, layer by layer",
    summary="The connections between eight populations give each layer its own rate.",
    reference="10.1093/cercor/bhs358",
    settings=Settings,
    data=("no data",),
    run=run,
    claims=CLAIMS,
)
