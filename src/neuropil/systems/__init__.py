"""Published systems, each with the claim it must reproduce."""

import importlib

from ._content import read_config as read_config
from ._content import read_metrics as read_metrics
from ._errors import InputError as InputError
from ._errors import RunError as RunError
from ._errors import choose as choose
from ._errors import fail as fail
from ._errors import is_refusal as is_refusal
from ._folder import RunFolder as RunFolder
from ._folder import open_folder as open_folder
from ._folder import plain as plain
from ._folder import read_arrays as read_arrays
from ._folder import read_json as read_json
from ._folder import read_log as read_log
from ._folder import write_arrays as write_arrays
from ._folder import write_json as write_json
from ._folder import write_text as write_text
from ._machine import machine as machine
from ._machine import versions as versions
from ._run import begin as begin
from ._run import carry_out as carry_out
from ._run import record_claims as record_claims
from ._run import resume as resume
from ._run import withdraw as withdraw
from ._settings import describe_settings as describe_settings
from ._settings import parse_settings as parse_settings
from ._settings import setting as setting
from ._settings import settings_from_json as settings_from_json
from ._settings import settings_to_json as settings_to_json
from ._system import Bound as Bound
from ._system import Claim as Claim
from ._system import Outcome as Outcome
from ._system import Result as Result
from ._system import RunContext as RunContext
from ._system import System as System
from ._verify import as_declared as as_declared
from ._verify import check_claim as check_claim

CATALOGUE = {
    "brunel": "neuropil.systems.brunel",
    "chaos": "neuropil.systems.chaos",
    "coba": "neuropil.systems.balanced.coba",
    "coba-learning": "neuropil.systems.coba_learning",
    "cobahh": "neuropil.systems.balanced.cobahh",
    "ctm": "neuropil.systems.ctm",
    "cuba": "neuropil.systems.balanced.cuba",
    "cubadelta": "neuropil.systems.balanced.cubadelta",
    "delays": "neuropil.systems.delays",
    "dendrites": "neuropil.systems.dendrites",
    "dynamic-confidence": "neuropil.systems.dynamic_confidence",
    "egru": "neuropil.systems.egru",
    "elm": "neuropil.systems.elm",
    "meta-neuron": "neuropil.systems.meta_neuron",
    "microcircuit": "neuropil.systems.microcircuit",
    "motion": "neuropil.systems.motion",
    "ring-attractor": "neuropil.systems.attractors.ring",
    "sdr": "neuropil.systems.sdr",
    "timescales": "neuropil.systems.timescales",
    "wang-decision": "neuropil.systems.attractors.decision",
    "worm": "neuropil.systems.worm",
}
"""Name of each published system and the module that holds it as `system`."""


def load_system(name: str) -> System:
    """Return a system of the catalogue; its module is imported only now.

    **Raises:** `InputError` for an unknown name, suggesting the nearest one.
    """
    return importlib.import_module(CATALOGUE[choose(name, "NAME", CATALOGUE)]).system
