"""Classes by the nearest mean of a feature."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from ..numerics import fail
from ._checks import as_traces


@dataclass(frozen=True)
class NearestMean:
    """A classifier that knows the mean of every class, and takes the nearest.

    $c(x) = \\arg\\min_c \\lVert x - \\mu_c \\rVert$; between two classes of one feature that is a
    threshold half-way between their means. With the complexity of a spike train as the feature it
    decides by how a neuron spikes, not by how much.

    **Arguments:** `means`, `[class, feature]`. `NearestMean.fit` finds them.

    **Raises:** `NeuropilError` for means that are no finite numbers.

    >>> reader = NearestMean.fit([0.2, 0.4, 0.9, 1.1], [0, 0, 1, 1])
    >>> reader.predict([0.6, 0.7]).tolist()
    [0, 1]

    Source: Rudnicka et al. 2025, arXiv:2508.11674.
    """

    means: Float[np.ndarray, "class feature"]

    def __post_init__(self):
        """Check the means."""
        object.__setattr__(self, "means", as_traces(self.means, "means", "[class, feature]", 2))

    @classmethod
    def fit(cls, features: Any, targets: Any) -> "NearestMean":
        """Return the classifier with the means of some samples.

        **Arguments:** `features`, `[sample]` or `[sample, feature]`; `targets`, `[sample]`, class
        indices, each of them at least once.

        **Raises:** `NeuropilError` where these are none or do not match.
        """
        x = _features(features)
        try:
            y = np.asarray(targets)
        except Exception:  # of any kind: what it is made of is unknown
            y = np.zeros((0, 0))
        fits = y.shape == (len(x),) and y.dtype.kind in "biu"
        if not fits or not np.array_equal(np.unique(y), np.arange(y.max(initial=0) + 1)):
            expected = f"class indices [{len(x)}] from 0, each at least once"
            fail("targets", f"{y.dtype} of shape {y.shape}", expected, "number the classes from 0")
        return cls(np.stack([x[y == c].mean(0) for c in range(int(y.max()) + 1)]))

    def predict(self, features: Any) -> Int[np.ndarray, " sample"]:
        """Return the nearest class of every sample.

        **Raises:** `NeuropilError` for features of another number.
        """
        x = _features(features)
        if x.shape[1] != self.means.shape[1]:
            expected = f"{self.means.shape[1]} features, as the means have"
            fail("features", f"{x.shape[1]} features", expected, "pass those it was fitted to")
        distance = np.square(x[:, None] - self.means).sum(-1)
        return np.argmin(distance, axis=1)


def _features(value: Any) -> np.ndarray:
    x = as_traces(value, "features", "[sample] or [sample, feature]", 1, 2)
    return x[:, None] if x.ndim == 1 else x
