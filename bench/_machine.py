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


def _memory_gb() -> float:
    with open("/proc/meminfo") as meminfo:
        return round(int(meminfo.readline().split()[1]) / 2**20, 1)


def memory_available_mb() -> float:
    """Memory that can be had without swapping."""
    with open("/proc/meminfo") as meminfo:
        fields = dict(line.split(":") for line in meminfo)
    return int(fields["MemAvailable"].split()[0]) / 1024


def describe(threads: int) -> dict:
    """CPU, cores, memory, kernel, threads, load at the start."""
    return {
        "cpu": _cpu(),
        "cores": len(os.sched_getaffinity(0)),
        "threads": threads,
        "memory_gb": _memory_gb(),
        "system": f"{platform.system()} {platform.release().split('-')[0]}",
        "load_at_start": round(os.getloadavg()[0], 2),
    }


def slug(machine: dict) -> str:
    """A short name for files: cpu family and threads."""
    name = re.sub(r"[^a-z0-9]+", "-", machine["cpu"].lower()).strip("-")
    return f"{name[:32].strip('-')}-{machine['threads']}-threads"
