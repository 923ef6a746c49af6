"""Learning delays in spiking networks: a feed-forward network whose synapses learn when to act.

Every layer is a projection with one weight and one real-valued delay per synapse, a normalisation
of its arrivals, and nearly memoryless neurons: what the network remembers, it remembers in its
delays. Delays start as bumps over all lags, which gradients can feel from afar; the bumps are
narrowed in the first part of training, then stand on whole lags.

Source: Hammouamri, Khalfaoui-Hassani and Masquelier 2023, arXiv:2306.17670.
"""

from .._system import System
from ._claims import CLAIMS
from ._plan import PLANS, Settings
from ._run import run

system = System(
    name="delays",
    title="Learning delays in spiking neural networks",
    summary="A feed-forward spiking network that learns a weight and a delay for every synapse.",
    reference="10.48550/arXiv.2306.17670",
    settings=Settings,
    data=tuple(PLANS),
    run=run,
    claims=CLAIMS,
)
