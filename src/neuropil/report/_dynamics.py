"""What a spiking network did over a long run: pictures, and figures by population."""

from collections.abc import Mapping

import jax
import numpy as np

from ..analysis import (
    Events,
    coefficient_of_variation,
    intervals,
    mean_correlation,
    pair_correlations,
    rates,
    synchrony_of_counts,
)
from ._draw import series
from ._histograms import histogram, interval_histogram
from ._page import picture, section, table
from ._spectrum import spectra
from ._spikes import spikes_and_rates
from ._traces import Traces, membranes
from ._window import shown_ms
from ._words import number

COUNT_BIN_MS, PAIRS, FEWEST_INTERVALS = 5.0, 2000, 5


def dynamics(spikes: Mapping[str, Events], dt: float, traces: Traces) -> str:
    """The section of a page, empty without spikes and traces."""
    parts = [_figures(spikes, dt)] if spikes else []
    drawn = spikes_and_rates(spikes, dt)
    if drawn is not None:
        caption = (
            f"<b>Spikes.</b> {_window(spikes, dt)}: a dot per spike, neurons from the bottom up "
            "within their population. Below, the rate of all its neurons in bins of 5 ms. Vertical "
            "stripes are synchrony; horizontal ones are neurons that do not share their "
            "population's rate."
        )
        parts.append(picture(drawn, f"Spikes and rates of {', '.join(spikes)} over time", caption))
    drawn = membranes(traces, series([*spikes, *traces]))
    if drawn is not None:
        caption = "<b>Membranes.</b> Single neurons."
        if spikes:
            caption += (
                " Voltages that stay near threshold and cross it by chance are driven by "
                "fluctuations; a straight climb from reset to threshold is driven by the mean."
            )
        parts.append(picture(drawn, f"Membrane voltages of {', '.join(traces)}", caption))
    halves = [picture(*figure, half=True) for figure in _distributions(spikes, dt)]
    if halves:
        parts.append(f'<div class="pair">{"".join(halves)}</div>')
    drawn = spectra(spikes, dt)
    if drawn is not None:
        caption = (
            "<b>Spectrum.</b> Dotted: as many independent Poisson neurons of the same rate. A peak "
            "above it is a rhythm of the population, a dip below it a rate that is kept steady."
        )
        parts.append(picture(drawn, "Power spectrum of the population rate", caption))
    return section("dynamics", "What the network did", "", *parts)


def _window(spikes: Mapping[str, Events], dt: float) -> str:
    duration = max(events.ticks for events in spikes.values()) * dt
    return "The whole run" if shown_ms(duration) == duration else "The last second"


def _distributions(spikes: Mapping[str, Events], dt: float) -> list[tuple[bytes, str, str]]:
    if not spikes:
        return []
    grain = 1e3 / (max(events.ticks for events in spikes.values()) * dt)
    pairs = {
        name: pair_correlations(events, dt, bin, pairs=PAIRS, key=jax.random.key(0))
        for name, events in spikes.items()
        if events.ticks * dt >= 2 * (bin := _count_bin(dt))
    }
    found = [
        (
            histogram(
                {name: rates(events, dt) for name, events in spikes.items()},
                "Mean rate of each neuron", "rate (Hz)", grain=grain,
            ),
            "Histogram of the firing rates of the neurons",
            "<b>Rates.</b> Over the whole run. Long tails to the right are usual; a pile at zero "
            "is neurons that take no part.",
        ),
        (
            interval_histogram(
                {name: intervals(events, dt).time for name, events in spikes.items()}, dt
            ),
            "Histogram of intervals between spikes",
            "<b>Intervals.</b> Of all neurons together. A narrow peak is a clock; two peaks are "
            "bursts and the pauses between them.",
        ),
        (
            histogram(
                {
                    name: coefficient_of_variation(events, least=FEWEST_INTERVALS)
                    for name, events in spikes.items()
                },
                "Irregularity of each neuron", "coefficient of variation of its intervals",
                mark=1.0,
            ),
            "Histogram of coefficients of variation",
            f"<b>Irregularity.</b> Of neurons with {FEWEST_INTERVALS} intervals or more: 0 is a "
            "clock, 1 (dashed) a Poisson process, more are bursts or a rate that changes.",
        ),
        (
            histogram(
                pairs, "Correlation of pairs", "Pearson's correlation of spike counts",
                mark=0.0,
            ),
            "Histogram of correlations of pairs of neurons",
            f"<b>Correlations.</b> Counts in bins of {_count_bin(dt):g} ms, of at most "
            f"{number(PAIRS)} pairs within each population, drawn at random. Asynchronous "
            "networks are narrow around zero.",
        ),
    ]  # fmt: skip
    return [(drawn, alt, caption) for drawn, alt, caption in found if drawn is not None]


def _figures(spikes: Mapping[str, Events], dt: float) -> str:
    head = ("population", "neurons", "mean rate (Hz)", "silent (%)", "median CV",
            "mean correlation", "synchrony")  # fmt: skip
    rows = []
    for name, events in spikes.items():
        rate, bin = rates(events, dt), _count_bin(dt)
        variation = coefficient_of_variation(events, least=FEWEST_INTERVALS)
        variation = variation[np.isfinite(variation)]
        long = events.ticks * dt >= 2 * bin
        figures = (
            rate.mean(),
            100 * (rate == 0).mean(),
            np.median(variation) if variation.size else np.nan,
            mean_correlation(events, dt, bin) if long else np.nan,
            synchrony_of_counts(events, dt, bin) if long else np.nan,
        )
        told = (f"{value:.3g}" if np.isfinite(value) else "–" for value in figures)
        rows.append((name, number(events.size), *told))
    listed = table(head, rows, numbers=len(head) - 1)
    return f"<figure>{listed}<figcaption>{_figures_told(dt)}</figcaption></figure>"


def _figures_told(dt: float) -> str:
    return (
        "CV: coefficient of variation of the intervals of a neuron. Correlation: of spike counts, "
        f"over all pairs, in bins of {_count_bin(dt):g} ms. Synchrony, of the same counts: 1 if "
        "all do the same, one over the root of the number of neurons if they are independent."
    )


def _count_bin(dt: float) -> float:
    return max(1, round(COUNT_BIN_MS / dt)) * dt
