"""A published system: how it is built and run, and what it must reproduce."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, is_dataclass
from typing import Any, Literal

import numpy as np

from ._errors import as_text, fail
from ._folder import RunFolder


@dataclass(frozen=True)
class Bound:
    """A limit declared before the run, with the reason for its value.

    **Arguments:** `relation`, `">="` or `"<="`; `value`, a finite number in the unit of what is
    measured; `derivation`, why this value: a theorem, or the figures of the calibration.

    **Raises:** `InputError` for another relation, a value that is not finite, no derivation.

    >>> Bound(">=", 0.9, "calibrated: 0.95, 0.96, 0.94 over three seeds").met(0.93)
    True
    """

    relation: Literal[">=", "<="]
    value: float
    derivation: str

    def __post_init__(self) -> None:
        if self.relation not in (">=", "<="):
            fail("relation", self.relation, '">=" or "<="', 'write e.g. Bound(">=", 0.9, "...")')
        is_number = isinstance(self.value, int | float) and not isinstance(self.value, bool)
        if not is_number or not math.isfinite(self.value):
            fail("value", self.value, "a finite number", "declare the bound before the run")
        if not isinstance(self.derivation, str) or not self.derivation.strip():
            fail("derivation", self.derivation, "the reason for the value", "say where it is from")

    def met(self, measured: float) -> bool:
        """Whether a measured value keeps the bound; what is not a number never does."""
        if self.relation == ">=":
            return bool(measured >= self.value)
        return bool(measured <= self.value)

    def __str__(self) -> str:
        return f"{self.relation} {self.value:g}"


@dataclass(frozen=True)
class Result:
    """What checking a claim measured.

    **Arguments:** `measured`, the quantity the bound is about; `ablated`, the same quantity with
    the mechanism taken out; `details`, further figures worth showing, by name.
    """

    measured: float
    ablated: float
    details: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Claim:
    """A statement that a system must reproduce, and the ablation that must break it.

    The same bound judges both: it must be met by the system and missed by its ablation.

    **Arguments:** `name`, short, for tables; `statement`, one sentence; `bound`; `ablation`, what
    is taken out, in a few words; `check`, called as `check(seeds, quick, progress)` with a tuple
    of seeds and a function that shows a line of text, returning a `Result`; `seeds`, how many by
    default; `quick_seeds`, how many in the small form, none if the claim has no small form;
    `quick_bound`, the bound of the small form if it differs.
    """

    name: str
    statement: str
    bound: Bound
    ablation: str
    check: Callable[[tuple[int, ...], bool, Callable[[str], None]], Result]
    seeds: int = 3
    quick_seeds: int = 1
    quick_bound: Bound | None = None

    def __post_init__(self) -> None:
        for name in ("name", "statement", "ablation"):
            as_text(getattr(self, name), name)
        for name, bound in (("bound", self.bound), ("quick_bound", self.quick_bound)):
            if not isinstance(bound, Bound) and not (bound is None and name == "quick_bound"):
                fail(name, bound, "a Bound", 'pass e.g. Bound(">=", 0.9, "...")')
        if not callable(self.check):
            fail("check", self.check, "a function (seeds, quick, progress)", "pass one")
        for name, count, least in (("seeds", self.seeds, 1), ("quick_seeds", self.quick_seeds, 0)):
            if not isinstance(count, int) or isinstance(count, bool) or count < least:
                fail(name, count, f"an integer, at least {least}", f"pass e.g. {name}=3")

    def bound_for(self, quick: bool) -> Bound:
        """The bound that judges the full or the small form."""
        return self.quick_bound if quick and self.quick_bound is not None else self.bound


@dataclass(frozen=True)
class RunContext:
    """What a run is told besides its settings.

    **Arguments:** `folder`, where its files go; `seed`; `data`, one of the system's `data`;
    `quick`, whether the small form is wanted; `resume`, whether to go on from the checkpoint in
    the folder; `show`, whether to show progress.
    """

    folder: RunFolder
    seed: int
    data: str
    quick: bool = False
    resume: bool = False
    show: bool = True


@dataclass(frozen=True)
class Outcome:
    """What a run leaves behind for its report.

    **Arguments:** `metrics`, figures by name, e.g. `test_accuracy`; `arrays`, by name:

    - `raster/<sample>/<node>` `[time, neuron]`: 0/1 spikes, or a trace such as a readout;
    - `weights/<projection>/before` and `.../after`: any shape, post last or first as it is kept;
    - `delays/<projection>/before` and `.../after`: in ticks;
    - `confusion` `[true class, predicted class]`: counts;
    - `rates/<node>` `[neuron]`: mean firing rate in Hz;
    - `spikes/<node>/events` `[2, spikes]` and `.../shape` `[2]`, integers: ticks and neurons of all
      spikes, as in `analysis.Events`, and how many ticks and neurons there are: rasters, rates,
      intervals, correlations and spectra are drawn from them;
    - `curves/<y> over <x>/<line>` `[2 or 3, point]`: x, y, and where there is a third row the
      standard error of y; lines of one name before the last slash share a picture, and the names
      of y and x, with units, are its labels;
    - `points/<y> over <x>/<group>` `[2, point]`: the same for points that no line joins;
    - `maps/<title>/<name>` `[row, column]`: values on a grid, such as a kernel or a matrix; maps of
      one title share a picture and a scale;
    - `film/<title>/<layer>` `[frame, row, column]`, or `[frame, row, column, 3]` with red, green
      and blue from 0 to 1: an animation, and a strip of frames of its last layer; layers of one
      title are side by side;
    - `diagram/<measure>` `[up, across]`, for `rate`, `cv`, `modulation` and `rhythm`, and the
      values of the two parameters, `diagram/up/<name>` and `diagram/across/<name>`: a phase
      diagram;
    - `traces/<node>/time` `[time]` in ms and `.../values` `[time, neuron]` in mV: membranes.

    `tick_ms`, the length of a tick in ms, for the time axes; `classes`, names for the confusion
    matrix; `setup`, what was run and on what: sizes of the data, and settings as they were used
    where the system chose them. Learning curves are read from the log, not from here.
    """

    metrics: Mapping[str, float]
    arrays: Mapping[str, np.ndarray] = field(default_factory=dict)
    tick_ms: float | None = None
    classes: tuple[str, ...] = ()
    setup: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class System:
    """A published system of the catalogue.

    **Arguments:** `name`, as on the command line; `title` and `summary`, for people; `reference`,
    a DOI; `settings`, a frozen dataclass type whose fields are made by `setting`; `data`, the
    accepted data names, the default one first; `run`, called as `run(settings, context)`;
    `claims`, what it must reproduce.

    **Raises:** `InputError` when one of them is missing.
    """

    name: str
    title: str
    summary: str
    reference: str
    settings: type
    data: tuple[str, ...]
    run: Callable[[Any, RunContext], Outcome]
    claims: tuple[Claim, ...]

    def __post_init__(self) -> None:
        if not (isinstance(self.settings, type) and is_dataclass(self.settings)):
            fail("settings", self.settings, "a dataclass type", "decorate it with @dataclass")
        for name in ("name", "title", "summary", "reference"):
            as_text(getattr(self, name), name)
        if not _all_of(self.data, str):
            fail("data", self.data, "a tuple of data names", "name the default data set first")
        if not callable(self.run):
            fail("run", self.run, "a function (settings, context)", "pass one")
        if not _all_of(self.claims, Claim):
            fail("claims", self.claims, "a tuple of Claims", "state what it must reproduce")

    def claims_for(self, quick: bool) -> tuple[Claim, ...]:
        """The claims of the full or the small form."""
        return tuple(claim for claim in self.claims if not quick or claim.quick_seeds > 0)


def _all_of(values: Any, kind: type) -> bool:
    return isinstance(values, tuple) and bool(values) and all(isinstance(v, kind) for v in values)
