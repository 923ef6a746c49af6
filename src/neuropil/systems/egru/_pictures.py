"""What the report of a run draws."""

import jax
import numpy as np

from ...core import Network, Record, simulate
from ...tasks import Text
from ._network import HIDDEN
from ._plan import TICK_MS, Plan
from ._training import Pruned, some_windows

SHOWN, TICKS = 24, 60  # units and symbols in a trace
PASSES = "perplexity over passes"


def learning(name: str, history: list[dict]) -> dict[str, np.ndarray]:
    """Return perplexity and activity in training, pass by pass."""
    passes = np.arange(1.0, len(history) + 1)
    train = {key: [h["train"][key] for h in history] for key in ("cross_entropy", "activity")}
    return {
        f"curves/{PASSES}/{name}": np.array([passes, np.exp(train["cross_entropy"])]),
        f"curves/share of units active over passes/{name}": np.array([passes, train["activity"]]),
    }


def inner_life(network: Network, text: Text, plan: Plan) -> dict[str, np.ndarray]:
    """Return what units hold and send over a piece of the test text, and how often each sends."""
    inputs, _ = some_windows(text, plan)
    observed = ("hidden", "potential", "event")
    record = {name: Record(f"{HIDDEN}.{name}") for name in observed} | {"sent": Record(HIDDEN)}
    _, records = simulate(network, inputs, dt=TICK_MS, key=jax.random.key(0), record=record)
    kept = {name: np.asarray(value) for name, value in records.kept.items()}
    often = kept["event"].mean((0, 1))
    order = np.argsort(-often)
    shown = order[np.linspace(0, len(order) - 1, min(SHOWN, len(order))).astype(int)]
    piece = np.s_[:TICKS, 0]
    ranks = np.arange(1.0, len(often) + 1)
    by_time = kept["event"].mean((1, 2))[:TICKS]
    return {
        "raster/test text/events": kept["event"][piece][:, order].astype(np.uint8),
        "maps/a piece of text, unit by unit/state h": kept["hidden"][piece][:, shown].T,
        "maps/a piece of text, unit by unit/sent y": kept["sent"][piece][:, shown].T,
        "curves/share of symbols at which it sends over unit, by rank/units": np.array(
            [ranks, often[order]]
        ),
        "curves/share of units active over symbols since rest/mean of windows": np.array(
            [np.arange(1.0, len(by_time) + 1), by_time]
        ),
    }


def pruning(found: list[Pruned], dense: int) -> dict[str, np.ndarray]:
    """Return operations and perplexity against the density of recurrent weights."""
    density = np.array([p.density for p in found])[::-1]
    counted = np.array([p.operations for p in found])[::-1]
    perplexity = np.array([p.scores.perplexity for p in found])[::-1]
    name = "curves/recurrent operations per symbol over share of weights left"
    return {
        f"{name}/events": np.array([density, counted]),
        f"{name}/every unit, weights left": np.array([density, dense * density]),
        "curves/perplexity over share of weights left/events": np.array([density, perplexity]),
    }
