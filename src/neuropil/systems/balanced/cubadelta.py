"""The network of `cuba` with synapses that shift the potential at once."""

from functools import partial

from .._system import System
from ._claims import claims
from ._model import MODELS
from ._run import run
from ._settings import Settings

system = System(
    name="cubadelta",
    title="A network in balance, with voltage jumps",
    summary="Excitation and inhibition driven above threshold; a spike shifts potentials at once.",
    reference="10.1007/s10827-007-0038-6",
    settings=Settings,
    data=("no data",),
    run=partial(run, MODELS["cubadelta"]),
    claims=claims("cubadelta"),
)
