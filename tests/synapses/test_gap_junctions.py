"""Electrical synapses: cells that see each other's potential."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.linalg import expm

from neuropil.cells import HardReset, leaky_integrator, lif
from neuropil.connectivity import Dense, NoDelay, OneToOne, ProjectionDelay, from_edges
from neuropil.core import (
    Current,
    Input,
    Network,
    NeuropilError,
    Projection,
    Record,
    Tick,
    learnable_mask,
    simulate,
)
from neuropil.numerics import Euler
from neuropil.synapses import GapJunction, gap_junction

KEY = jax.random.key(0)
REST, TAU, RESISTANCE = np.array([-65.0, -50.0, -70.0]), 10.0, 20.0
CONDUCTANCE = np.array([[0.0, 0.02, 0.0], [0.02, 0.0, 0.05], [0.0, 0.05, 0.0]])


def coupled(make=leaky_integrator, conductance=CONDUCTANCE, rest=REST, **options):
    n = len(conductance)
    connectivity = Dense(n, n, ProjectionDelay(1))
    receptors = {"gap": gap_junction(connectivity, conductance), "input": Current()}
    cells = make(n, tau=TAU, rest=rest, resistance=RESISTANCE, receptors=receptors, **options)
    projection = Projection("cells.v", "cells.gap", connectivity, conductance)
    return Network({"cells": cells}, (projection,), "cells")


def matrix(conductance=CONDUCTANCE):
    total = np.diag(conductance.sum(0))
    return (RESISTANCE * (conductance - total) - np.eye(len(total))) / TAU


def potentials(dt, until, **options):
    with jax.enable_x64(True):
        network = coupled(**options)
        silent = {"cells.input": np.zeros((round(until / dt), 3))}
        _, records = simulate(network, silent, dt=dt, key=KEY, record={"v": Record("cells.v")})
        return np.asarray(records.kept["v"])


def test_coupled_leaky_cells_converge_to_the_closed_form():
    a, until = matrix(), 12.0
    still = np.linalg.solve(a, -REST / TAU)
    exact = still + expm(a * until) @ (REST - still)
    errors = [np.abs(potentials(dt, until)[-1] - exact).max() for dt in (0.1, 0.05)]
    assert np.abs(exact - REST).max() > 3.0
    assert errors[0] < 0.05
    assert errors[0] / errors[1] == pytest.approx(2.0, abs=0.1)


@pytest.mark.slow
def test_coupled_leaky_cells_converge_to_an_adaptive_solver_under_a_current():
    def slope(t, v):
        return matrix() @ v + REST / TAU + RESISTANCE / TAU * np.array([np.sin(t), 0.0, 0.0])

    exact = solve_ivp(slope, (0.0, 8.0), REST, rtol=1e-10, atol=1e-10).y[:, -1]
    errors = []
    for dt in (0.1, 0.05):
        time = dt * (np.arange(round(8.0 / dt)) + 0.5)
        current = np.sin(time)[:, None] * np.array([1.0, 0.0, 0.0])
        with jax.enable_x64(True):
            _, records = simulate(coupled(), {"cells.input": current}, dt=dt, key=KEY)
        errors.append(np.abs(np.asarray(records.output[-1]) - exact).max())
    assert errors[0] < 0.05
    assert errors[0] / errors[1] == pytest.approx(2.0, abs=0.15)


def test_a_tick_is_what_is_written_out_by_hand():
    """Potentials of the neighbours at the beginning of the tick, the own one moving."""
    v, dt = REST.copy(), 0.1
    for found in potentials(dt, 5.0):
        slope = 1.0 + RESISTANCE * CONDUCTANCE.sum(0)
        goal = (REST + RESISTANCE * v @ CONDUCTANCE) / slope
        v = goal + (v - goal) * np.exp(-dt * slope / TAU)
        np.testing.assert_allclose(found, v, rtol=1e-12)


def test_no_current_is_lost():
    """What flows out of one cell flows into another: the sum of potentials leaks only."""
    v = potentials(0.1, 10.0, integrator=Euler())
    before = np.concatenate([[REST.sum()], v.sum(-1)[:-1]])
    leak = before + 0.1 / TAU * (REST.sum() - before)
    np.testing.assert_allclose(v.sum(-1), leak, rtol=1e-13)
    assert np.abs(v - REST).max() > 3.0


def test_at_rest_together_nothing_flows_from_the_first_tick_on():
    together = np.full(3, -60.0)
    np.testing.assert_array_equal(potentials(0.1, 1.0, rest=together), -60.0)


def spiking():
    return coupled(lif, rest=-60.0, threshold=-50.0, reset=HardReset(-60.0))


def test_spiking_cells_are_pulled_by_potentials_and_runs_agree_however_they_are_made():
    network = spiking()
    current = np.random.default_rng(0).normal(0.9, 0.5, (300, 3)).astype(np.float32)
    inputs = {"cells.input": current}
    _, records = simulate(network, inputs, dt=0.5, key=KEY)
    assert 20 < records.output.sum() < 300
    state, found = network.init(key=KEY), []
    tick = Tick(jnp.zeros((), jnp.int32), 0.5, KEY)
    step = jax.jit(lambda state, x: network.step(state, {"cells.input": x}, tick))
    for x in current:
        state, output = step(state, x)
        found.append(output)
    np.testing.assert_array_equal(records.output, np.stack(found))
    first, early = simulate(network, {"cells.input": current[:111]}, dt=0.5, key=KEY)
    _, late = simulate(network, {"cells.input": current[111:]}, dt=0.5, key=KEY, state=first)
    np.testing.assert_array_equal(np.concatenate([early.output, late.output]), records.output)
    batch = {"cells.input": np.stack([current, current[::-1]], 1)}
    _, both = simulate(network, batch, dt=0.5, key=KEY)
    np.testing.assert_array_equal(both.output[:, 0], records.output)
    apart = Network(network.nodes, (), "cells")
    assert np.any(simulate(apart, inputs, dt=0.5, key=KEY)[1].output != records.output)


@pytest.mark.parametrize("ticks", [0, 2])
def test_a_potential_reaches_cells_that_do_not_answer(ticks):
    """Between components, over a block of ticks, and nested."""
    delay = ProjectionDelay(ticks) if ticks else NoDelay()
    across, n = OneToOne(3, delay), 3
    probe = leaky_integrator(n, tau=1e-6, receptors={"input": Current()})
    nodes = {"column": spiking(), "in": Input(n), "probe": probe}
    projections = (
        Projection("in", "column.cells.input", OneToOne(n), jnp.ones(n)),
        Projection("column.cells.v", "probe", across, jnp.ones(n)),
    )
    network = Network(nodes, projections, "probe")
    x = np.random.default_rng(0).normal(0.9, 0.5, (40, n)).astype(np.float32)
    record = {"v": Record("column.cells.v")}
    _, records = simulate(network, x, dt=0.5, key=KEY, record=record)
    v = np.concatenate([np.full((ticks, n), -60.0), records.kept["v"]])[: len(x)]
    np.testing.assert_allclose(records.output, v, rtol=1e-6)


def test_conductances_have_gradients():
    x = {"cells.input": jnp.ones((30, 3))}

    def total(conductance):
        network = coupled(conductance=conductance)
        return jnp.sum(simulate(network, x, dt=0.5, key=KEY)[1].output[:, 0])

    g = jnp.asarray(CONDUCTANCE)
    slope = jax.grad(total)(g)
    direction = jnp.asarray(CONDUCTANCE > 0, float)
    with jax.enable_x64(True):
        wide = jnp.asarray(CONDUCTANCE)
        numeric = (total(wide + 1e-6 * direction) - total(wide - 1e-6 * direction)) / 2e-6
    forward = jax.jvp(total, (g,), (direction,))[1]
    np.testing.assert_allclose(jnp.sum(slope * direction), forward, rtol=1e-4)
    np.testing.assert_allclose(forward, numeric, rtol=1e-3)


def test_a_trainer_leaves_conductances_that_the_receptor_has_summed():
    contact, wire = Dense(2, 2, ProjectionDelay(1)), Dense(2, 2)
    g = jnp.array([[0.0, 0.1], [0.1, 0.0]])
    cells = leaky_integrator(2, receptors={"gap": gap_junction(contact, g), "input": Current()})
    projections = (
        Projection("cells.v", "cells.gap", contact, g),
        Projection("in", "cells.input", wire, jnp.ones((2, 2))),
    )
    network = Network({"in": Input(2), "cells": cells}, projections, "cells")
    nested = Network({"inner": network}, (), "inner")
    for found in (learnable_mask(network), learnable_mask(nested).nodes["inner"]):
        assert [p.weight for p in found.projections] == [False, True]


def test_gap_junctions_of_a_connectivity_are_summed_per_target():
    weight = np.array([[0.0, 0.1], [0.3, 0.0], [0.2, 0.2]])
    receptor = gap_junction(Dense(3, 2), weight)
    assert isinstance(receptor, GapJunction)
    np.testing.assert_allclose(receptor.total, [0.5, 0.3], rtol=1e-6)


def test_listed_junctions_are_those_of_a_matrix():
    source, target = np.nonzero(CONDUCTANCE)
    weight = CONDUCTANCE[source, target]
    listed, weight = from_edges((3,), (3,), source, target, weight=weight, ticks=1)
    receptors = {"gap": gap_junction(listed, weight), "input": Current()}
    cells = leaky_integrator(3, tau=TAU, rest=REST, resistance=RESISTANCE, receptors=receptors)
    network = Network(
        {"cells": cells}, (Projection("cells.v", "cells.gap", listed, weight),), "cells"
    )
    found, expected = (
        simulate(net, None, dt=0.1, key=KEY, ticks=100)[1].output for net in (network, coupled())
    )
    assert np.abs(found[-1] - found[0]).max() > 1.0
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_a_source_that_is_not_there_is_refused():
    connectivity = Dense(3, 3, ProjectionDelay(1))
    cells = leaky_integrator(3)
    for source in ("cells.w", "cell.v", "cells."):
        with pytest.raises(NeuropilError, match="source of projection"):
            projection = Projection(source, "cells", connectivity, np.zeros((3, 3)))
            Network({"cells": cells}, (projection,), "cells")
    with pytest.raises(NeuropilError, match="without delay"):
        projection = Projection("cells.v", "cells", Dense(3, 3), np.zeros((3, 3)))
        Network({"cells": cells}, (projection,), "cells")
    with pytest.raises(NeuropilError, match="'cells.v'"):
        projection = Projection("cells.v", "cells", Dense(2, 3), np.zeros((2, 3)))
        Network({"cells": cells}, (projection,), "cells")
