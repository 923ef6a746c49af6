"""A network of ten neurons, as numbers: ms, mV, uS, nF; and how a worker answers.

Integrate-and-fire neurons with conductance synapses (those of COBA, `_models_simulation`), eight
that excite and two that inhibit, all pairs of different neurons connected, driven above threshold.
What is swept is the weight of all excitatory synapses.
"""

import importlib.metadata
import json
import os
import platform
import sys
import traceback
from collections.abc import Callable, Sequence

import numpy as np

DT, EXCITATORY, NEURONS = 0.1, 8, 10
CAPACITANCE, LEAK, REST = 0.2, 0.01, -45.0
THRESHOLD, RESET, REFRACTORY = -50.0, -60.0, 5.0
TAU_E, TAU_I, ABOVE, BELOW = 5.0, 10.0, 0.0, -80.0
INHIBITION = 0.067
START = np.linspace(RESET, THRESHOLD, NEURONS, endpoint=False)


def weights(count: int) -> np.ndarray:
    """Return the excitatory weights of a sweep (uS)."""
    return np.linspace(0.003, 0.012, count)


def edges() -> tuple[np.ndarray, np.ndarray]:
    """Return the two neurons of every synapse."""
    return np.nonzero(~np.eye(NEURONS, dtype=bool))


def answer(measure: Callable[[dict], dict], packages: Sequence[str]) -> None:
    """Read one request, `{"circuits", "runs", "ticks"}`, and reply with what `measure` finds."""
    reply_to = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # whatever a library prints must not reach the protocol
    try:
        installed = {package: importlib.metadata.version(package) for package in packages}
        reply = measure(json.loads(sys.stdin.readline()))
        reply["versions"] = {"python": platform.python_version(), **installed}
    except Exception as error:
        traceback.print_exc()
        reply = {"error": f"{type(error).__name__}: {error}"[:300]}
    reply_to.write(json.dumps(reply) + "\n")
