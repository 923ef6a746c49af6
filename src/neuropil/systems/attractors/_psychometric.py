"""How often choices are right, as a function of how strong the evidence is."""

from typing import NamedTuple

import numpy as np

THRESHOLDS = np.geomspace(0.005, 2.0, 400)
SLOPES = np.linspace(0.3, 5.0, 95)


class Weibull(NamedTuple):
    r"""The psychometric function $p(c) = 1 - \frac{1}{2} e^{-(c / \alpha)^\beta}$."""

    threshold: float
    slope: float

    def at(self, coherence):
        """Return the share of right choices."""
        return 1.0 - 0.5 * np.exp(-((np.asarray(coherence) / self.threshold) ** self.slope))


def fitted(coherence, correct, trials: int) -> Weibull:
    """Return the most likely psychometric function, of a grid of thresholds and slopes.

    **Arguments:** `coherence`, from 0 to 1; `correct`, how many trials of each were right;
    `trials`, of each.
    """
    coherence, correct = np.asarray(coherence, float), np.asarray(correct, float)
    alpha, beta = np.meshgrid(THRESHOLDS, SLOPES, indexing="ij")
    p = Weibull(alpha[..., None], beta[..., None]).at(coherence)
    p = np.clip(p, 1e-6, 1.0 - 1e-6)
    likelihood = (correct * np.log(p) + (trials - correct) * np.log1p(-p)).sum(-1)
    best = np.unravel_index(likelihood.argmax(), likelihood.shape)
    return Weibull(float(alpha[best]), float(beta[best]))
