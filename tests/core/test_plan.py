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

from neuropil.cells import (
    AbsoluteRefractory,
    EscapeNoise,
    adex,
    izhikevich,
    leaky_integrator,
    lif,
    morris_lecar,
    pinsky_rinzel,
)
from neuropil.connectivity import Dense, FanIn, ProjectionDelay, from_edges
from neuropil.core import Average, Input, Network, Plasticity, Projection, Record, plan, simulate
from neuropil.core._published import publishes_bits
from neuropil.numerics import NeuropilError
from neuropil.plasticity import Hebb
from neuropil.synapses import ExponentialCurrent, Release

from .._selection import mostly_slow

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


@pytest.mark.slow
@pytest.mark.parametrize("count", [2, 4])
def test_runs_on_several_devices_are_those_of_one(count):
    check_ends_well([begin("small", "devices", devices=count)], timeout=120)


@pytest.mark.slow
def test_runs_in_two_processes_are_those_of_one():
    port = free_port()
    check_ends_well([begin("small", process, port) for process in (0, 1)], timeout=120)


@pytest.mark.slow
@pytest.mark.parametrize("count", [2, 4])
def test_compiled_runs_on_several_devices_are_those_of_one(count):
    check_ends_well([begin("large", "devices", devices=count)], timeout=400)


@pytest.mark.slow
def test_compiled_runs_in_two_processes_are_those_of_one():
    port = free_port()
    check_ends_well([begin("large", process, port) for process in (0, 1)], timeout=400)


def listed(source, target, size, ticks=1):
    kind, weight = from_edges(size, size, range(size), range(size), weight=0.5, ticks=ticks)
    return Projection(source, target, kind, weight)


def test_records_are_thinned_and_averaged_as_ever():
    net = Network({"a": lif(5), "b": leaky_integrator(5)}, (listed("a", "b", 5, 2),), "b")
    x = {"a.input": np.random.default_rng(0).random((400, 5))}
    record = {"v": Record("a.v", every=7), "mean": Record("a", every=50, encode=Average())}
    options = {"dt": 1.0, "key": KEY, "record": record, "output": Record("output", every=3)}
    _, expected = simulate(net, x, **options)
    _, found = simulate(plan(net, MESH), x, **options)
    assert float(expected.kept["mean"].max()) > 0
    for a, b in zip(jax.tree.leaves(found), jax.tree.leaves(expected), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("cell", mostly_slow(adex, morris_lecar, pinsky_rinzel))
def test_cells_of_every_integrator_are_divided(cell):
    """In a loop, as they excite each other."""
    cells = cell(6, receptors={"i": ExponentialCurrent(5.0)})
    net = Network({"a": cells}, (listed("a", "a.i", 6, 2),), "a")
    record = {"v": Record("a.v")}
    x = {"a.i": 5.0 * np.random.default_rng(0).random((300, 6))}
    found, expected = (
        simulate(node, x, dt=0.05, key=KEY, record=record)[1] for node in (plan(net, MESH), net)
    )
    for a, b in zip(jax.tree.leaves(found), jax.tree.leaves(expected), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-3)


@pytest.mark.parametrize(
    ("nodes", "projection", "named"),
    [
        ({}, Projection("a", "b", FanIn(3, 3, np.arange(3)[:, None]), np.ones((3, 1))), "FanIn"),
        ({}, Projection("a.v", "b", Dense(3, 3, ProjectionDelay(1)), np.ones((3, 3))), "a.v"),
        (
            {},
            Projection("a", "b", Dense(3, 3), np.ones((3, 3)), plasticity=Plasticity(Hebb(0.1))),
            "a -> b.*Hebb",
        ),
        ({"b": lif(3, emission=EscapeNoise())}, listed("a", "b", 3), "nodes.'b'.*Population"),
        (
            {"b": Network({"in": Input(3), "out": lif(3)}, (listed("in", "out", 3),), "out")},
            listed("a", "b.in.input", 3),
            "nodes.'b'.*Network",
        ),
        ({}, listed("b", "a", 3, ticks=0), "b -> a.*0 ticks"),
    ],
)
def test_what_cannot_be_divided_is_named(nodes, projection, named):
    back = listed("a", "b", 3)
    net = Network({"a": lif(3), "b": lif(3)} | nodes, (projection, back)[: 1 + (not nodes)], "a")
    with pytest.raises(NeuropilError, match=f"(?s){named}"):
        plan(net, MESH)


def test_what_is_not_spikes_travels_whole():
    net = Network(
        {"a": leaky_integrator(5), "b": lif(5)}, (listed("a", "b", 5), listed("b", "a", 5)), "a"
    )
    x = {"a.input": np.random.default_rng(0).random((30, 5))}
    _, expected = simulate(net, x, dt=1.0, key=KEY)
    _, found = simulate(plan(net, MESH), x, dt=1.0, key=KEY)
    np.testing.assert_array_equal(found.output, expected.output)
    assert np.unique(found.output).size > 9


@pytest.mark.parametrize(
    ("build", "expected"),
    [
        (lif, True),
        (izhikevich, True),
        (lambda n: lif(n, refractory=AbsoluteRefractory(2.0), emission=EscapeNoise()), True),
        (leaky_integrator, False),
        (Release, False),
    ],
)
def test_spikes_are_known_from_the_equations(build, expected):
    assert publishes_bits(build(3)) == expected


def test_another_axis_of_the_mesh_may_have_the_name_of_the_samples():
    net, x = Network({"a": lif(3)}, (listed("a", "a", 3),), "a"), np.ones((4, 2, 3))
    mesh = jax.sharding.Mesh(MESH.devices[None], ("batch", "neurons"))
    found = simulate(plan(net, mesh, "neurons"), x, dt=1.0, key=KEY)[1].output
    np.testing.assert_array_equal(found, simulate(net, x, dt=1.0, key=KEY)[1].output)
    with pytest.raises(NeuropilError, match="axis: got batch"):
        plan(net, mesh)


def test_derivatives_are_refused():
    net = Network({"a": lif(3)}, (listed("a", "a", 3),), "a")
    planned = plan(net, MESH)

    def score(x):
        return simulate(planned, x, dt=1.0, key=KEY)[1].output.sum()

    with pytest.raises(NeuropilError, match="derivative of a planned network"):
        jax.grad(score)(jnp.ones((4, 3)))


def test_states_of_other_networks_are_refused():
    net = Network({"a": lif(3)}, (listed("a", "a", 3),), "a")
    planned = plan(net, MESH)
    other = Network({"a": lif(4)}, (listed("a", "a", 4),), "a")
    for wrong in (lif(3), other):
        state, _ = simulate(wrong, np.ones((2, *wrong.shape)), dt=1.0, key=KEY)
        with pytest.raises(NeuropilError, match="state: got"):
            planned.place(state)
