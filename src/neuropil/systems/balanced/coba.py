"""The network of Vogels and Abbott with synapses that are conductances."""

from functools import partial

from .._system import System
from ._claims import claims
from ._model import MODELS
from ._run import run
from ._settings import Settings

system = System(
    name="coba",
    title="A network in balance, with conductance synapses",
    summary="Excitation and inhibition that keep themselves active; synapses are conductances.",
    reference="10.1007/s10827-007-0038-6",
    settings=Settings,
    data=("no data",),
    run=partial(run, MODELS["coba"]),
    claims=claims("coba"),
)
