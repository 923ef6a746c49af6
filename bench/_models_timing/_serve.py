"""The worker side: JSON lines on stdin and stdout, one problem and competitor per process."""

import importlib.metadata
import json
import os
import platform
import sys
import time
import traceback
from collections.abc import Callable, Mapping, Sequence

Action = Callable[[], float | None]


def peak_mb() -> float:
    """Highest resident memory of this process so far."""
    with open("/proc/self/status") as status:
        fields = dict(line.split(":", 1) for line in status)
    return int(fields["VmHWM"].split()[0]) / 1024


def _versions(packages: Sequence[str]) -> dict[str, str]:
    installed = {package: importlib.metadata.version(package) for package in packages}
    return {"python": platform.python_version(), **installed}


def serve(build: Callable[[dict], Mapping[str, Action]], packages: Sequence[str]) -> None:
    """Answer `build` and `act` until stdin closes.

    `build(sizes)` returns what can be timed by name. Each does its work once, waits for it, and
    returns a number all competitors should agree on (a loss), or None.
    """
    replies = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # whatever a library prints must not reach the protocol
    actions: Mapping[str, Action] = {}
    for line in sys.stdin:
        request = json.loads(line)
        try:
            if request["do"] == "build":
                actions = build(request["sizes"])
                reply = {"actions": list(actions), "versions": _versions(packages)}
            else:
                act, began = actions[request["action"]], time.perf_counter()
                values = [act() for _ in range(request["n"])]
                seconds = (time.perf_counter() - began) / request["n"]
                reply = {"seconds": seconds, "values": values, "peak_mb": peak_mb()}
        except Exception as error:
            traceback.print_exc()
            reply = {"error": f"{type(error).__name__}: {error}"[:300]}
        replies.write(json.dumps(reply) + "\n")
