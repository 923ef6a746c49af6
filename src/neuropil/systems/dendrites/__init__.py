"""Perforated backpropagation: neurons grow dendrites that learn what error still arrives there.

A small network is fitted. Then every neuron gets a dendrite, which reads what the neuron reads and
is trained to vary with the neuron's error while all else stands still; it is frozen, connected to
its neuron by one weight, and the network is fitted on. The cycle repeats. The network may be one of
units without a memory, or one that spikes: it is given dendrites by the same function.

Source: Brenner and Itti 2025, arXiv:2501.18018.
"""

from .._system import System
from ._claims import CLAIMS
from ._plan import LOADERS, Settings
from ._run import run

system = System(
    name="dendrites",
    title="Perforated backpropagation",
    summary="A fitted network grows dendrites, trained on the errors its neurons still make.",
    reference="10.48550/arXiv.2501.18018",
    settings=Settings,
    data=tuple(LOADERS),
    run=run,
    claims=CLAIMS,
)
