"""Whether what is to be kept fits in memory, said before the run."""

import math
import os
from pathlib import Path

import jax
from jaxtyping import Array

from ..numerics import fail

SMALL = 2**24  # bytes that are there in any case

FIX = (
    "keep less: thin (every=10), average (encode=Average()), choose neurons (encode=Chosen([0])), "
    "pack spikes (encode=analysis.pack_spikes), or leave out the output (output=None); or stream "
    "to disk with simulate_to"
)


def check_fits(kept: dict[str, Array]) -> None:
    """Refuse records, by what is said of them, that are larger than the memory that is free."""
    sizes = {name: math.prod(x.shape) * x.dtype.itemsize for name, x in kept.items()}
    total = sum(sizes.values())
    if total < SMALL:
        return
    free = available_memory()
    if total > free:
        name = max(sizes, key=sizes.__getitem__)
        others = "" if len(sizes) == 1 else f" of {in_words(total)} for all records"
        shape = list(kept[name].shape)
        got = f"{in_words(sizes[name])}{others}, an array {kept[name].dtype}{shape}"
        fail(name, got, f"at most {in_words(free)}, the memory that is free", FIX)


def available_memory() -> float:
    """Return the bytes that a program can still get, without swapping, where records are kept."""
    device = jax.local_devices()[0]
    stats = None if device.platform == "cpu" else device.memory_stats()
    if stats and "bytes_limit" in stats:
        return stats["bytes_limit"] - stats.get("bytes_in_use", 0)
    return min(_of_machine(), _of_group())


def _of_machine():
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
        return next(int(x.split()[1]) * 1024 for x in lines if x.startswith("MemAvailable:"))
    except (OSError, StopIteration, ValueError):
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def _of_group():
    """Return what is left to a group of processes that was given a limit, as containers are."""
    group = Path("/sys/fs/cgroup")
    try:
        limit, used = (int((group / f"memory.{x}").read_text()) for x in ("max", "current"))
    except (OSError, ValueError):
        return math.inf
    return max(0, limit - used)


def in_words(size: float) -> str:
    """Return a number of bytes as text.

    >>> in_words(1_500_000)
    '1.5 MB'
    """
    for unit in ("bytes", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.3g} {unit}"
        size /= 1000
    return f"{size:.3g} TB"
