"""What can be set of a run."""

from dataclasses import dataclass

from .._settings import setting

NEURONS, IN_DEGREE, QUICK_NEURONS, QUICK_IN_DEGREE = 0.2, 1.0, 0.1, 0.1
WARM, DURATION, QUICK_DURATION = 300.0, 1000.0, 500.0  # ms


@dataclass(frozen=True)
class Settings:
    """What can be set on the command line; None takes what suits the form of the run."""

    neurons: float | None = setting(
        None, "share of the 77,169 neurons; all of them take 8 GB", least=0.02, most=1
    )
    in_degree: float | None = setting(
        None,
        "share of a neuron's synapses; current makes up for those left out",
        least=0.02,
        most=1,
    )
    duration: float | None = setting(
        None, "ms that are recorded, after 300 ms that are not", least=100, most=60_000
    )
