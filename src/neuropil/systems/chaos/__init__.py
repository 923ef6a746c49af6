"""Reconstructing an attractor: a small network becomes the system whose series it has followed.

The network is linear in pieces and learns by gradients through hundreds of steps of a chaotic
series. Such gradients explode, unless the state is pulled a part of the way to the data in every
step: generalised teacher forcing. Afterwards it runs freely, and is judged by where its trajectory
goes, by its rhythms, and by its Lyapunov spectrum, not by forecasts that chaos forbids.

Source: Hess, Monfared, Brenner and Durstewitz 2023, arXiv:2306.04406.
"""

from .._system import System
from ._claims import CLAIMS
from ._plan import PLANS, Settings
from ._run import run

system = System(
    name="chaos",
    title="Generalised teacher forcing of a piecewise-linear network",
    summary="A small recurrent network that reconstructs a chaotic system from its series.",
    reference="10.48550/arXiv.2306.04406",
    settings=Settings,
    data=tuple(PLANS),
    run=run,
    claims=CLAIMS,
)
