"""The expressive leaky memory neuron: one neuron as a compact recurrent network.

Synapses leave traces on dendritic branches; a small perceptron sees the branches and the neuron's
own leaky memories, and decides what is written into them. The memories leak with time constants
from about a tick to seconds: what is to be known late is written into the slow ones.

Source: Spieler, Rahaman, Martius, Schölkopf and Levina 2023, arXiv:2306.16922.
"""

from .._system import System
from ._claims import CLAIMS
from ._plan import PLANS, Settings
from ._run import run

system = System(
    name="elm",
    title="The expressive leaky memory neuron",
    summary="A neuron with branches, a small perceptron and memories of many time constants.",
    reference="10.48550/arXiv.2306.16922",
    settings=Settings,
    data=tuple(PLANS),
    run=run,
    claims=CLAIMS,
)
