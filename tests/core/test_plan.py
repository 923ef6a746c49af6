"""A planned network is the network, on however many devices and in however many processes.

Devices are counted when JAX begins, so runs on several are those of `planned.py`, elsewhere.
"""

import os
import socket
import subprocess
import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from neuropil.cells import EscapeNoise, leaky_integrator, lif
from neuropil.connectivity import Dense, FanIn, ProjectionDelay, from_edges
from neuropil.core import Average, Input, Network, Plasticity, Projection, Record, plan, simulate
from neuropil.modulation import LayerNorm
from neuropil.numerics import NeuropilError
from neuropil.plasticity import Hebb

KEY = jax.random.key(0)
MESH = jax.sharding.Mesh(np.array(jax.devices()[:1]), ("neurons",))


def begin(*arguments, devices=1):
    """Begin `planned.py` in a process that has so many devices."""
    flags = f"--xla_force_host_platform_device_count={devices}"
    environment = os.environ | {"XLA_FLAGS": flags, "JAX_PLATFORMS": "cpu"}
    command = [sys.executable, str(Path(__file__).with_name("planned.py")), *map(str, arguments)]
    return subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def check_ends_well(processes, timeout):
    try:
        for process in processes:
            said, _ = process.communicate(timeout=timeout)
            assert process.returncode == 0 and said.endswith("equal\n"), said[-3000:]
    finally:
        for process in processes:
            process.kill()


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]
