"""However a run is cut, it is the same run to the last bit."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from neuropil.cells import AbsoluteRefractory, adex, leaky_integrator, lif
from neuropil.coding import PoissonSource
from neuropil.connectivity import (
    AxonalDelay,
    Conv2d,
    DelayedDense,
    Dense,
    LearnableDelays,
    OneToOne,
    ProjectionDelay,
    UniformBlocks,
    from_edges,
)
from neuropil.core import Input, Network, Projection, Record, chain, simulate
from neuropil.synapses import ExponentialConductance, ExponentialCurrent, Release

KEY, DT, TICKS = jax.random.key(7), 0.5, 30
LENGTHS = [1, 7, 12]  # few, as each is compiled


def listed(source, target, n, m, ticks, scale, seed):
    """Eight synapses a neuron, each with its own delay."""
    rng = np.random.default_rng(seed)
    pre, post = np.repeat(np.arange(n), 8), rng.integers(0, m, 8 * n)
    late = rng.integers(*ticks, pre.size)
    kind, weight = from_edges(n, m, pre, post, weight=scale * rng.random(pre.size), ticks=late)
    return Projection(source, target, kind, weight)


def dense(source, target, n, m, scale, seed, delay=None):
    kind = Dense(n, m) if delay is None else Dense(n, m, delay)
    return Projection(source, target, kind, scale * np.random.default_rng(seed).random((n, m)))


def network(exc, inh, poisson):
    """Random spikes, a loop of listed synapses with short-term plasticity, dense ones between."""
    receptors = {
        "drive": ExponentialCurrent(3.0),
        "exc": ExponentialConductance(5.0, reversal=5.0),
        "inh": ExponentialConductance(10.0, reversal=-2.0),
    }
    cells = {"refractory": AbsoluteRefractory(2.0), "receptors": receptors}
    return Network(
        {
            "in": PoissonSource(poisson, 200.0),
            "exc": lif(exc, tau=10.0, **cells),
            "inh": lif(inh, tau=7.0, **cells),
            "release": Release(exc, use=0.4, recovery=30.0, facilitation=20.0),
            "readout": leaky_integrator(5, tau=20.0),
        },
        (
            dense("in", "exc.drive", poisson, exc, 12.0 / poisson, 0),
            dense("in", "inh.drive", poisson, inh, 12.0 / poisson, 1, ProjectionDelay(3)),
            Projection("exc", "release", OneToOne(exc, ProjectionDelay(1)), np.ones(exc)),
            listed("release", "inh.exc", exc, inh, (1, 9), 0.2, 2),
            listed("exc", "exc.exc", exc, exc, (1, 6), 0.05, 3),
            listed("inh", "exc.inh", inh, exc, (2, 5), 0.1, 4),
            dense("exc", "readout", exc, 5, 0.3, 5, AxonalDelay(np.arange(exc) % 4)),
        ),
        "readout",
    )


# In XLA's loops, and in compiled ones.
NETWORKS = {"small": network(40, 10, 30), "large": network(300, 80, 64)}
RECORD = {"spikes": Record("exc"), "v": Record("inh.v"), "x": Record("release.x")}


def run(node, inputs, edges, record):
    """Return the state and records of a run that is cut at some ticks."""
    state, kept = None, []
    for first, last in zip(edges, edges[1:], strict=False):
        x = None if inputs is None else inputs[first:last]
        options = {"dt": DT, "key": KEY, "state": state, "record": record}
        options |= {"ticks": last - first} if x is None else {}
        state, records = simulate(node, x, **options)
        kept.append({**records.kept, "output": records.output})
    return state, {name: np.concatenate([of[name] for of in kept]) for name in kept[0]}


def assert_same(found, expected):
    for a, b in zip(jax.tree.leaves(found), jax.tree.leaves(expected), strict=True):
        np.testing.assert_array_equal(a, b)


WHOLE = {}


@pytest.mark.slow
@pytest.mark.parametrize("size", ["small", "large"])
@settings(max_examples=6, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(st.lists(st.sampled_from(LENGTHS), min_size=TICKS, max_size=TICKS))
def test_a_network_with_noise_delays_and_tiring_synapses(size, lengths):
    node = NETWORKS[size]
    if size not in WHOLE:
        WHOLE[size] = run(node, None, [0, TICKS], RECORD)
        kept = WHOLE[size][1]
        assert 0.005 < kept["spikes"].mean() < 0.3 and np.abs(kept["output"]).max() > 0.01
        assert kept["x"].min() < 0.7
    edges = [0]
    for length in lengths:
        edges.append(edges[-1] + (length if edges[-1] + length <= TICKS else 1))
        if edges[-1] == TICKS:
            break
    assert_same(run(node, None, edges, RECORD), WHOLE[size])


def inputs(*shape, p=0.3):
    return (np.random.default_rng(8).random((TICKS, *shape)) < p).astype(np.float32)


def late(n, m):
    return np.random.default_rng(6).integers(0, 5, (n, m))


KINDS = {
    "dense, small": lambda: (chain(Input(12), Dense(12, 20), lif(20), Dense(20, 5),
                                   leaky_integrator(5), key=KEY), inputs(12)),
    "dense, large": lambda: (chain(Input(300), Dense(300, 70), lif(70), Dense(70, 60),
                                   leaky_integrator(60), key=KEY), inputs(4, 300)),
    "every number": lambda: (chain(Input(70), Dense(70, 66), adex(66, threshold=-60.0), key=KEY),
                             1.5 + np.random.default_rng(3).normal(size=(TICKS, 4, 70))),
    "graded, large": lambda: (chain(Input(1600), Dense(1600, 66), leaky_integrator(66), key=KEY),
                              np.random.default_rng(3).normal(size=(TICKS, 1600))),
    "groups, large": lambda: (chain(Input(1600), UniformBlocks((240, 240, 1120), (400,)),
                                    leaky_integrator(400), key=KEY),
                              np.random.default_rng(3).random(size=(TICKS, 1600))),
    "delays, small": lambda: (chain(Input(12), DelayedDense(late(12, 20)), lif(20), key=KEY),
                              inputs(3, 12, p=0.5)),
    "delays, large": lambda: (chain(Input(70), DelayedDense(late(70, 64)), lif(64), key=KEY),
                              inputs(3, 70)),
    "learnt delays": lambda: (chain(Input(20), LearnableDelays(late(20, 24) * 1.1, longest=6,
                                                               width=2.0), lif(24), key=KEY),
                              inputs(3, 20, p=0.5)),
    "images": lambda: (chain(Input((1, 8, 8)), Conv2d((1, 8, 8), 3, (3, 3)), lif((3, 8, 8)),
                             key=KEY), inputs(4, 1, 8, 8)),
    "listed, small": lambda: (Network({"in": Input(40), "cells": lif(64)}, (listed(
        "in", "cells", 40, 64, (0, 7), 0.5, 2),), "cells"), inputs(40)),
    "listed, large": lambda: (Network({"in": Input(600), "cells": lif(64)}, (listed(
        "in", "cells", 600, 64, (0, 7), 0.1, 2),), "cells"), inputs(3, 600)),
    "a loop": lambda: (Network({"in": Input(40), "cells": lif(64)},
                               (dense("in", "cells", 40, 64, 0.1, 0),
                                dense("cells", "cells", 64, 64, 0.02, 1, ProjectionDelay(1))),
                               "cells"), inputs(5, 40)),
}  # fmt: skip


QUICK = ["listed, small", "groups, large"]


@pytest.mark.parametrize(
    "kind", [pytest.param(kind, marks=[pytest.mark.slow] * (kind not in QUICK)) for kind in KINDS]
)
def test_what_lies_between_components(kind):
    node, x = KINDS[kind]()
    expected = run(node, x, [0, TICKS], {})
    assert np.abs(expected[1]["output"]).mean() > 1e-3
    for edges in ([0, 1, TICKS], [0, 7, 16, TICKS - 1, TICKS]):
        assert_same(run(node, x, edges, {}), expected)


@pytest.mark.slow
def test_a_thinned_run_in_pieces_is_the_run_of_every_tick():
    node = NETWORKS["small"]
    options = {"dt": DT, "key": KEY, "ticks": 300}
    state, whole = simulate(node, None, **options, record={"v": Record("exc.v")})
    record = {"v": Record("exc.v", every=3)}
    thin_state, thin = simulate(node, None, **options, record=record, output=None)
    assert_same((thin_state, thin.kept["v"]), (state, whole.kept["v"][::3]))


@pytest.mark.slow
@pytest.mark.parametrize("every", [1, 3])
def test_an_ensemble_has_the_gradients_of_its_members(every):
    """Time and members are of one length, so that to take one for the other would go unnoticed."""
    rng = np.random.default_rng(0)
    edges, weight = from_edges(
        4, 4, np.arange(4), (np.arange(4) + 1) % 4, weight=0.5, ticks=[1, 2, 3, 1]
    )
    node = Network(
        {"in": Input(3), "cells": lif(4), "out": leaky_integrator(2)},
        (
            dense("in", "cells", 3, 4, 1.0, 0),
            Projection("cells", "cells", edges, weight),
            dense("cells", "out", 4, 2, 1.0, 1),
        ),
        "out",
    )
    length = 300
    x = jnp.asarray(rng.random((length, 3)) < 0.5, jnp.float32)
    members = length // every
    gains, probe = jnp.linspace(0.5, 1.5, members), rng.normal(size=(members, members, 4))

    def voltages(gain):
        where = lambda n: [p.weight for p in n.projections[:2]]  # noqa: E731
        louder = eqx.tree_at(where, node, [gain * w for w in where(node)])
        record = {"v": Record("cells.v", every=every)}
        return simulate(louder, x, dt=DT, key=KEY, record=record, output=None)[1].kept["v"]

    together = jax.grad(lambda g: jnp.sum(jax.jit(jax.vmap(voltages))(g) * probe))(gains)
    chosen = np.array([0, members // 2, members - 1])
    alone = [jax.grad(lambda g, i=i: jnp.sum(voltages(g) * probe[i]))(gains[i]) for i in chosen]
    np.testing.assert_allclose(together[chosen], alone, rtol=1e-3, atol=1e-2)
    assert float(jnp.abs(together).max()) > 1.0
