"""Sparsely connected neurons that excite and inhibit, in four regimes."""

from .._system import System
from ._claims import CLAIMS
from ._run import run
from ._settings import Settings

system = System(
    name="brunel",
    title="Four regimes of sparsely connected neurons",
    summary="Inhibition and external drive decide whether a network is synchronous or regular.",
    reference="10.1023/A:1008925309027",
    settings=Settings,
    data=("no data",),
    run=run,
    claims=CLAIMS,
)
