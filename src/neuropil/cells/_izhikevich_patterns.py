"""Twenty firing patterns of one model: parameters, where it starts, and the current it is given."""

from collections.abc import Mapping
from typing import NamedTuple

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from ..core import Population, RunState
from ..numerics import SequentialEuler, as_choice
from ._izhikevich import izhikevich


class IzhikevichPattern(NamedTuple):
    """One firing pattern.

    `parameters`, those of `izhikevich`; `start`, v (mV) and u; `dt` and `duration` (ms);
    `baseline`, the current outside of all pieces; `pieces` of current, each `(begin, end, first,
    last)`: a line from one current to the other between two times (ms).

    >>> pattern = izhikevich_pattern("rebound spike")
    >>> pattern.pieces
    ((20.0, 25.0, -15.0, -15.0),)
    """

    parameters: Mapping[str, float]
    start: tuple[float, float]
    dt: float
    duration: float
    pieces: tuple[tuple[float, float, float, float], ...]
    baseline: float = 0.0

    def current(self) -> np.ndarray:
        """Return the current of every tick, `[time, 1]`."""
        time = self.dt * np.arange(round(self.duration / self.dt))
        current = np.full(time.shape, self.baseline)
        for begin, end, first, last in self.pieces:
            inside = (time > begin) & (time < end)
            line = first + (last - first) * (time - begin) / (end - begin)
            current = np.where(inside, line, current)
        return current[:, None]

    def population(self) -> Population:
        """Return one neuron with the pattern's parameters, integrated as published: v, then u."""
        return izhikevich(1, **self.parameters, integrator=SequentialEuler(("v", "u")))

    def state(self, population: Population) -> RunState:
        """Return the start of the pattern, for `simulate(..., state=...)`."""
        variables = {name: jnp.full(1, x) for name, x in zip("vu", self.start, strict=True)}
        rest = population.init(key=None)
        return RunState(eqx.tree_at(lambda s: s.cells, rest, variables), jnp.zeros((), jnp.int32))


def izhikevich_pattern(name: str) -> IzhikevichPattern:
    """Return one of the firing patterns named in `IZHIKEVICH_PATTERNS`.

    **Arguments:** `name`, such as `"tonic bursting"`.

    **Raises:** `NeuropilError` for an unknown name.

    >>> izhikevich_pattern("tonic bursting").parameters["c"]
    -50.0

    Source: Izhikevich 2004, doi:10.1109/TNN.2004.832719, and the program that drew its figure 1.
    """
    return _PATTERNS[as_choice(name, "name", _PATTERNS)]


_SADDLE = {"slope": 4.1, "offset": 108.0}  # without it b < 0 would leave no rest
_ACCOMMODATION = {"recovery_rest": -65.0, "recovery_decay": 0.0}


def _pattern(a, b, c, d, start, dt, duration, *pieces, baseline=0.0, u=None, **other):
    parameters = {"a": a, "b": b, "c": c, "d": d, **other}
    full = tuple((*piece, piece[-1])[:4] for piece in pieces)
    return IzhikevichPattern(
        parameters, (start, b * start if u is None else u), dt, duration, full, baseline
    )


_PATTERNS = {
    "tonic spiking": _pattern(0.02, 0.2, -65.0, 6.0, -70.0, 0.25, 100.0, (10.0, 100.0, 14.0)),
    "phasic spiking": _pattern(0.02, 0.25, -65.0, 6.0, -64.0, 0.25, 200.0, (20.0, 200.0, 0.5)),
    "tonic bursting": _pattern(0.02, 0.2, -50.0, 2.0, -70.0, 0.25, 220.0, (22.0, 220.0, 15.0)),
    "phasic bursting": _pattern(0.02, 0.25, -55.0, 0.05, -64.0, 0.2, 200.0, (20.0, 200.0, 0.6)),
    "mixed mode": _pattern(0.02, 0.2, -55.0, 4.0, -70.0, 0.25, 160.0, (16.0, 160.0, 10.0)),
    "spike frequency adaptation": _pattern(
        0.01, 0.2, -65.0, 8.0, -70.0, 0.25, 85.0, (8.5, 85.0, 30.0)
    ),
    "class 1 excitability": _pattern(
        0.02, -0.1, -55.0, 6.0, -60.0, 0.25, 300.0, (30.0, 300.0, 0.0, 20.25), **_SADDLE
    ),
    "class 2 excitability": _pattern(
        0.2, 0.26, -65.0, 0.0, -64.0, 0.25, 300.0, (30.0, 300.0, -0.5, 3.55), baseline=-0.5
    ),
    "spike latency": _pattern(0.02, 0.2, -65.0, 6.0, -70.0, 0.2, 100.0, (10.0, 13.0, 7.04)),
    "subthreshold oscillations": _pattern(
        0.05, 0.26, -60.0, 0.0, -62.0, 0.25, 200.0, (20.0, 25.0, 2.0)
    ),
    "resonator": _pattern(
        *(0.1, 0.26, -60.0, -1.0, -62.0, 0.25, 400.0),
        *((begin, begin + 4.0, 0.65) for begin in (40.0, 60.0, 280.0, 320.0)),
    ),
    "integrator": _pattern(
        *(0.02, -0.1, -55.0, 6.0, -60.0, 0.25, 100.0),
        *((begin, begin + 2.0, 9.0) for begin in (100.0 / 11.0, 100.0 / 11.0 + 5.0, 70.0, 80.0)),
        **_SADDLE,
    ),
    "rebound spike": _pattern(0.03, 0.25, -60.0, 4.0, -64.0, 0.2, 200.0, (20.0, 25.0, -15.0)),
    "rebound burst": _pattern(0.03, 0.25, -52.0, 0.0, -64.0, 0.2, 200.0, (20.0, 25.0, -15.0)),
    "threshold variability": _pattern(
        *(0.03, 0.25, -60.0, 4.0, -64.0, 0.25, 100.0),
        *((10.0, 15.0, 1.0), (70.0, 75.0, -6.0), (80.0, 85.0, 1.0)),
    ),
    "bistability": _pattern(
        *(0.1, 0.26, -60.0, 0.0, -61.0, 0.25, 300.0),
        *((37.5, 42.5, 1.24), (216.0, 221.0, 1.24)),
        baseline=0.24,
    ),
    "depolarising after-potential": _pattern(
        1.0, 0.2, -60.0, -21.0, -70.0, 0.1, 50.0, (9.0, 11.0, 20.0)
    ),
    "accommodation": _pattern(
        *(0.02, 1.0, -55.0, 4.0, -65.0, 0.5, 400.0),
        *((0.0, 200.0, 0.0, 8.0), (300.0, 312.5, 0.0, 4.0)),
        u=-16.0,
        **_ACCOMMODATION,
    ),
    "inhibition-induced spiking": _pattern(
        -0.02, -1.0, -60.0, 8.0, -63.8, 0.5, 350.0, (50.0, 250.0, 75.0), baseline=80.0
    ),
    "inhibition-induced bursting": _pattern(
        -0.026, -1.0, -45.0, -2.0, -63.8, 0.5, 350.0, (50.0, 250.0, 75.0), baseline=80.0
    ),
}

IZHIKEVICH_PATTERNS = tuple(_PATTERNS)
