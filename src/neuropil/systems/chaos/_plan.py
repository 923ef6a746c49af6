"""How a network is built and trained on each series."""

import enum
from dataclasses import dataclass, replace

from .._settings import setting


class Forcing(enum.Enum):
    """What pulls the state to the data during training."""

    CONSTANT = "constant"
    ADAPTIVE = "adaptive"
    SPARSE = "sparse"
    NONE = "none"


class Growth(enum.Enum):
    """From what adaptive forcing takes how much gradients would grow."""

    LARGEST = "largest"
    GEOMETRIC_MEAN_OF_NORMS = "geometric mean of norms"
    NORM_OF_MEAN = "norm of mean"
    NORM_OF_GEOMETRIC_MEAN = "norm of geometric mean"
    PARAMETERS = "parameters"


@dataclass(frozen=True)
class Settings:
    """What can be set on the command line; None takes what suits the data."""

    forcing: Forcing = setting(
        Forcing.CONSTANT,
        "constant strength; adaptive; sparse, whole every so many steps; or none",
    )
    alpha: float | None = setting(None, "strength of constant forcing", least=0, most=1)
    growth: Growth = setting(
        Growth.GEOMETRIC_MEAN_OF_NORMS, "what adaptive forcing takes the growth of gradients from"
    )
    every: int = setting(16, "steps between sparse forcing", least=1)
    hidden: int | None = setting(None, "rectified units", least=1, most=10_000)
    clipped: bool | None = setting(None, "the clipped network, whose orbits are bounded")
    length: int | None = setting(None, "steps of a training sequence", least=2)
    updates: int | None = setting(None, "training steps", least=50)
    rate: float | None = setting(None, "first learning rate; it ends at a hundredth", least=0)
    decay: float = setting(0.0, "L2 penalty of the parameters", least=0)
    noise: float | None = setting(
        None, "noise on the training series, in standard deviations", least=0
    )


BATCH, PER_EPOCH = 16, 50  # sequences in an update, updates in an epoch


@dataclass(frozen=True)
class Plan:
    """How a network is built and trained on one series.

    `hidden` units; `alpha`, the strength of forcing, and `every` how many steps it acts; `length`
    of training sequences; `updates`; first learning `rate`; `noise` on the training series;
    `growth`, if forcing adapts; `clipped`; `decay`, an L2 penalty; `bins` of histograms per axis,
    or 0 where dimensions are too many for one.
    """

    hidden: int = 50
    alpha: float = 0.5
    length: int = 200
    updates: int = 6000
    rate: float = 2e-3
    noise: float = 0.05
    bins: int = 15
    every: int = 1
    growth: str | None = None
    clipped: bool = False
    decay: float = 0.0

    @property
    def epochs(self) -> int:
        """Epochs of fifty updates."""
        return -(-self.updates // PER_EPOCH)


PLANS = {
    "lorenz-63": Plan(),
    "lorenz-96": Plan(hidden=200, length=50, rate=3e-3, bins=0),
    "rossler": Plan(hidden=100, alpha=0.2, rate=5e-3),
    "laser": Plan(hidden=200, length=50, rate=3e-3, noise=0.0, bins=8, clipped=True),
}


def plan_for(settings: Settings, data: str, quick: bool) -> Plan:
    """Return the plan of a series with what was set in its place."""
    plan = PLANS[data]
    if quick:
        plan = replace(plan, updates=1500, length=min(plan.length, 100), rate=5e-3)
    names = ("alpha", "hidden", "length", "updates", "rate", "noise", "clipped")
    given = {name: getattr(settings, name) for name in names}
    chosen = {name: value for name, value in given.items() if value is not None}
    plan = replace(plan, decay=settings.decay, **chosen)
    match settings.forcing:
        case Forcing.ADAPTIVE:
            return replace(plan, alpha=1.0, growth=settings.growth.value)
        case Forcing.SPARSE:
            return replace(plan, alpha=1.0, every=settings.every)
        case Forcing.NONE:
            return replace(plan, alpha=0.0)
    return plan
