"""When to stop, and which node to keep."""

from collections.abc import Callable
from dataclasses import dataclass

from ..numerics import as_count, fail


@dataclass(frozen=True)
class Stopping:
    """Stops when a validation metric has not improved for some epochs, and keeps the best node.

    **Arguments:** `metric`, `"loss"` or the name of a metric; `patience`, in epochs, or None to
    keep the best node and never stop; `better`, the builtin `min` or `max`.

    **Raises:** `NeuropilError` for a patience below 1, and anything but `min` and `max`.

    >>> Stopping("accuracy", patience=10, better=max).improves(0.9, over=0.8)
    True
    """

    metric: str = "loss"
    patience: int | None = 10
    better: Callable = min

    def __post_init__(self):
        """Refuse nonsense."""
        if not isinstance(self.metric, str) or not self.metric:
            fail("metric", self.metric, "the name of a metric", "pass e.g. 'loss'")
        if self.patience is not None:
            as_count(self.patience, "patience")
        if self.better not in (min, max):
            fail("better", self.better, "the builtin min or max", "pass better=max for accuracies")

    def improves(self, value: float, *, over: float | None) -> bool:
        """Return whether a value is better than the best so far; NaN never is."""
        if value != value:
            return False
        return over is None or (value != over and self.better(value, over) == value)
