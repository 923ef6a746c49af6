"""The network of Vogels and Abbott with synapses that are currents."""

from functools import partial

from .._system import System
from ._claims import claims
from ._model import MODELS
from ._run import run
from ._settings import Settings

system = System(
    name="cuba",
    title="A network in balance, with current synapses",
    summary="Excitation and inhibition driven above threshold; synapses are currents.",
    reference="10.1007/s10827-007-0038-6",
    settings=Settings,
    data=("no data",),
    run=partial(run, MODELS["cuba"]),
    claims=claims("cuba"),
)
