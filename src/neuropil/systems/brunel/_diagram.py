"""Measures over inhibition and external drive."""

from collections.abc import Callable

import numpy as np

from ...core import Network, RunState
from ..balanced._simulation import DT, simulated
from ._measures import Measures, measures
from ._network import Point, at
from ._regimes import regime_of

G, DRIVES = (3.0, 4.5, 5.0, 6.0, 7.0), (0.9, 1.5, 2.0, 3.0, 4.0)
QUICK_G, QUICK_DRIVES = (4.5, 6.0), (0.9, 2.0)
WARM, RECORDED = 150.0, 250.0  # ms


def diagram(
    network: Network, begin: RunState, quick: bool, show: Callable[[int], None]
) -> dict[str, np.ndarray]:
    """Return the measures at every point, as the arrays `diagram/<measure>` of a report.

    Where a regime is, `diagram/is/<its name>` is true. All points have the same synapses.
    """
    columns, rows = (QUICK_G, QUICK_DRIVES) if quick else (G, DRIVES)
    found = np.empty((len(Measures._fields), len(rows), len(columns)))
    for row, drive in enumerate(rows):
        for column, g in enumerate(columns):
            activity = simulated(at(network, Point(g, drive)), begin, WARM, RECORDED, show)
            found[:, row, column] = measures(activity.spikes["exc"], DT)
    named = {f"diagram/{name}": v for name, v in zip(Measures._fields, found, strict=True)}
    regimes = np.array([[regime_of(Measures(*of)) for of in row] for row in found.T]).T
    named |= {f"diagram/is/{name}": regimes == name for name in np.unique(regimes)}
    axes = {"across/inhibition g": columns, "up/external rate over threshold's": rows}
    return named | {f"diagram/{name}": np.array(values) for name, values in axes.items()}


def ticks(quick: bool) -> int:
    """Return how many ticks a diagram takes."""
    points = len(QUICK_G) * len(QUICK_DRIVES) if quick else len(G) * len(DRIVES)
    return points * round((WARM + RECORDED) / DT)
