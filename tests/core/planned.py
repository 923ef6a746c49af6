"""Runs of planned networks, in processes of their own: devices are counted when JAX begins.

    python planned.py small devices        # on the devices of one process
    python planned.py large 0 12345        # the first of two processes, which meet at a port

Large networks are run by compiled kernels, and have all that can be divided.
"""

import sys

import jax
import numpy as np
from jax.sharding import Mesh

from neuropil.cells import AbsoluteRefractory, lif
from neuropil.coding import PoissonSource
from neuropil.connectivity import Dense, OneToOne, ProjectionDelay, from_edges
from neuropil.core import Input, Network, Projection, Record, plan, simulate

IS_LARGE = sys.argv[1:2] == ["large"]
EXC, INH, IN = (301, 77, 50) if IS_LARGE else (21, 7, 10)
TIME, DT = 101, 0.5
RECORD = {"inh": Record("inh"), "v": Record("exc.v", every=10)}


def listed(source, target, n, m, ticks, sign, seed, count=10, scale=0.1):
    rng = np.random.default_rng(seed)
    pre, post = np.repeat(np.arange(n), count), rng.integers(0, m, count * n)
    late = rng.integers(*ticks, pre.size) if isinstance(ticks, tuple) else ticks
    weight = (scale * rng.random(pre.size)).astype(np.float32)
    kind, weight = from_edges(n, m, pre, post, weight=weight, ticks=late)
    return Projection(source, target, kind, weight, sign=sign)


def network(shortest):
    """Two populations with delays of all kinds, of at least so many ticks, and two entrances."""
    entrances = [
        listed("in", name, IN, n, (0, 3), None, 5, count=n // 5, scale=0.5)
        for name, n in (("exc", EXC), ("inh", INH))
    ]
    nodes = {
        "in": Input(IN),
        "exc": lif(EXC, tau=np.linspace(8.0, 12.0, EXC), refractory=AbsoluteRefractory(2.0)),
        "inh": lif(INH, tau=5.0),
    }
    projections = (
        *entrances,
        listed("exc", "exc", EXC, EXC, (shortest, shortest + 5), None, 1),
        listed("exc", "inh", EXC, INH, shortest + 1, None, 2),
        listed("inh", "exc", INH, EXC, (shortest, shortest + 3), -np.ones(INH), 3),
    )
    if IS_LARGE:
        nodes["noise"] = PoissonSource(EXC, np.linspace(0.0, 300.0, EXC))
        back = Dense(INH, INH, ProjectionDelay(shortest))
        weight = 0.02 * np.random.default_rng(0).random((INH, INH)).astype(np.float32)
        projections = (
            *projections,
            Projection("noise", "exc", OneToOne(EXC), np.full(EXC, 0.3)),
            Projection("inh", "inh", back, weight, sign=-1.0),
        )
    return Network(nodes, projections, "exc")


X = (np.random.default_rng(9).random((TIME, IN)) < 0.2).astype(np.float32)


def run(node, x, **options):
    return simulate(node, x, dt=DT, key=jax.random.key(3), record=RECORD, **options)


def check_equal(found, expected):
    for a, b in zip(jax.tree.leaves(found), jax.tree.leaves(expected), strict=True):
        np.testing.assert_array_equal(np.asarray(a), np.asarray(b))


def check_run(mesh, shortest):
    """A run on a mesh is that of one device to the bit."""
    net = network(shortest)
    expected = run(net, X)
    assert 0.02 < float(expected[1].output.mean()) < 0.3, expected[1].output.mean()
    assert 0.01 < float(expected[1].kept["inh"].mean()) < 0.5, expected[1].kept["inh"].mean()
    node = plan(net, mesh)
    check_equal(node.gather(run(node, X)), expected)
    return node, expected


def check_cut(node, expected):
    """So is one that is cut in two, with its state gathered and placed again."""
    first, _ = run(node, X[:40])
    found, late = run(node, X[40:], state=node.place(node.gather(first)))
    check_equal(node.gather(found), expected[0])
    check_equal(node.gather(late.output), expected[1].output[40:])


def check_batch(mesh, shortest):
    net, x = network(shortest), np.stack([X, X[::-1]], axis=1)
    state, records = run(net, x)
    node = plan(net, mesh)
    found, kept = node.gather(run(node, x))
    check_equal(kept.output, records.output)
    for a, b in zip(jax.tree.leaves(found), jax.tree.leaves(state), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-4)


def check_sizes(mesh):
    """What is compiled for the whole is compiled for its shares, and nothing else is."""
    rng = np.random.default_rng(1)
    for size, source in ((200, "cells"), (300, "in"), (600, "in")):
        projection = listed(source, "cells", size, size, 2, None, 4)
        if size == 600:
            weight = 0.01 * rng.random((size, size))
            projection = Projection(source, "cells", Dense(size, size), weight)
        net = Network({"in": Input(size), "cells": lif(size)}, (projection,), "cells")
        x = (rng.random((300, size)) < 0.2).astype(np.float32)
        options = {"dt": DT, "key": jax.random.key(0), "record": {"v": Record("cells.v")}}
        x = {"cells.input": x} if source == "cells" else {"in.input": x}
        expected, found = (simulate(node, x, **options)[1] for node in (net, plan(net, mesh)))
        assert 0.01 < float(expected.output.mean()) < 0.9, expected.output.mean()
        check_equal(found, expected)


def check_shares(mesh):
    """Every device holds its share of neurons and synapses."""
    node, count = plan(network(1), mesh), mesh.size
    state, _ = run(node, X[:2])
    v = state.node.nodes["exc"].cells["v"]
    share = -(-EXC // count)
    for x in (v, node.local.nodes["exc"].cell.tau):
        assert {s.data.shape for s in x.addressable_shards} == {(share,)}
    assert {s.data.shape[-1] for s in state.node.histories["exc"].addressable_shards} == {share}
    for p, whole in zip(node.local.projections, network(1).projections, strict=True):
        shapes = {s.data.shape for s in p.synapses.weight.addressable_shards}
        assert len(shapes) == 1
        assert np.prod(shapes.pop()) < 1.3 * np.asarray(whole.weight).size / count + 1


def on_devices():
    mesh = jax.make_mesh((len(jax.devices()),), ("neurons",))
    if not IS_LARGE:
        check_run(mesh, 2)
        return
    for shortest in (1, 3):
        check_cut(*check_run(mesh, shortest))
    check_sizes(mesh)
    check_shares(mesh)
    check_batch(mesh, 3)
    if mesh.size == 4:
        both = Mesh(np.array(jax.devices()).reshape(2, 2), ("batch", "neurons"))
        node = plan(network(3), both, "neurons")
        check_equal(node.gather(run(node, X)[1]), run(network(3), X)[1])


def of_two_processes(process, port):
    jax.config.update("jax_cpu_collectives_implementation", "gloo")
    jax.distributed.initialize(f"127.0.0.1:{port}", 2, process, initialization_timeout=60)
    assert len(jax.devices()) == 2 and len(jax.local_devices()) == 1
    node, expected = check_run(Mesh(np.array(jax.devices()), ("neurons",)), 2)
    if IS_LARGE:
        check_cut(node, expected)


if __name__ == "__main__":
    if sys.argv[2] == "devices":
        on_devices()
    else:
        of_two_processes(int(sys.argv[2]), int(sys.argv[3]))
    print("equal")
