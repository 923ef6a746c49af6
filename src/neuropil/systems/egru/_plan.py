"""How the network is built and trained on each text."""

import enum
import functools
from collections.abc import Callable
from dataclasses import dataclass, replace

from ...tasks import Text, king_james, markov_text
from .._settings import setting

TICK_MS = 1.0  # ticks are symbols; nothing depends on how long they last


class Unit(enum.Enum):
    """What remembers."""

    EGRU = "egru"
    GRU = "gru"


@dataclass(frozen=True)
class Settings:
    """What can be set on the command line; None takes what suits the data."""

    hidden: int | None = setting(None, "recurrent units", least=1, most=10_000)
    epochs: int | None = setting(None, "passes over the training text", least=1)
    window: int | None = setting(None, "symbols in a training sample", least=2, most=10_000)
    truncate: int | None = setting(None, "ticks through which gradients flow", least=1)
    batch_size: int | None = setting(None, "samples per step", least=1)
    rate: float | None = setting(None, "learning rate", least=0)
    threshold: float | None = setting(None, "mean threshold", least=0, most=1)
    penalty: float | None = setting(None, "weight of the activity in the loss", least=0)
    density: float | None = setting(None, "share of recurrent weights left", least=0.01, most=1)


@dataclass(frozen=True)
class Plan:
    """How a network is built and trained on one text.

    `hidden` units; `embedding`, numbers per symbol; `epochs`; `window`, symbols in a sample, which
    begins at rest; `truncate`, ticks through which gradients flow; `batch_size`; `rate`;
    `threshold`, the mean, 1 for no events at all; `penalty`, of the mean activity, in the
    regularised network; `density` of what is left after `prunings` steps, each with an epoch of
    fine-tuning; `judged`, symbols in a window of the test text.
    """

    hidden: int = 128
    embedding: int = 32
    epochs: int = 8
    window: int = 32
    truncate: int = 32
    batch_size: int = 32
    rate: float = 3e-3
    threshold: float = 0.05
    penalty: float = 0.3
    density: float = 0.1
    prunings: int = 4
    judged: int = 100


PLANS = {
    "markov": Plan(),
    "text": Plan(epochs=1, window=128, truncate=32, judged=512),
}


@functools.cache
def load(data: str) -> Text:
    """Return the text, the same one whenever asked."""
    loaders: dict[str, Callable[[], Text]] = {"markov": markov_text, "text": king_james}
    return loaders[data]()


def plan_for(settings: Settings, data: str, quick: bool) -> Plan:
    """Return the plan of a text with what was set in its place."""
    chosen = {name: value for name, value in vars(settings).items() if value is not None}
    plan = PLANS[data]
    if quick:
        plan = replace(plan, hidden=64, epochs=2 if data == "markov" else 1, prunings=2)
    return replace(plan, **chosen)
