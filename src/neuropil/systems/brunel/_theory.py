"""The stationary rate that mean-field theory predicts."""

import math

import numpy as np

from ._network import (
    EXCITATORY,
    INHIBITORY,
    JUMP,
    REFRACTORY,
    RESET,
    TAU,
    THRESHOLD,
    THRESHOLD_RATE,
    Point,
)

HALVINGS = 60


def siegert(mean: float, spread: float) -> float:
    r"""Return the rate (Hz) of a neuron under white noise.

    $$1/\nu = \tau_r + \tau\sqrt{\pi} \int_{(V_r-\mu)/\sigma}^{(\theta-\mu)/\sigma}
      e^{u^2} (1 + \mathrm{erf}\, u)\, du$$

    **Arguments:** `mean`, $\mu$, and `spread`, $\sigma$, in mV.
    """
    u = np.linspace((RESET - mean) / spread, (THRESHOLD - mean) / spread, 2001)
    height = np.array([_scaled(value) for value in u])
    area = float(np.sum((height[1:] + height[:-1]) / 2 * np.diff(u)))
    return 1e3 / (REFRACTORY + TAU * math.sqrt(math.pi) * area)


def _scaled(u: float) -> float:
    """exp(u^2) (1 + erf(u)), by its asymptote where the exponential would overflow."""
    if u < -5.0:
        return (1.0 - 0.5 / u**2 + 0.75 / u**4) / (-u * math.sqrt(math.pi))
    return math.exp(min(u * u, 700.0)) * math.erfc(-u)


def stationary_rate(point: Point) -> float:
    """Return the rate (Hz) that neurons fire at if that is the rate of what they receive.

    Inhibition has to exceed excitation, so that there is one such rate.
    """
    low, high = 0.0, 1e3 / REFRACTORY
    for _ in range(HALVINGS):
        rate = (low + high) / 2
        low, high = (rate, high) if siegert(*moments(point, rate)) > rate else (low, rate)
    return (low + high) / 2


def moments(point: Point, rate: float) -> tuple[float, float]:
    """Return mean and spread (mV) of the free potential where all neurons fire at a rate (Hz)."""
    outside = point.drive * THRESHOLD_RATE
    mean = TAU * 1e-3 * JUMP * (outside + rate * (EXCITATORY - point.g * INHIBITORY))
    square = TAU * 1e-3 * JUMP**2 * (outside + rate * (EXCITATORY + point.g**2 * INHIBITORY))
    return mean, math.sqrt(square)
