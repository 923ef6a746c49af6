"""Power spectra of population rates."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..analysis import Events, population_rate, power_spectrum
from ._draw import light_grid, logarithmic, series, svg

BIN_MS, SEGMENT_MS, FEWEST_SEGMENTS = 1.0, 500.0, 4


def spectra(spikes: Mapping[str, Events], dt: float) -> bytes | None:
    """Power of the rate of each population over frequency, beside that of independent neurons.

    **Arguments:** `spikes`, by population; `dt`, in ms.
    """
    bin = max(1, round(BIN_MS / dt)) * dt
    found = {}
    for name, events in spikes.items():
        samples = int(events.ticks * dt / bin + 1e-6)
        segment = min(round(SEGMENT_MS / bin), samples // FEWEST_SEGMENTS)
        if segment >= 8 and len(events):
            rate = population_rate(events, dt, bin)
            found[name] = power_spectrum(rate, bin, segment * bin), 2 * rate.mean() / events.size
    if not found:
        return None

    styles = series(spikes)

    def paint(figure: Any) -> None:
        axes = figure.subplots()
        for name, (spectrum, level) in found.items():
            # The mean was taken out, and with it what is at zero.
            axes.plot(spectrum.frequency[1:], spectrum.power[1:], linewidth=1.4, label=name,
                      **styles[name])  # fmt: skip
            axes.axhline(level, color=styles[name]["color"], linewidth=0.9, linestyle=(0, (2, 3)))
        axes.set_xscale("log")
        axes.set_yscale("log")
        ends = [spectrum.frequency[[1, -1]] for spectrum, _ in found.values()]
        logarithmic(axes.xaxis, np.log10(np.max(ends) / np.min(ends)))
        axes.set_title("Power spectrum of the population rate")
        axes.set_xlabel("frequency (Hz)")
        axes.set_ylabel("power (Hz²/Hz)")
        axes.margins(x=0)
        light_grid(axes, "both")
        axes.legend(
            labelcolor="linecolor", handlelength=1.6, loc="center left", bbox_to_anchor=(1.0, 0.5)
        )

    return svg(9.4, 2.8, paint)
