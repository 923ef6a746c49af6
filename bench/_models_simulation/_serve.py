"""The worker side: JSON lines on stdin and stdout, one simulator per process.

`{"do": "build", "task": {...}}` builds and compiles; `{"do": "run"}` simulates the timed ticks,
after the warm ones or after those of the run before. The replies hold what the benchmark reports.
"""

import importlib.metadata
import json
import os
import platform
import resource
import sys
import time
import traceback
from collections.abc import Callable, Sequence

from ._networks import DT, Run, Task

Build = Callable[[Task], tuple[Callable[[], Run], dict]]


def peak_mb() -> float:
    """Highest resident memory of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _versions(packages):
    installed = {package: importlib.metadata.version(package) for package in packages}
    return {"python": platform.python_version(), **installed}


def _run(run: Callable[[], Run], task: Task) -> dict:
    result = run()
    return {
        "seconds": result.seconds,
        "us_per_tick": result.seconds * 1e6 / task.ticks,
        "s_per_biological_s": result.seconds / (task.ticks * DT * 1e-3),
        "rate_hz": result.rate,
        "peak_mb": result.peak_mb,
        "create_s": result.create_s,
    }


def serve(build: Build, packages: Sequence[str]) -> None:
    """Answer `build` and `run` until stdin closes.

    `build(task)` returns a function that runs once, and notes for the report.
    """
    replies = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # whatever a library prints must not reach the protocol
    run, task = None, None
    for line in sys.stdin:
        request = json.loads(line)
        try:
            if request["do"] == "build":
                start = time.perf_counter()
                task = Task(**request["task"])
                run, notes = build(task)
                seconds = time.perf_counter() - start
                reply = {"build_s": seconds, "versions": _versions(packages), "notes": notes}
            else:
                reply = _run(run, task)
        except Exception as error:
            traceback.print_exc()
            reply = {"error": f"{type(error).__name__}: {error}"[:300]}
        replies.write(json.dumps(reply) + "\n")
