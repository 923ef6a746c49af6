"""Neurons that learn their own parameters, and classes read from how complex a spike train is.

One neuron decides between two classes of spike trains. It may learn its weights alone, or with
them its time constants, its threshold and what couples the two variables of its membrane; the
gradient passes spikes by a surrogate, and a Tempotron is there to compare with. Or nothing is
learned but a threshold on the Lempel-Ziv complexity of its output, an estimate of the entropy rate,
which tells apart what counts of spikes do not.

Source: Rudnicka, Szczepanski and Pregowska 2025, arXiv:2508.11674.
"""

from .._system import System
from ._claims import CLAIMS
from ._plan import PLANS, Settings
from ._run import run

system = System(
    name="meta-neuron",
    title="Neuron parameters that learn, and complexity that decides",
    summary="One neuron learns its own time constants; the complexity of its output tells classes.",
    reference="10.48550/arXiv.2508.11674",
    settings=Settings,
    data=tuple(PLANS),
    run=run,
    claims=CLAIMS,
)
