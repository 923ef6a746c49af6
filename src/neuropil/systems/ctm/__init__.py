"""The continuous thought machine: neurons with private models, whose synchronisation answers.

A network thinks for some inner ticks about an input that stands still. Every neuron reads its own
history through a small model of its own; which neurons are active together decides where attention
looks next, and what is answered. The loss counts the best and the most certain tick, so each
sample is thought about for as long as it takes.

Source: Darlow, Regan, Risi, Seely and Jones 2025, arXiv:2505.05522.
"""

from .._system import System
from ._claims import CLAIMS
from ._plan import PLANS, Settings
from ._run import run

system = System(
    name="ctm",
    title="The continuous thought machine",
    summary="Neurons with private models; their synchronisation over inner ticks is the answer.",
    reference="10.48550/arXiv.2505.05522",
    settings=Settings,
    data=tuple(PLANS),
    run=run,
    claims=CLAIMS,
)
