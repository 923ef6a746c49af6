"""What the figures were measured on, without any name or path of the machine."""

import os
import platform
import re


def _cpu() -> str:
    with open("/proc/cpuinfo") as cpuinfo:
        for line in cpuinfo:
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.machine()


def _memory_field_mb(name: str) -> float:
    with open("/proc/meminfo") as meminfo:
        fields = dict(line.split(":") for line in meminfo)
    return int(fields[name].split()[0]) / 1024


def memory_mb() -> float:
    """All memory."""
    return _memory_field_mb("MemTotal")


def memory_available_mb() -> float:
    """Memory that can be had without swapping."""
    return _memory_field_mb("MemAvailable")


def describe(threads: int) -> dict:
    """CPU, cores, memory, kernel, threads, load at the start."""
    return {
        "cpu": _cpu(),
        "cores": len(os.sched_getaffinity(0)),
        "threads": threads,
        "memory_gb": round(memory_mb() / 1024, 1),
        "system": f"{platform.system()} {platform.release().split('-')[0]}",
        "load_at_start": round(os.getloadavg()[0], 2),
    }


def slug(machine: dict) -> str:
    """A short name for files: cpu family and threads."""
    name = re.sub(r"[^a-z0-9]+", "-", machine["cpu"].lower()).strip("-")
    return f"{name[:32].strip('-')}-{machine['threads']}-threads"
