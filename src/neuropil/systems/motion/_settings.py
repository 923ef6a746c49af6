from dataclasses import dataclass

from .._settings import setting


@dataclass(frozen=True)
class Settings:
    """The layer and its training; None takes what suits the data."""

    kernel: int = setting(7, "rows and columns of a kernel, odd", least=1, most=99)
    delays: int | None = setting(None, "delays of every address, in frames", least=1, most=100)
    updates: int | None = setting(None, "steps of Adam", least=1)
    batch_size: int = setting(16, "movies per step", least=1)
    rate: float = setting(0.02, "learning rate of Adam", least=0)
    size: int | None = setting(None, "rows and columns of a movie", least=4, most=256)
    threshold: float = setting(0.3, "of the retina, in spreads of brightness", least=1e-3)
    tested: int = setting(200, "movies to test on", least=8)
