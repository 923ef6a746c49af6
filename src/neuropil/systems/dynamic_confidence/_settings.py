from dataclasses import dataclass

from ...tasks import digits, fashion_mnist
from .._settings import setting

LOADERS = {"digits": digits, "fashion-mnist": fashion_mnist}


@dataclass(frozen=True)
class Settings:
    """How the network is trained, made to spike, and stopped."""

    hidden: tuple[int, ...] = setting((48, 48), "units in each hidden layer", least=1, most=10_000)
    bits: int = setting(2, "of the activations in training", least=1, most=8)
    step: float = setting(0.35, "of the activations, for one bit more", least=0.001)
    epochs: int = setting(28, "passes over the training set", least=1)
    batch_size: int = setting(60, "samples per step", least=1)
    rate: float = setting(2e-3, "learning rate of Adam", least=0)
    ticks: int = setting(27, "of the spiking network, at most", least=2, most=10_000)
    smoothing: float = setting(1.0, "alpha, by which evidence is divided", least=1e-6)
    tolerance: float = setting(0.01, "accuracy that stopping early may cost", least=0, most=1)
