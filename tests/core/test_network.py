"""Networks as data: what is refused, in which order a tick goes, what is said about it."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from neuropil.cells import leaky_integrator, lif
from neuropil.connectivity import AxonalDelay, Dense, LearnableDelays, OneToOne, ProjectionDelay
from neuropil.core import (
    Bounds,
    Current,
    Delta,
    Input,
    Link,
    Network,
    NeuropilError,
    Plasticity,
    Projection,
    Record,
    chain,
    learnable_mask,
    settle,
    simulate,
)
from neuropil.core._graph import strongly_connected, topological
from neuropil.core._schedule import parts, tick_order
from neuropil.plasticity import Hebb

from ..contract._cases import assert_close

KEY = jax.random.key(0)


def to_each(source, target, delay=0, n=2, **options):
    late = {"delay": ProjectionDelay(delay)} if delay else {}
    return Projection(source, target, OneToOne(n, **late), jnp.ones(n), **options)


def membranes(*names):
    return {name: leaky_integrator(2, tau=1e-3) for name in names}


def run(net, x, **options):
    return simulate(net, x, dt=1.0, key=KEY, **options)[1]


def test_networks_can_be_built_while_they_are_compiled():
    """Of weights, signs and bounds that are known, and a parameter that is not."""
    signs, weight = jnp.array([1.0, -1.0]), jnp.array([0.5, 0.25])

    def potential(tau):
        ends = {"sign": signs, "bounds": Bounds(0.0, 1.0)}
        own = Projection("a", "a", OneToOne(2, delay=ProjectionDelay(1)), weight, **ends)
        net = Network({"a": leaky_integrator(2, tau=tau)}, (own,), "a")
        return run(net, jnp.ones((5, 2))).output[-1]

    np.testing.assert_array_equal(jax.jit(potential)(9.0), potential(9.0))
    forwards, backwards = (jax.jit(way(potential))(9.0) for way in (jax.jacfwd, jax.jacrev))
    np.testing.assert_allclose(forwards, backwards, rtol=1e-5)
    assert np.all(forwards != 0.0)


# --- order and parts ----------------------------------------------------------------------------


def test_a_signal_passes_a_chain_without_delay_within_a_tick():
    """Nodes step in the order of the projections, not in that of their names."""
    nodes = {"c": leaky_integrator(2), "b": leaky_integrator(2), "a": Input(2)}
    net = Network(nodes, (to_each("b", "c"), to_each("a", "b")), "c")
    output = run(net, {"a.input": np.eye(2, dtype=np.float32)[:1]}).output
    np.testing.assert_allclose(output[0], [1.0, 0.0])


def test_delays_add_up_along_a_path():
    net = Network(
        {"a": Input(2), **membranes("b", "c")},
        (to_each("a", "b", 2), to_each("b", "c", 3)),
        "c",
    )
    x = np.zeros((10, 2), np.float32)
    x[1] = 1.0
    assert np.flatnonzero(run(net, {"a.input": x}).output[:, 0] > 0.5).tolist() == [6]


def test_an_impulse_goes_round_a_loop_for_ever():
    relay = {"a": Input(2), **membranes("b", "c")}
    loop = (to_each("a", "b"), to_each("b", "c", 2), to_each("c", "b", 1))
    x = np.zeros((12, 2), np.float32)
    x[0] = 1.0
    output = run(Network(relay, loop, "b"), {"a.input": x}).output[:, 0]
    assert np.flatnonzero(output > 0.5).tolist() == [0, 3, 6, 9]


def test_only_what_is_tied_together_runs_tick_by_tick():
    net = Network(
        {"a": Input(2), **membranes("b", "c", "d", "e")},
        (
            to_each("a", "b"),
            to_each("b", "c"),
            to_each("c", "b", 1),
            to_each("c", "d"),
            to_each("d", "e", plasticity=Plasticity(Hebb(0.1))),
        ),
        "e",
    )
    assert [part.order for part in parts(net)] == [("a",), ("b", "c"), ("d", "e")]
    assert [part.projections for part in parts(net)] == [(), (1, 2), (4,)]


def test_graph_questions_against_reachability():
    """Components and orders of random graphs, against the closure of the edges."""
    rng = np.random.default_rng(0)
    for _ in range(60):
        n = int(rng.integers(1, 7))
        adjacent = rng.random((n, n)) < 0.25
        names = [f"n{i}" for i in range(n)]
        edges = [(names[i], names[j]) for i, j in np.argwhere(adjacent)]
        reach = np.eye(n, dtype=bool) | adjacent
        for _ in range(n):
            reach = reach | (reach @ reach)
        components = strongly_connected(names, edges)
        place = {name: k for k, members in enumerate(components) for name in members}
        assert sorted(place) == sorted(names)
        for i in range(n):
            for j in range(n):
                together = place[names[i]] == place[names[j]]
                assert together == (reach[i, j] and reach[j, i])
                if reach[i, j] and not together:
                    assert place[names[i]] < place[names[j]]
        order = topological(names, edges)
        assert (order is None) == any(adjacent[i, j] and reach[j, i] for i, j in np.ndindex(n, n))


# --- refusals -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("projections", "says"),
    [
        ((to_each("a", "x"),), "target of projection 'a -> x': got x"),
        ((to_each("y", "b"),), "source of projection 'y -> b': got y"),
        ((to_each("a", "b.ampa"),), "one of the ports"),
        (
            (to_each("a", "b", n=3),),
            r"expected \(2,\) \(output of 'a'\) to \(2,\) \(port 'input'\)",
        ),
        ((to_each("b", "a"),), "an Input"),
        ((to_each("b", "c"), to_each("c", "b")), r"a cycle .*'b -> c', 'c -> b'"),
        ((to_each("b", "b"),), "delay of at least one tick"),
    ],
)
def test_what_cannot_be_run_is_refused_with_names(projections, says):
    with pytest.raises(NeuropilError, match=says):
        Network({"a": Input(2), **membranes("b", "c")}, projections, "c")


def test_a_cycle_with_a_learnable_delay_is_refused_as_it_may_become_zero():
    loop = LearnableDelays(np.full((2, 2), 3.0), longest=4)
    with pytest.raises(NeuropilError, match="cycle"):
        Network(membranes("b"), (Projection("b", "b", loop, np.ones((2, 2))),), "b")


def test_a_misspelt_name_is_answered_with_the_nearest():
    with pytest.raises(NeuropilError, match="did you mean 'hidden'"):
        Network(membranes("hidden"), (), "hiden")


@pytest.mark.parametrize(
    ("inputs", "says"),
    [
        (np.ones((2, 5)), r"expected \[time, \[batch\], 2\]"),
        (np.ones((5, 2)) * np.nan, "not finite"),
        (jnp.ones((5, 2)).at[3, 1].set(jnp.inf), "not finite"),
        ({"a.input": np.ones((5, 2)), "b.input": np.ones((6, 2))}, "one time axis"),
        ({"a.input": np.ones((5, 3, 2)), "b.input": np.ones((5, 4, 2))}, "one batch axis"),
        ({"a.input": np.ones((5, 3, 2)), "b.input": np.ones((5, 2))}, "one batch axis"),
        ({"q": np.ones((5, 2))}, "arrays by port"),
    ],
)
def test_inputs_that_do_not_fit_are_refused_by_axis(inputs, says):
    net = Network({"a": Input(2), **membranes("b")}, (to_each("a", "b"),), "b")
    with pytest.raises(NeuropilError, match=says):
        run(net, inputs)


# --- words --------------------------------------------------------------------------------------


def test_describe_prints_nodes_projections_and_the_order_of_a_tick():
    net = Network(
        {"eyes": Input(2), "hand": leaky_integrator(2), "mind": lif(2)},
        (
            Projection("eyes", "mind", Dense(2, 2, AxonalDelay([1, 3])), np.ones((2, 2))),
            to_each("mind", "hand", plasticity=Plasticity(Hebb(0.1))),
        ),
        "hand",
    )
    text = net.describe()
    for words in (
        "output 'hand'",
        "mind: Population of LIF, input[2] -> [2]",
        "eyes: Input, input[2] -> [2], keeps 3 past outputs",
        "eyes -> mind.input: Dense [2, 2], 1 to 3 ticks late",
        "mind -> hand.input: OneToOne [2], learns by Hebb",
        "hand: transmit from mind; integrate; publish",
        "then adapt: mind -> hand",
        "mind, hand: tick by tick, together",
    ):
        assert words in text
    assert text.index("mind: transmit") < text.index("hand: transmit")


@pytest.mark.parametrize("ticks", [0, 1])
def test_what_is_printed_does_not_depend_on_the_order_of_names(ticks):
    names = ["z", "m", "a", "b"]
    projections = (to_each("z", "m", ticks), to_each("m", "a", ticks))
    nodes = {"z": Input(2), **membranes(*names[1:])}
    net = Network(nodes, projections, "a")
    backwards = Network(dict(reversed(nodes.items())), projections, "a")
    assert net.describe() == backwards.describe() == jax.tree.map(lambda x: x, net).describe()
    printed = [line.split(":")[0].strip() for line in net.describe().splitlines()[3:7]]
    assert printed == [name for name in tick_order(net)]
    assert [name for name in printed if name != "b"] == ["z", "m", "a"]


# --- chains -------------------------------------------------------------------------------------


def test_a_chain_is_the_network_written_out():
    first, second = Dense(3, 4, ProjectionDelay(1)), Dense(4, 2)
    short = chain(Input(3), first, lif(4), Link(second, np.ones((4, 2))), lif(2), key=KEY)
    weight = short.projections[0].weight
    assert list(short.nodes) == ["input", "hidden1", "output"]
    assert float(jnp.abs(weight).max()) <= 1.0
    written = Network(
        {"input": Input(3), "hidden1": lif(4), "output": lif(2)},
        (
            Projection("input", "hidden1", first, weight),
            Projection("hidden1", "output", second, np.ones((4, 2))),
        ),
        "output",
    )
    x = (np.random.default_rng(0).random((9, 3)) < 0.5).astype(np.float32)
    assert_close(run(short, x).output, run(written, x).output)


def test_links_carry_signs_bounds_and_rules_into_the_projection():
    link = Link(Dense(3, 2), None, jnp.array([1.0, -1.0, 1.0]), Bounds(0.0), Plasticity(Hebb(0.1)))
    (projection,) = chain(Input(3), link, lif(2), key=KEY).projections
    for name in ("sign", "bounds", "plasticity"):
        assert eqx.tree_equal(getattr(projection, name), getattr(link, name))
    assert float(projection.weight.min()) >= 0.0


@pytest.mark.parametrize("bounds", [Bounds(0.0), Bounds(0.0, 0.2), Bounds(-0.1, 0.2)])
def test_links_draw_weights_within_their_bounds(bounds):
    (projection,) = chain(
        Input(30), Link(Dense(30, 20), bounds=bounds), lif(20), key=KEY
    ).projections
    weight = np.asarray(projection.weight)
    np.testing.assert_array_equal(weight, bounds.project(weight))
    assert weight.std() > 0.02


@pytest.mark.parametrize("weight", [-np.ones((3, 2)), np.full((3, 2), 1.5)])
def test_weights_outside_their_bounds_are_refused(weight):
    with pytest.raises(NeuropilError, match="weight: got values from"):
        Projection("a", "b", Dense(3, 2), weight, bounds=Bounds(0.0, 1.0))


@pytest.mark.parametrize(
    ("connectivity", "shape"),
    [(OneToOne(4), (5, 4)), (Dense(3, 2), (2, 3, 2)), (Dense(3, 2), (2,))],
)
def test_weights_of_another_shape_are_refused(connectivity, shape):
    with pytest.raises(NeuropilError, match="weight: got shape"):
        Projection("a", "b", connectivity, np.ones(shape))


# --- nesting ------------------------------------------------------------------------------------


def test_a_network_inside_a_network_is_the_flat_network():
    inner = Network(
        {"gate": Input(2), **membranes("relay")}, (to_each("gate", "relay", 1),), "relay"
    )
    nested = Network(
        {"in": Input(2), "column": inner, **membranes("out")},
        (to_each("in", "column.gate.input", 1), to_each("column", "out", 2)),
        "out",
    )
    flat = Network(
        {"in": Input(2), "gate": leaky_integrator(2, tau=1e-3), **membranes("relay", "out")},
        (to_each("in", "gate", 1), to_each("gate", "relay", 1), to_each("relay", "out", 2)),
        "out",
    )
    x = np.random.default_rng(0).random((12, 2)).astype(np.float32)
    record = {"v": Record("column.relay.v")}
    found = run(nested, {"in.input": x}, record=record)
    expected = run(flat, {"in.input": x}, record={"v": Record("relay.v")})
    assert_close(found.output, expected.output)
    assert_close(found.kept["v"], expected.kept["v"])
    assert set(nested.ports) == {
        *("in.input", "column.gate.input", "column.relay.input", "out.input"),
    }


def test_constrained_reaches_into_nested_networks():
    inner = Network({"gate": Input(2), **membranes("relay")}, (to_each("gate", "relay"),), "relay")
    bounded = eqx.tree_at(
        lambda net: net.projections[0].bounds,
        inner,
        Bounds(0.0, 0.5),
        is_leaf=lambda leaf: leaf is None,
    )
    outer = Network({"column": bounded}, (), "column")
    weight = outer.constrained().nodes["column"].projections[0].weight
    np.testing.assert_array_equal(weight, [0.5, 0.5])


def test_training_changes_weights_and_delays_but_not_what_learns_by_itself():
    net = Network(
        {"a": Input(2), **membranes("b", "c")},
        (
            Projection("a", "b", LearnableDelays(np.ones((2, 2)), longest=3), np.ones((2, 2))),
            to_each("b", "c", plasticity=Plasticity(Hebb(0.1))),
        ),
        "c",
    )
    mask = learnable_mask(net)
    assert mask.projections[0].weight is True
    assert mask.projections[0].connectivity.delay is True
    assert mask.projections[0].connectivity.width is False
    assert mask.projections[1].weight is False
    assert not any(jax.tree.leaves(mask.nodes))


# --- settling -----------------------------------------------------------------------------------


def test_settling_finds_the_fixed_point_of_a_linear_loop():
    """tau v' = -v + W v + I stands still where v = (1 - W)^-1 I."""
    weight, drive = np.array([[0.0, 0.4], [-0.6, 0.2]]), np.array([1.0, -0.5])
    loop = Dense(2, 2, ProjectionDelay(1))
    cell = leaky_integrator(2, tau=5.0, receptors={"loop": Current(), "input": Current()})
    net = Network({"v": cell}, (Projection("v", "v.loop", loop, weight),), "v")
    state = settle(net, {"v.input": drive}, tolerance=1e-7, max_steps=2000)
    expected = np.linalg.solve(np.eye(2) - weight.T, drive)
    np.testing.assert_allclose(state.nodes["v"].cells["v"], expected, atol=1e-4)


def test_settling_stops_after_the_steps_it_is_given():
    cell = leaky_integrator(1, tau=10.0, receptors={"input": Delta()})
    state = settle(cell, jnp.ones(1), tolerance=0.0, max_steps=3)
    decay = np.exp(-0.1)
    assert float(state.cells["v"][0]) == pytest.approx(1 + decay + decay**2, rel=1e-5)
    further = settle(cell, jnp.ones(1), tolerance=0.0, max_steps=2, state=state)
    once = settle(cell, jnp.ones(1), tolerance=0.0, max_steps=5)
    assert_close(further, once)
