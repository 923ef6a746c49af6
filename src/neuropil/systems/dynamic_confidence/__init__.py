"""A spiking network that stops when it is sure: evidence, confidence, and one threshold.

Source: Li et al. 2023, doi:10.1109/ICCV51070.2023.01224.
"""

from .._system import System
from ._claims import CLAIMS
from ._run import run
from ._settings import LOADERS, Settings

system = System(
    name="dynamic-confidence",
    title="Dynamic confidence: spiking networks that stop when they are sure",
    summary="Evidence adds up from tick to tick; each sample stops once it is likely enough.",
    reference="10.1109/ICCV51070.2023.01224",
    settings=Settings,
    data=tuple(LOADERS),
    run=run,
    claims=CLAIMS,
)
