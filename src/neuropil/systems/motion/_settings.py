import enum
from dataclasses import dataclass

from .._settings import setting


class Mask(enum.Enum):
    """Which offsets of a kernel have synapses."""

    NONE = "none"
    DISK = "disk"
    GROWING = "growing"


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
    mask: Mask = setting(
        Mask.NONE, "of kernels: none; disk; growing, a disk that is larger for longer delays"
    )
    directions: int = setting(8, "of photographs; textures have 8", least=2, most=72)
    speeds: tuple[float, ...] = setting(
        (1.0,), "of photographs, in pixels per frame; textures have 1", least=0.05, most=4
    )
    segment: float = setting(
        24.0, "mean length of a path's segments over photographs, in frames", least=6, most=1000
    )
