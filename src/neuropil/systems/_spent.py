"""Time and memory of a run over all its legs, from the start to a stop and from there on."""

import time
from dataclasses import dataclass

from ._content import require_fields
from ._folder import RunFolder, read_json, read_log, write_json
from ._machine import peak_memory_mb


@dataclass(frozen=True)
class Leg:
    """One leg of a run, from its start to its end or to a stop.

    **Arguments:** `folder`; `start`, on the clock of `time.perf_counter`; `earlier_s`, what the
    legs before took; `earlier_peak_mb`, the most memory they held, None where it is not known.
    """

    folder: RunFolder
    start: float
    earlier_s: float = 0.0
    earlier_peak_mb: float | None = None

    def spent(self) -> dict[str, float | None]:
        """Seconds of all legs together, and the highest memory of any."""
        peaks = [p for p in (self.earlier_peak_mb, peak_memory_mb()) if p is not None]
        wall_s = self.earlier_s + time.perf_counter() - self.start
        return {"wall_s": round(wall_s, 3), "peak_memory_mb": max(peaks, default=None)}

    def stop(self) -> None:
        """Store what was spent, for the leg that will follow."""
        write_json(self.folder.spent, {**self.spent(), "logged_s": _logged(self.folder)})

    def finish(self) -> None:
        """Forget what was spent: no leg will follow."""
        self.folder.spent.unlink(missing_ok=True)


def next_leg(folder: RunFolder) -> Leg:
    """Start a leg; legs that were killed count with the seconds of their logged epochs."""
    start, before = time.perf_counter(), {"wall_s": 0.0, "logged_s": 0.0, "peak_memory_mb": None}
    if folder.spent.exists():
        before = read_json(folder.spent)
        require_fields(before, {"wall_s": float, "logged_s": float}, folder.spent.name)
    killed = max(0.0, _logged(folder) - before["logged_s"])
    return Leg(folder, start, before["wall_s"] + killed, before.get("peak_memory_mb"))


def _logged(folder: RunFolder) -> float:
    seconds = [entry.get("seconds") for entry in read_log(folder.log)]
    return float(sum(s for s in seconds if isinstance(s, int | float)))
