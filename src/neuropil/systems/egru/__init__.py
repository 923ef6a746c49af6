"""A language model of units that send only what is above their thresholds.

A gated recurrent unit keeps its state to itself and sends its value to others only when that is
above a threshold; else it sends exactly zero. So a tick takes work in proportion to the units that
are active, and once weights are pruned, to the weights of these that are left.

Source: Subramoney et al. 2023, arXiv:2206.06178; Nazeer et al. 2023, arXiv:2312.09084.
"""

from .._system import System
from ._claims import CLAIMS
from ._plan import PLANS, Settings
from ._run import run

system = System(
    name="egru",
    title="An event-based gated recurrent language model",
    summary="A recurrent network of mostly silent units predicts text, symbol by symbol.",
    reference="10.48550/arXiv.2312.09084",
    settings=Settings,
    data=tuple(PLANS),
    run=run,
    claims=CLAIMS,
)
