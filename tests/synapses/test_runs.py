"""Many synapses run in compiled loops, whatever the type of number, and mean the same."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from neuropil.cells import lif
from neuropil.core import simulate
from neuropil.synapses import (
    GABAB,
    NMDA,
    AlphaConductance,
    AlphaCurrent,
    BlockedConductance,
    Conductance,
    DoubleExponentialConductance,
    DoubleExponentialCurrent,
    ExponentialConductance,
    ExponentialCurrent,
    GapJunction,
    Release,
    SaturatingGate,
)

from ..contract._cases import DT, KEY, assert_close, plain_scan

TIME, MANY = 70, 1000  # more than it takes to compile a loop
RECEPTORS = {
    "a": ExponentialCurrent(np.linspace(1.0, 5.0, MANY)),
    "b": AlphaCurrent(3.0),
    "c": DoubleExponentialCurrent(1.0, 4.0),
    "d": ExponentialConductance(3.0, 2.0),
    "e": AlphaConductance(3.0, 2.0),
    "f": DoubleExponentialConductance(1.0, 4.0, -1.0),
    "g": NMDA(1.0, 20.0, 3.0),
    "h": GABAB(0.2, production=2.0, half=0.1),
    "i": Conductance(1.0),
    "j": BlockedConductance(2.0),
    "k": GapJunction(0.1),
}
NODES = {
    "receptors": lambda: lif(MANY, tau=5.0, threshold=0.8, receptors=RECEPTORS),
    "release": lambda: Release(MANY, np.linspace(0.1, 0.9, MANY), 20.0, 10.0),
    "saturating gate": lambda: SaturatingGate(MANY, rise=np.linspace(1.0, 3.0, MANY)),
}
EVERY = pytest.mark.parametrize("build", NODES.values(), ids=NODES)


def arrivals(node, dtype=np.float32):
    rng = np.random.default_rng(0)
    return {
        port: np.where(rng.random((TIME, MANY)) < 0.1, rng.uniform(0.1, 0.4), 0.0).astype(dtype)
        for port in node.ports
    }


@EVERY
def test_many_neurons_are_the_plain_scan(build):
    node = build()
    x = arrivals(node)
    final, records = simulate(node, x, dt=DT, key=KEY)
    state, output = plain_scan(node, x)
    assert np.abs(np.asarray(output)).sum() > 10
    assert_close(records.output, output)
    assert_close(final.node, state)


@EVERY
def test_many_neurons_run_in_a_compiled_loop(build):
    """No receptor keeps a population out of it: every operation has a translation."""
    pytest.importorskip("numba")
    node = build()

    def run(node, x):
        return simulate(node, x, dt=DT, key=KEY)[1].output

    assert "neuropil_scan" in jax.jit(run).lower(node, arrivals(node)).as_text()


@EVERY
@pytest.mark.parametrize("single", [True, False])
def test_states_keep_their_type(build, single):
    with jax.enable_x64(True):
        kind = jnp.float32 if single else jnp.float64
        node = jax.tree.map(lambda x: x.astype(kind) if eqx.is_inexact_array(x) else x, build())
        state, _ = simulate(node, arrivals(node, np.float64), dt=DT, key=KEY)
        for leaf in jax.tree.leaves(state.node):
            assert leaf.dtype == kind
