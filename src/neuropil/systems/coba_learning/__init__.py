"""A network of conductances under Dale's law that learns to remember which input was stronger.

Two groups of Poisson trains drive excitatory and inhibitory neurons for 150 ms, one group at a
higher rate. Then all that arrives is a background, the same in every trial, and 400 ms after the
start the network is asked which group it was. Membranes and fast synapses forget within tens of
milliseconds: what is remembered reverberates through excitatory synapses with NMDA receptors. All
weights are learnt by surrogate gradient through 5,000 ticks of 0.1 ms, in segments that are
computed twice so that they need not be stored; each is a magnitude, whose receptor says what its
neuron does to others.

Source: Neftci, Mostafa and Zenke 2019, doi:10.1109/MSP.2019.2931595 (surrogate gradients).
"""

from .._system import System
from ._claims import CLAIMS
from ._plan import Settings
from ._run import run

system = System(
    name="coba-learning",
    title="A conductance-based network that learns under Dale's law",
    summary="Excitatory and inhibitory neurons learn to remember which input was stronger.",
    reference="10.1109/MSP.2019.2931595",
    settings=Settings,
    data=("poisson-pairs",),
    run=run,
    claims=CLAIMS,
)
