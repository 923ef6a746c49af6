import enum
from dataclasses import dataclass

from .._settings import setting


class Heads(enum.Enum):
    """Which numbers N are answered at a time, as N grows."""

    SINGLE = "single"
    MULTI = "multi"
    SLIDING = "sliding"
    NONE = "none"


@dataclass(frozen=True)
class Settings:
    """The network, its tasks and the order in which it learns them."""

    curriculum: Heads = setting(
        Heads.MULTI,
        "single: N, then N + 1 alone; multi: all up to N; sliding: the last three; none: at once",
    )
    neurons: int = setting(100, "rate neurons", least=2, most=10_000)
    longest: int = setting(5, "the last N of the curriculum", least=2, most=50)
    learn_tau: bool = setting(True, "whether time constants are learnt too")
    tau: float | None = setting(
        None, "time constants at first, in ms (a tick is 1 ms); else from 1 to 2", least=0.01
    )
    epochs: int = setting(40, "of 200 steps each, at most", least=1)
    batch_size: int = setting(128, "streams per step", least=1)
    rate: float = setting(0.1, "learning rate", least=0)
    threshold: float = setting(0.95, "accuracy at which N grows", least=0, most=1)
