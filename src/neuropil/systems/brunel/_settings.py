"""What can be set of a run."""

from dataclasses import dataclass

from .._settings import setting

NEURONS, WARM, DURATION = 12_500, 200.0, 500.0  # times in ms
QUICK_WARM, QUICK_DURATION = 80.0, 120.0


@dataclass(frozen=True)
class Settings:
    """What can be set on the command line; None takes what suits the form of the run."""

    neurons: int = setting(NEURONS, "of both populations", least=2_500, most=100_000)
    duration: float | None = setting(None, "ms that are recorded", least=100, most=60_000)
    g: float = setting(
        5.0, "inhibition over excitation, of the recorded activity", least=0, most=20
    )
    drive: float = setting(2.0, "external rate over that which reaches threshold", least=0, most=10)
