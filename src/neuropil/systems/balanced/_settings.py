"""What can be set of a run."""

from dataclasses import dataclass

from .._settings import setting

NEURONS, WARM, DURATION = 4000, 200.0, 1000.0  # times in ms
QUICK_DURATION = 500.0


@dataclass(frozen=True)
class Settings:
    """What can be set on the command line; None takes what suits the form of the run."""

    neurons: int = setting(NEURONS, "of both populations", least=400, most=400_000)
    duration: float | None = setting(
        None, "ms that are recorded, after 200 ms that are not", least=100, most=60_000
    )
