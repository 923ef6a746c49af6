"""Small systems that need no network, in the catalogue's form; as a script, the command line."""

import json
import sys
import time
from dataclasses import dataclass
from typing import Literal

import numpy as np

from neuropil.systems import CATALOGUE, Bound, Claim, Outcome, Result, System, setting
from neuropil.tasks import DataNotFound


@dataclass(frozen=True)
class Settings:
    epochs: int = setting(3, "passes over the data")
    rate: float = setting(0.5, "step size")
    kind: Literal["plain", "fancy"] = setting("plain", "which form")
    hidden: tuple[int, ...] | None = setting(None, "neurons per layer")
    loud: bool = setting(False, "print while running")
    pause: float = setting(0.0, "seconds an epoch takes at least")


def run(settings, context):
    """Count epochs; the checkpoint holds how many are done."""
    folder, done = context.folder, 0
    if context.resume:
        done = int(folder.checkpoint.read_text())
    for epoch in range(done, settings.epochs):
        time.sleep(settings.pause)
        entry = {"epoch": epoch, "train": {"loss": 1 / (epoch + 1)}, "seconds": 0.1}
        with folder.log.open("a") as log:
            log.write(json.dumps(entry) + "\n")
        folder.checkpoint.write_text(str(epoch + 1))
        if settings.loud:
            print("epoch", epoch)
    rng = np.random.default_rng(context.seed)
    arrays = {
        "raster/first/input": (rng.random((20, 5)) < 0.3).astype(np.uint8),
        "weights/input/after": rng.normal(size=(5, 4)).astype(np.float32),
        "confusion": np.eye(3, dtype=np.int64),
    }
    metrics = {"test_accuracy": 0.9 + 0.01 * context.seed, "epochs_before": float(done)}
    return Outcome(metrics, arrays, tick_ms=1.0, classes=("a", "b", "c"), setup={"letters": 26})


def claim(name, measured, ablated, **options):
    def check(seeds, quick, progress):
        progress(f"{len(seeds)} seeds")
        print("a library that prints")
        return Result(measured, ablated, {"seeds_seen": len(seeds)})

    bound = Bound(">=", 0.5, "half of everything")
    return Claim(name, "It holds.", bound, "nothing in it", check, **options)


def build(name, *claims):
    summary = "Counts its epochs [and nothing else]."
    return System(
        name, f"The {name}", summary, "10.1000/1", Settings, ("numbers", "letters"), run, claims
    )


counter = build("counter", claim("counts", 0.9, 0.1), claim("long", 0.8, 0.2, quick_seeds=0))
boastful = build("boastful", claim("too much", 0.4, 0.1))
toothless = build("toothless", claim("no mechanism", 0.9, 0.9))
empty = build("empty", claim("not a number", 0.9, float("nan")))
slow = build("slow", claim("only long", 0.9, 0.1, quick_seeds=0))


def without_data(seeds, quick, progress):
    raise DataNotFound("letters: got nothing in shelf; expected them. Fix: put letters there.")


BOUND = Bound(">=", 0.5, "half of everything")
wanting = build("wanting", Claim("reads", "It holds.", BOUND, "no letters", without_data))
ALL = {s.name: s for s in (counter, boastful, toothless, empty, slow, wanting)}


def offer(monkeypatch):
    """Put the small systems in place of the catalogue's."""
    for name in list(CATALOGUE):
        monkeypatch.delitem(CATALOGUE, name)
    for name, system in ALL.items():
        module = type(sys)(f"fake_{name}")
        module.system = system
        monkeypatch.setitem(sys.modules, module.__name__, module)
        monkeypatch.setitem(CATALOGUE, name, module.__name__)


if __name__ == "__main__":
    import pytest

    from neuropil.cli import main

    offer(pytest.MonkeyPatch())
    main()
