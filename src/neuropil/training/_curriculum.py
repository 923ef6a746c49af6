"""Training that moves on: from one set of samples to the next, when it has learnt the one."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..numerics import fail
from ._data import Data, as_data


@dataclass(frozen=True)
class Curriculum:
    """Sets of samples, of which one at a time is trained on, until it is passed.

    The stage of an epoch follows from the log of the epochs before: every entry that `passed` takes
    for good enough moves on by one. So a fit that is taken up again is in the same stage. A fit
    ends when the last stage is passed. Stages give samples of one shape, so that nothing is
    compiled anew; what a loss should leave out, targets can say, for instance by -1.

    **Arguments:** `stages`, two or more, each as `train` of :func:`fit`, of one size; `passed`, a
    function of the entry of an epoch, e.g. of `entry["train"]["accuracy"]`, that returns whether to
    move on.

    **Raises:** `NeuropilError` for fewer than two stages, stages of different sizes, and a rule
    that is no function.

    >>> import numpy as np
    >>> easy, hard = ((np.ones((4, 3, 1)), np.zeros(4)) for _ in range(2))
    >>> plan = Curriculum([easy, hard], lambda entry: entry["train"]["loss"] < 0.1)
    >>> [plan.stage(log) for log in ([], [{"train": {"loss": 0.5}}], [{"train": {"loss": 0.05}}])]
    [0, 0, 1]

    Source: Bengio et al. 2009, https://doi.org/10.1145/1553374.1553380
    """

    stages: Sequence[Data | tuple[Any, Any]]
    passed: Callable[[Mapping[str, Any]], bool]

    def __post_init__(self):
        """Refuse stages that do not follow each other."""
        fix = "pass e.g. [Batches(...), Batches(...)]"
        if not isinstance(self.stages, Sequence) or isinstance(self.stages, str):
            fail("stages", type(self.stages).__name__, "two or more sets of samples", fix)
        if len(self.stages) < 2:
            fail("stages", f"{len(self.stages)} of them", "two or more sets of samples", fix)
        sizes = [data.size for data in self.sets]
        if len(set(sizes)) > 1:
            fail("stages", f"sizes {sizes}", "one size for all", "give all stages as many samples")
        if not callable(self.passed):
            fail("passed", self.passed, "a function of an epoch's entry", "pass a function")

    @property
    def sets(self) -> tuple[Data, ...]:
        """The samples of each stage."""
        return tuple(as_data(s, f"stages[{i}]") for i, s in enumerate(self.stages))

    @property
    def size(self) -> int:
        """The number of samples of a stage."""
        return self.sets[0].size

    def passes(self, history: Sequence[Mapping[str, Any]]) -> int:
        """Return how many stages are passed after some epochs."""
        return min(sum(bool(self.passed(entry)) for entry in history), len(self.stages))

    def stage(self, history: Sequence[Mapping[str, Any]]) -> int:
        """Return the stage after some epochs, counted from 0."""
        return min(self.passes(history), len(self.stages) - 1)


def data_of(train: Any, history: Sequence[Mapping[str, Any]]) -> Any:
    """Return what is trained on after some epochs."""
    return train.sets[train.stage(history)] if isinstance(train, Curriculum) else train


def all_passed(train: Any, history: Sequence[Mapping[str, Any]]) -> bool:
    """Return whether the last stage of a curriculum is passed."""
    return isinstance(train, Curriculum) and train.passes(history) == len(train.stages)
