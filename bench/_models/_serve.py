"""The worker side of the benchmark: JSON lines on stdin and stdout, one competitor per process."""

import ctypes
import importlib.metadata
import json
import os
import platform
import sys
import time
import traceback
from collections.abc import Callable, Sequence

from . import _problem

Step = Callable[[int], list[float]]
Build = Callable[[_problem.Problem, str], tuple[Step, dict]]


def _memory_mb(field: str) -> float:
    """`VmHWM` is the highest resident memory so far, `VmRSS` the present one."""
    with open("/proc/self/status") as status:
        for line in status:
            if line.startswith(field + ":"):
                return int(line.split()[1]) / 1024
    raise RuntimeError(f"no {field} in the process status")


def _versions(packages: Sequence[str]) -> dict[str, str]:
    found = {"python": platform.python_version()}
    for package in packages:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            found[package] = "from source"
    return found


def serve(build: Build, packages: Sequence[str]) -> None:
    """Answer `build`, `step` and `trim` until stdin closes.

    `build(problem, cell)` returns a function that takes `n` training steps and returns their
    losses, and notes for the report; `cell` is "builtin" or "user" (a neuron written the way the
    library's users write one).
    """
    replies = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # whatever a library prints must not reach the protocol
    step = None
    for line in sys.stdin:
        request = json.loads(line)
        try:
            if request["do"] == "build":
                start = time.perf_counter()
                problem = _problem.load(request["folder"], request["network"], request["seed"])
                step, notes = build(problem, request["cell"])
                reply = {
                    "seconds": time.perf_counter() - start,
                    "versions": _versions(packages),
                    "notes": notes,
                    "memory_before_mb": _memory_mb("VmHWM"),
                }
            elif request["do"] == "step":
                start = time.perf_counter()
                losses = step(request["n"])
                seconds = (time.perf_counter() - start) / request["n"]
                peak = _memory_mb("VmHWM")
                reply = {"seconds": seconds, "losses": losses, "peak_mb": peak}
            else:  # hand freed memory back, to leave room for the others
                ctypes.CDLL(None).malloc_trim(0)
                reply = {}
        except Exception as error:
            traceback.print_exc()
            reply = {"error": f"{type(error).__name__}: {error}"[:300]}
        replies.write(json.dumps(reply) + "\n")
