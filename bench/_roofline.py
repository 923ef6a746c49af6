"""The floor of a training step: operations over GEMM peak, bytes over bandwidth, both measured."""

import dataclasses
import json
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from ._models._problem import CLASSES, HIDDEN, INPUT_ACTIVITY, INPUTS


@dataclasses.dataclass(frozen=True)
class Peak:
    """What the machine can do: GFLOP/s of a large float32 product, GB/s of a large copy."""

    gflops: float
    gbytes: float


@dataclasses.dataclass(frozen=True)
class Floor:
    """Milliseconds that no implementation of the kind can beat.

    `dense_ms` multiplies every zero; `event_ms` counts only products with a spike on one side;
    `bytes_ms` reads the input twice (forward, weight gradient) and writes and reads one potential
    per neuron and tick, everything else staying in cache.
    """

    dense_ms: float
    event_ms: float
    bytes_ms: float


def _best(action, repeats: int) -> float:
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        action()
        times.append(time.perf_counter() - start)
    return min(times)


def _gemm_gflops(repeats: int) -> float:
    import jax

    n = 2048
    a = np.random.default_rng(0).random((n, n), dtype=np.float32)
    on_device, product = jax.device_put(a), jax.jit(lambda x: x @ x)
    seconds = min(
        _best(lambda: product(on_device).block_until_ready(), repeats),
        _best(lambda: a @ a, repeats),
    )
    return 2 * n**3 / seconds / 1e9


def _copy_gbytes(threads: int, repeats: int, held: int = 2**29) -> float:
    """GB/s, read and written, of threads that copy within `held` bytes."""
    source = np.ones(held // 8, np.float32)
    target = np.zeros_like(source)
    parts = zip(np.array_split(source, threads), np.array_split(target, threads), strict=True)
    pairs, times = list(parts), max(1, 2**26 // held)  # long enough to be timed

    def copy(pair):
        for _ in range(times):
            np.copyto(pair[1], pair[0])

    with ThreadPoolExecutor(threads) as pool:
        seconds = _best(lambda: list(pool.map(copy, pairs)), repeats)
    return 2 * source.nbytes * times / seconds / 1e9


def copy_gbytes(threads: int, held: int, repeats: int = 8) -> float:
    """What a copy within `held` bytes (512 MB at most) attains; in a process of its own."""
    held = max(2**16, min(held, 2**29))
    code = (
        f"from bench._roofline import _bind, _copy_gbytes; _bind({threads}); "
        f"print(_copy_gbytes({threads}, {repeats}, {held}))"
    )
    answer = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
    return float(answer.stdout)


def _bind(threads: int) -> None:
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])


def measure(threads: int, repeats: int = 8) -> Peak:
    """The better of XLA's and numpy's product, and a threaded copy; in a process of its own."""
    code = f"from bench._roofline import _report; _report({threads}, {repeats})"
    answer = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
    return Peak(**json.loads(answer.stdout))


def _report(threads: int, repeats: int) -> None:
    _bind(threads)
    peak = Peak(_gemm_gflops(repeats), _copy_gbytes(threads, repeats))
    print(json.dumps(dataclasses.asdict(peak)))


def floor(network: str, steps: int, batch: int, rates: dict[str, float], peak: Peak) -> Floor:
    """The floor of one forward, backward and update."""
    samples = steps * batch
    # (rows, columns, activity of the rows, has an input gradient)
    products = [(INPUTS, HIDDEN, INPUT_ACTIVITY, False)]
    if network == "ff":
        products += [(HIDDEN, HIDDEN, rates["in"], True), (HIDDEN, CLASSES, rates["hidden"], True)]
    else:
        products += [(HIDDEN, HIDDEN, rates["in"], True), (HIDDEN, CLASSES, rates["in"], True)]
    dense = event = 0.0
    for rows, columns, activity, backwards in products:
        product = 2 * samples * rows * columns
        dense += product * (2 + backwards)
        event += product * (2 * activity + backwards)
    hidden = HIDDEN * (2 if network == "ff" else 1)
    moved = 4 * samples * (2 * INPUTS + 2 * hidden)
    return Floor(
        dense / peak.gflops / 1e6,
        event / peak.gflops / 1e6,
        moved / peak.gbytes / 1e6,
    )


if __name__ == "__main__":
    print(measure(len(os.sched_getaffinity(0))))
