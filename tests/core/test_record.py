"""What is kept of a run: thinned and encoded while it goes on, in memory for what is kept."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from neuropil.cells import HardReset, leaky_integrator, lif
from neuropil.connectivity import Dense, NoDelay, OneToOne, ProjectionDelay, fixed_in_degree
from neuropil.core import (
    Average,
    Chosen,
    Delta,
    Input,
    Network,
    NeuropilError,
    PopulationMean,
    Projection,
    Record,
    Records,
    Tick,
    chain,
    simulate,
)
from neuropil.modulation import BatchNorm
from neuropil.synapses import NMDA, ExponentialConductance

from ..contract._cases import assert_close, assert_identical

KEY, DT = jax.random.key(2), 1.0
IN_TAILS, IN_EQUAL, AT_ONCE = 263, 300, 40  # ticks: 2 pieces of 128 and 7, 2 of 150, 1 of 40


def net(size=4):
    return chain(Input(3), Dense(3, size), lif(size), Dense(size, 2), leaky_integrator(2), key=KEY)


def spikes(*lead):
    return (np.random.default_rng(0).random((*lead, 3)) < 0.5).astype(np.float32)


def run(node, inputs, **options):
    return simulate(node, inputs, dt=DT, key=KEY, **options)


# --- thinning -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("length", "every", "checkpoint"),
    [
        (IN_TAILS, 3, None),
        (IN_TAILS, 999, None),
        (IN_EQUAL, 50, None),
        (AT_ONCE, 3, None),
        (AT_ONCE, 3, 7),
        (AT_ONCE, 13, 4),
    ],
)
def test_thinned_is_every_so_manyth(length, every, checkpoint):
    x, record = spikes(length, 2), {"v": Record("hidden1.v"), "spikes": Record("hidden1")}
    state, whole = run(net(), x, record=record)
    record = {name: Record(wish.path, every) for name, wish in record.items()}
    options = {"output": Record("output", every), "checkpoint": checkpoint}
    same_state, thin = run(net(), x, record=record, **options)
    assert_close(same_state, state)
    assert_close(thin, jax.tree.map(lambda values: values[::every], whole))


def test_records_of_different_pace_go_together():
    x = spikes(IN_TAILS)
    record = {str(n): Record("hidden1.v", every=n) for n in (1, 2, 7, 128)}
    kept = run(net(), x, record=record)[1].kept
    assert list(kept) == list(record)
    for n in (2, 7, 128):
        assert_identical(kept[str(n)], kept["1"][::n])


def test_ticks_are_counted_from_the_start_of_the_call():
    x = spikes(20)
    state, _ = run(net(), x[:7])
    record = {"all": Record("hidden1.v"), "some": Record("hidden1.v", every=5)}
    _, records = run(net(), x[7:], state=state, record=record, checkpoint=4)
    assert_identical(records.kept["some"], records.kept["all"][::5])


@pytest.mark.slow
@pytest.mark.parametrize(("length", "checkpoint"), [(IN_TAILS, None), (AT_ONCE, 16)])
def test_gradients_flow_through_what_is_thinned(length, checkpoint):
    x, record = spikes(length, 2), {"all": Record("hidden1.v"), "thin": Record("hidden1.v", 7)}
    arrays, rest = eqx.partition(net(), eqx.is_inexact_array)

    def score(which, arrays, **options):
        wish = {which: record[which]}
        _, records = run(eqx.combine(arrays, rest), x, record=wish, **options)
        values = records.kept[which]
        return jnp.sum(jnp.sin(values[::7] if which == "all" else values))

    expected = jax.grad(lambda arrays: score("all", arrays))(arrays)
    assert max(float(jnp.abs(leaf).max()) for leaf in jax.tree.leaves(expected)) > 1e-2
    options = {"checkpoint": checkpoint, "output": None}
    assert_close(jax.grad(lambda arrays: score("thin", arrays, **options))(arrays), expected)
    _, forward = jax.jvp(lambda arrays: score("thin", arrays, **options), (arrays,), (arrays,))
    along = jax.tree.map(lambda x, g: jnp.sum(x * g), arrays, expected)
    np.testing.assert_allclose(forward, sum(jax.tree.leaves(along)), rtol=1e-4)


def test_what_looks_at_a_whole_block_is_not_cut():
    """Statistics over time and batch are those of the whole run, whatever is recorded of it."""
    node = chain(Input(3), Dense(3, 4), BatchNorm(4), Dense(4, 4), lif(4), key=KEY)
    x = spikes(IN_EQUAL, 2)
    x[200:] = 0.0
    _, records = run(node, x)
    _, thin = run(node, x, record={"v": Record("output.v", every=5)}, output=Record("output", 2))
    assert_identical(thin.output, records.output[::2])
    assert float(jnp.abs(records.output).max()) > 0.0


# --- encoding -----------------------------------------------------------------------------------


@pytest.mark.parametrize("length", [IN_TAILS, AT_ONCE])
def test_what_is_encoded_is_one_tick_of_one_sample(length):
    shapes = []

    def noting(value):
        shapes.append(value.shape)
        return jnp.mean(value)

    x = spikes(length, 5)
    record = {
        "spikes": Record("hidden1"),
        "mean": Record("hidden1", encode=noting),
        "bits": Record("hidden1", every=2, encode=lambda s: jnp.packbits(s > 0)),
    }
    _, records = run(net(9), x, record=record)
    assert set(shapes) == {(9,)}
    trains = np.asarray(records.kept["spikes"])
    assert 0 < trains.mean() < 1
    assert_close(records.kept["mean"], trains.mean(-1))
    assert_identical(records.kept["bits"], np.packbits(trains[::2] > 0, axis=-1))
    _, alone = run(net(9), x[:, 3], record=record)
    assert_identical(alone.kept["bits"], records.kept["bits"][:, 3])


def test_an_encoder_with_parameters_learns():
    x = spikes(IN_TAILS, 2)

    def score(weight):
        record = {"v": Record("hidden1.v", encode=Probe(weight))}
        return jnp.sum(run(net(), x, record=record)[1].kept["v"])

    v = run(net(), x, record={"v": Record("hidden1.v")})[1].kept["v"]
    assert_close(jax.grad(score)(jnp.ones(4)), v.sum((0, 1)))


class Probe(eqx.Module):
    weight: jax.Array

    def __call__(self, value):
        return value @ self.weight


# --- monitors -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("length", "every", "checkpoint"),
    [
        (IN_TAILS, 3, None),
        (IN_TAILS, 999, None),
        (IN_EQUAL, 50, None),
        (IN_EQUAL, 400, None),
        (AT_ONCE, 7, None),
        (AT_ONCE, 7, 3),
        (AT_ONCE, 3, 7),
    ],
)
def test_averages_are_those_of_the_bins(length, every, checkpoint):
    x = spikes(length, 2)
    record = {"v": Record("hidden1.v"), "spikes": Record("hidden1")}
    _, whole = run(net(), x, record=record)
    bins = [slice(t, t + every) for t in range(0, length, every)]
    expected = {name: np.stack([np.asarray(values)[b].mean(0) for b in bins])
                for name, values in whole.kept.items()}  # fmt: skip
    record = {name: Record(wish.path, every, Average()) for name, wish in record.items()}
    record["rate"] = Record("hidden1", every, Average(PopulationMean()))
    _, records = run(net(), x, record=record, checkpoint=checkpoint)
    assert_close(records.kept["v"], expected["v"])
    assert_close(records.kept["spikes"], expected["spikes"])
    assert_close(records.kept["rate"], expected["spikes"].mean(-1))
    assert 0 < float(records.kept["rate"].mean()) < 1


def test_chosen_neurons_are_kept_and_compile_once():
    x, node = spikes(AT_ONCE), net(6)
    seen = []

    class Noting(Chosen):
        def __call__(self, value):
            seen.append(value.shape)
            return super().__call__(value)

    record = {"all": Record("hidden1.v"), "some": Record("hidden1.v", encode=Noting([4, 1]))}
    _, records = run(node, x, record=record)
    assert_identical(records.kept["some"], records.kept["all"][:, np.array([4, 1])])
    compiled = len(seen)
    run(node, x, record=record | {"some": Record("hidden1.v", encode=Noting(np.array([4, 1])))})
    assert len(seen) == compiled


def test_neurons_beyond_the_population_are_refused():
    record = {"v": Record("hidden1.v", encode=Chosen([2, 4]))}
    with pytest.raises(
        NeuropilError, match=r"^record\['v'\], indices: got the position 4; expected .* below 4"
    ):
        run(net(4), spikes(AT_ONCE), record=record)


@pytest.mark.slow
def test_gradients_flow_through_averages():
    x, weight = spikes(IN_TAILS + 2, 2), net().projections[0].weight

    def score(record, weight, bins):
        node = eqx.tree_at(lambda n: n.projections[0].weight, net(), weight)
        v = run(node, x, record={"v": record}, output=None)[1].kept["v"]
        return jnp.sum(jnp.sin(bins(v)))

    def binned(v):
        return v.reshape(53, 5, 2, 4).mean(1)

    expected = jax.grad(lambda w: score(Record("hidden1.v"), w, binned))(weight)
    record = Record("hidden1.v", 5, Average())
    assert_close(jax.grad(lambda w: score(record, w, lambda v: v))(weight), expected)
    assert float(jnp.abs(expected).max()) > 1e-2


# --- the output ---------------------------------------------------------------------------------


def test_the_output_is_kept_as_wished():
    x = spikes(IN_TAILS, 2)
    state, whole = run(net(), x)
    assert whole.output.shape == (IN_TAILS, 2, 2)
    same_state, thin = run(net(), x, output=Record("output", 10, jnp.max))
    assert_close(thin.output, whole.output[::10].max(-1))
    bare_state, bare = run(net(), x, output=None)
    assert bare == Records(None, {})
    assert_close((same_state, bare_state), (state, state))


def test_the_output_is_that_of_the_node_whatever_its_parts_are_called():
    to = Dense(3, 4)
    nodes = {"in": Input(3), "output": lif(4)}
    node = Network(nodes, (Projection("in", "output", to, jnp.ones((3, 4))),), "in")
    x = spikes(6)
    _, records = run(node, {"in.input": x}, record={"part": Record("output")})
    assert_close(records.output, x)
    assert records.kept["part"].shape == (6, 4)


@pytest.mark.parametrize("wrong", [False, "output", 10, Record("hidden1"), {}])
def test_other_wishes_for_the_output_are_refused(wrong):
    with pytest.raises(NeuropilError, match="^output: got"):
        run(net(), spikes(4), output=wrong)


# --- what does not fit --------------------------------------------------------------------------


def test_what_would_not_fit_in_memory_is_refused_before_the_run(monkeypatch):
    from neuropil.core import _memory

    monkeypatch.setattr(_memory, "available_memory", lambda: 5 * 10**8)
    node, wide = lif(1000), {"all": Record("v"), "few": Record("v", encode=Chosen([0]))}
    match = (
        r"^record\['all'\]: got 801 MB of 802 MB for all records, an array "
        r"float32\[200300, 1000\]; expected at most 500 MB, the memory that is free\.\n"
        r"Fix: .*thin.*Chosen.*pack.*simulate_to"
    )
    with pytest.raises(NeuropilError, match=match):
        run(node, None, ticks=200_300, record=wide, output=None)
    with pytest.raises(NeuropilError, match="^output: got 801 MB"):
        run(node, None, ticks=200_300)
    thin = {"all": Record("v", every=100)}
    _, records = run(node, None, ticks=2_000, record=thin, output=None)
    assert records.kept["all"].shape == (20, 1000)


def test_ten_minutes_of_every_potential_do_not_fit_here():
    with pytest.raises(NeuropilError, match="at most .*B, the memory that is free"):
        run(lif(10_000), None, ticks=6_000_000, record={"v": Record("v")}, output=None)


# --- memory -------------------------------------------------------------------------------------


EVERY_TICK = 2 * 64 * 4  # bytes of one value of one node, of two samples, in one tick


def memory_of(length, every, encode=lambda v: v):
    """Return the bytes that are returned, and those that are needed on the way."""

    def kept(x):
        record = {"v": Record("hidden1.v", every, encode)}
        return run(net(64), x, record=record, output=None)[1].kept["v"]

    x = jax.ShapeDtypeStruct((length, 2, 3), jnp.float32)
    found = jax.eval_shape(kept, x)
    compiled = jax.jit(kept).lower(x).compile()
    return found.size * found.dtype.itemsize, compiled.memory_analysis().temp_size_in_bytes


@pytest.mark.parametrize("every", [10, 100, 300])
def test_memory_is_that_of_what_is_kept(every):
    """Besides what is returned, it takes a few values of the piece of ticks that is run."""
    length = 12_000
    kept, temporary = memory_of(length, every)
    assert kept * every == length * EVERY_TICK
    assert temporary < 2 * kept + 8 * 200 * EVERY_TICK < 0.5 * length * EVERY_TICK


def test_what_is_encoded_never_exists_for_all_ticks():
    short, long = (memory_of(length, 1, jnp.mean)[1] for length in (4_000, 16_000))
    grown_per_tick = (long - short) / 12_000
    assert grown_per_tick <= 2 * 2 * 4 < 0.05 * EVERY_TICK


def test_what_receptors_hold_is_recorded_by_port():
    receptors = {
        "exc": ExponentialConductance(5.0, reversal=0.0),
        "slow": NMDA(rise=2.0, decay=50.0),
        "at_once": Delta(),
    }
    cells = lif(1, tau=20.0, threshold=1e9, receptors=receptors)
    x = {port: np.zeros((40, 1), np.float32) for port in receptors}
    x["exc"][3], x["slow"][0] = 0.25, 1.0
    wishes = {path: Record(path) for path in ("exc", "slow.opened", "slow.rising", "v")}
    kept = simulate(cells, x, dt=0.5, key=KEY, record=wishes)[1].kept
    since = np.arange(37)
    np.testing.assert_allclose(kept["exc"][3:, 0], 0.25 * np.exp(-0.1 * (since + 1)), rtol=1e-4)
    assert (kept["exc"][:3] == 0).all() and 0.9 < float(kept["slow.opened"].max()) <= 1.001
    with pytest.raises(NeuropilError, match=r"'exc'.*'slow\.opened'"):
        simulate(cells, x, dt=0.5, key=KEY, record={"g": Record("g")})


def test_a_projection_may_start_at_what_a_receptor_holds():
    """Also from within a nested network, and through a delay."""
    cells = lif(2, threshold=1e9, receptors={"exc": NMDA(rise=2.0, decay=50.0)})
    inner = Network({"cells": cells}, (), "cells")
    x = np.ones((9, 2), np.float32)
    weight = jnp.ones(2)
    for nodes, source, port in (
        ({"cells": cells}, "cells.exc.opened", "cells.exc"),
        ({"inner": inner}, "inner.cells.exc.opened", "inner.cells.exc"),
    ):
        for delay in (0, 3):
            connectivity = OneToOne(2, ProjectionDelay(delay) if delay else NoDelay())
            projection = Projection(source, "out", connectivity, weight)
            net = Network(nodes | {"out": leaky_integrator(2, tau=1e6)}, (projection,), "out")
            record = {"opened": Record(source)}
            _, records = simulate(net, {port: x}, dt=0.5, key=KEY, record=record)
            arrived = np.zeros((9, 2))
            arrived[delay:] = np.asarray(records.kept["opened"])[: 9 - delay]
            assert arrived[-1].min() > 0.1
            np.testing.assert_allclose(records.output, np.cumsum(arrived, 0), rtol=1e-4)


def test_what_receptors_hold_is_recorded_within_a_circuit():
    """In the compiled loop, where it is a variable like any other."""
    net = conducting()
    wishes = {"g": Record("cells.exc", every=3), "v": Record("cells.v", every=3)}
    found = simulate(net, None, dt=0.5, key=KEY, ticks=60, record=wishes)[1].kept
    state, by_hand = net.init(key=KEY), []
    for tick in range(60):
        now = Tick(jnp.int32(tick), 0.5, jax.random.fold_in(KEY, tick))
        state, _ = net.step(state, {p: jnp.zeros(s) for p, s in net.ports.items()}, now)
        by_hand.append(state.nodes["cells"].receptors["exc"])
    np.testing.assert_allclose(found["g"], np.stack(by_hand)[::3], rtol=1e-4, atol=1e-7)
    assert float(found["g"].max()) > 0.0


def conducting():
    """Neurons that fire by themselves and excite each other."""
    own = fixed_in_degree(300, 300, 10, jax.random.key(1), ticks=2)
    weight = jnp.full(own.weight_shape, 0.001)
    cells = lif(
        300,
        tau=20.0,
        rest=np.linspace(-55.0, -45.0, 300),
        threshold=-50.0,
        reset=HardReset(-60.0),
        resistance=100.0,
        receptors={"exc": ExponentialConductance(5.0, reversal=0.0)},
    )
    return Network({"cells": cells}, (Projection("cells", "cells.exc", own, weight),), "cells")
