"""The driver's side of one worker process: start, ask with limits, stop."""

import dataclasses
import json
import os
import selectors
import subprocess
import sys
import time


class WorkerError(RuntimeError):
    """A competitor failed, or went over its time or memory; the message is reported as is."""


@dataclasses.dataclass(frozen=True)
class Limits:
    """How long one request may take, and how much memory the process may hold."""

    seconds: float
    memory_mb: float


def resident_mb(pid: int) -> float:
    """Present resident memory of a process; 0 once it has ended."""
    try:
        with open(f"/proc/{pid}/statm") as statm:
            return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20
    except (FileNotFoundError, ProcessLookupError):
        return 0.0


def start(
    name: str, python: str, threads: int, log, package: str = "_models", variables=None
) -> subprocess.Popen:
    """Start the worker of competitor `name`, bound to the first `threads` allowed cores.

    `variables`, added to its environment.
    """
    cores = sorted(os.sched_getaffinity(0))[:threads]
    if len(cores) < threads:
        raise WorkerError(f"{len(cores)} cores for {threads} threads")
    environment = os.environ | {
        "OMP_NUM_THREADS": str(threads),
        "MKL_NUM_THREADS": str(threads),
        "JAX_PLATFORMS": "cpu",
        "CUDA_VISIBLE_DEVICES": "",
        **(variables or {}),
    }
    return subprocess.Popen(
        [python, "-m", f"bench.{package}.{name}"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=log,
        env=environment,
        preexec_fn=lambda: os.sched_setaffinity(0, cores),
    )


def ask(process: subprocess.Popen, request: dict, limits: Limits) -> dict:
    """Send one request and wait for its reply; a worker over its limits is killed."""
    try:
        process.stdin.write(json.dumps(request).encode() + b"\n")
        process.stdin.flush()
    except BrokenPipeError:
        raise WorkerError(f"ended with status {process.wait()}") from None
    deadline = time.monotonic() + limits.seconds
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while not selector.select(0.1):
            if (held := resident_mb(process.pid)) > limits.memory_mb:
                stop(process)
                raise WorkerError(f"out of memory: {held:.0f} MB of {limits.memory_mb:.0f} MB")
            if time.monotonic() > deadline:
                stop(process)
                raise WorkerError(f"out of time: more than {limits.seconds:.0f} s in one request")
    line = process.stdout.readline()
    if not line:
        raise WorkerError(f"ended with status {process.wait()}")
    reply = json.loads(line)
    if "error" in reply:
        stop(process)
        raise WorkerError(reply["error"])
    return reply


def stop(process: subprocess.Popen) -> None:
    """End the process, at once."""
    process.kill()
    process.wait()
    process.stdin.close()
    process.stdout.close()


def python_of(name: str, ours: str, peers: dict[str, str]) -> str | None:
    """The interpreter of a competitor: `ours` for JAX code of this project, else the peers'."""
    if name in ("neuropil", "bare_jax"):
        return ours or sys.executable
    return peers.get(name, peers.get(""))
