"""How trials, network and training are set."""

import dataclasses
from dataclasses import dataclass

from .._settings import setting

DURATION, EVIDENCE, ASKED = 500.0, 150.0, 400.0  # ms: of a trial, until when, from when on
GROUP, BACKGROUND_TRAINS = 20, 20
STRONG, WEAK, BACKGROUND = 60.0, 20.0, 30.0  # Hz, per train


@dataclass(frozen=True)
class Settings:
    """What can be set on the command line; None takes what suits the form of the run."""

    neurons: int | None = setting(None, "of both populations", least=50, most=100_000)
    epochs: int | None = setting(None, "passes over the training trials", least=1)
    tick: float | None = setting(None, "ms", least=0.01, most=1.0)
    rate: float = setting(4e-4, "learning rate of Adam (uS)", least=0)


@dataclass(frozen=True)
class Plan:
    """How a network is built and trained.

    `neurons`; `tick` (ms); `epochs`; `trials`, for training, and `tests`; `batch_size`; `rate`.
    """

    neurons: int = 400
    tick: float = 0.1
    epochs: int = 6
    trials: int = 96
    tests: int = 64
    batch_size: int = 16
    rate: float = 4e-4

    @property
    def ticks(self) -> int:
        """Ticks in a trial."""
        return round(DURATION / self.tick)

    @property
    def segment(self) -> int:
        """Ticks that are run again on the way back, at once: about as many as segments."""
        return round(self.ticks**0.5)


FULL = Plan()
QUICK = Plan(neurons=100, tick=1.0, epochs=8, trials=64)


def plan_for(settings: Settings, quick: bool) -> Plan:
    """Return the plan of a form, with what was set."""
    given = {name: value for name, value in vars(settings).items() if value is not None}
    return dataclasses.replace(QUICK if quick else FULL, **given)
