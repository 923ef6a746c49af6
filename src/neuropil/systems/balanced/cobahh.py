"""The network of `coba` with neurons that make their own spikes."""

from functools import partial

from .._system import System
from ._claims import claims
from ._model import MODELS
from ._run import run
from ._settings import Settings

system = System(
    name="cobahh",
    title="A network in balance, of neurons with channels",
    summary="Excitation and inhibition that keep themselves active; neurons of Traub and Miles.",
    reference="10.1007/s10827-007-0038-6",
    settings=Settings,
    data=("no data",),
    run=partial(run, MODELS["cobahh"]),
    claims=claims("cobahh"),
)
