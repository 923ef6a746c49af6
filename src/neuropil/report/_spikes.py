"""Spikes of populations over time, with the rate of each below."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..analysis import Events, population_rate
from ._draw import PIXEL_SERIES, light_grid, series, svg
from ._window import shown_ms
from ._words import number

NEURONS_DRAWN, RATE_BIN_MS = 400, 5.0


def spikes_and_rates(spikes: Mapping[str, Events], dt: float) -> bytes | None:
    """A dot per spike, of the whole run or its end, population by population, over their rates.

    **Arguments:** `spikes`, by population, all of one duration; `dt`, in ms. Of many neurons some
    are drawn, evenly spread and more of large populations; rates are those of all of them.
    """
    if not spikes:
        return None
    ticks = max(events.ticks for events in spikes.values())
    first = ticks - round(shown_ms(ticks * dt) / dt)
    sizes = {name: events.size for name, events in spikes.items()}
    drawn = _drawn(sizes)
    total = sum(map(len, drawn.values()))

    styles = series(spikes)

    def paint(figure: Any) -> None:
        top, bottom = figure.subplots(2, 1, sharex=True, height_ratios=[2.3, 1.0])
        base, middles = total, []
        for index, (name, events) in enumerate(spikes.items()):
            chosen = drawn[name]
            base -= len(chosen)
            place = np.full(events.size, -1)
            place[chosen] = np.arange(len(chosen))
            seen = (events.tick >= first) & (place[events.neuron] >= 0)
            top.scatter(
                events.tick[seen] * dt, base + place[events.neuron[seen]],
                s=float(np.clip(700.0 / total, 1.6, 12.0)), linewidths=0,
                color=PIXEL_SERIES[index % len(PIXEL_SERIES)], rasterized=True,
            )  # fmt: skip
            middles.append(base + (len(chosen) - 1) / 2)
            _paint_rate(bottom, events, dt, first, styles[name])
        top.set_yticks(
            middles,
            [f"{name}\n{number(size)}" if len(sizes) < 4 else name for name, size in sizes.items()],
        )
        for label, style in zip(top.get_yticklabels(), styles.values(), strict=True):
            label.set_color(style["color"])
        top.tick_params(axis="y", length=0)
        top.tick_params(axis="x", length=0)
        top.spines[["left", "bottom"]].set_visible(False)
        top.set_ylim(-1, total)
        everyone = sum(sizes.values())
        part = f"{total} of {number(everyone)} neurons" if total < everyone else "all neurons"
        top.set_title(f"Spikes of {part}")
        bottom.set_title("Rate of the mean neuron (Hz)")
        bottom.set_xlabel("time (ms)")
        bottom.set_xlim(first * dt, ticks * dt)
        bottom.set_ylim(bottom=0)
        bottom.locator_params(axis="y", nbins=4)
        light_grid(bottom)

    return svg(9.4, 2.6 + 1.9 * min(total, 400) / 400, paint)


def _drawn(sizes: Mapping[str, int]) -> dict[str, np.ndarray]:
    """Choose neurons evenly: half of those drawn by population, half by its size."""
    everyone, found = sum(sizes.values()), {}
    for name, size in sizes.items():
        share = (1 / len(sizes) + size / everyone) / 2
        count = size if everyone <= NEURONS_DRAWN else min(size, round(NEURONS_DRAWN * share))
        found[name] = np.linspace(0, size - 1, count).round().astype(int)
    return found


def _paint_rate(axes: Any, events: Events, dt: float, first: int, style: Mapping[str, str]) -> None:
    width = max(1, round(RATE_BIN_MS / dt))
    if events.ticks < width:
        return
    rate = population_rate(events, dt, width * dt)
    edges = np.arange(len(rate) + 1) * width * dt
    kept = max(0, first // width)
    axes.stairs(rate[kept:], edges[kept:], baseline=None, linewidth=1.2, **style)
