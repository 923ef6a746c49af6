"""Long timescales that training makes: in neurons, or through their connections.

Source: Khajehabdollahi et al. 2024, arXiv:2309.12927.
"""

from .._system import System
from ._claims import CLAIMS
from ._network import TASKS
from ._run import run
from ._settings import Settings

system = System(
    name="timescales",
    title="Emergent timescales in recurrent networks",
    summary="What a curriculum keeps decides whether neurons or their connections remember.",
    reference="10.48550/arXiv.2309.12927",
    settings=Settings,
    data=tuple(TASKS),
    run=run,
    claims=CLAIMS,
)
