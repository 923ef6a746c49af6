"""How time is run: state, keys, batches, ensembles, records, and what is compiled."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from neuropil.cells import (
    LIF,
    Threshold,
    adex,
    eif,
    glif,
    hodgkin_huxley,
    izhikevich,
    leaky_integrator,
    lif,
    morris_lecar,
    pinsky_rinzel,
    traub_miles,
)
from neuropil.connectivity import AxonalDelay, Dense, ProjectionDelay
from neuropil.core import (
    Delta,
    Emission,
    Input,
    Network,
    NeuropilError,
    Node,
    Population,
    Projection,
    RunState,
    Tick,
    chain,
    detach,
    simulate,
)
from neuropil.synapses import GABAB, NMDA, Release

from .._selection import mostly_slow
from ..contract._cases import assert_close, assert_identical
from ._graphs import NoisyThreshold

KEY, TIME, BATCH, DT = jax.random.key(2), 10, 4, 1.0


def spikes(*lead, seed=0, size=3):
    return (np.random.default_rng(seed).random((*lead, size)) < 0.5).astype(np.float32)


def noisy(key=KEY):
    middle = lif(4, tau=4.0, threshold=0.5, emission=NoisyThreshold())
    return chain(Input(3), Dense(3, 4), middle, Dense(4, 2), leaky_integrator(2), key=key)


def run(node, inputs, **options):
    options = {"dt": DT, "key": KEY} | options
    return simulate(node, inputs, **options)


@pytest.fixture(scope="module")
def net():
    return noisy()


# --- keys ---------------------------------------------------------------------------------------


def test_the_key_decides(net):
    x = spikes(TIME)
    assert_identical(run(net, x), run(net, x))
    other = run(net, x, key=jax.random.key(3))[1].output
    assert np.abs(other - run(net, x)[1].output).max() > 1e-3


def test_any_tick_can_be_replayed(net):
    """The key of a tick is the run's key folded with its index; nothing else is random."""
    x = spikes(TIME)
    zeros = {port: jnp.zeros(shape) for port, shape in net.ports.items()}
    step = jax.jit(lambda state, arriving, tick: net.step(state, zeros | arriving, tick))
    state, outputs = run(net, x[:1])[0].node, run(net, x)[1].output
    for index in range(1, TIME):
        tick = Tick(jnp.array(index), DT, jax.random.fold_in(KEY, index))
        state, output = step(state, {"input.input": jnp.asarray(x[index])}, tick)
        assert_close(output, outputs[index])
    assert_close(state, run(net, x)[0].node)


@pytest.mark.slow
def test_randomness_does_not_depend_on_the_split_into_batches(net):
    x, keys = spikes(TIME, BATCH), jax.random.split(KEY, BATCH)
    together = run(net, x, key=keys)[1].output
    for some in (slice(0, 1), slice(1, 4)):
        assert_close(run(net, x[:, some], key=keys[some])[1].output, together[:, some])


def test_one_key_gives_every_sample_its_own_noise(net):
    x = np.repeat(spikes(TIME, 1), BATCH, axis=1)
    output = np.asarray(run(net, x)[1].output)
    assert all(np.abs(output[:, 0] - output[:, i]).max() > 1e-3 for i in range(1, BATCH))
    state, first = run(net, x[:4])
    _, second = run(net, x[4:], state=state)
    assert_close(jnp.concatenate([first.output, second.output]), output)


class Keys(Node):
    """Shows the keys that it is given: at rest, and in every tick."""

    ports = {"input": ()}
    shape = (2,)

    def init(self, *, key):
        return jax.random.key_data(key)

    def step(self, state, inputs, tick):
        return state, jax.random.key_data(tick.key)

    def sense(self, state):
        return {"rest": state}


def test_no_two_things_draw_from_one_key():
    """The states at rest and all ticks, of samples and of a run without samples."""
    keys = []
    for lead in ((40_000,), (50, 7)):
        state, records = run(Keys(), np.zeros(lead))
        for drawn in (state.node, records.output):
            keys += map(tuple, np.reshape(drawn, (-1, 2)).tolist())
    assert len(set(keys)) == len(keys) == 40_001 + 7 * 51


def test_raw_keys_are_as_good_as_typed_ones(net):
    x = spikes(TIME)
    raw = jax.random.key_data(KEY)
    assert_close(run(net, x, key=raw)[1], run(net, x)[1])
    batch = spikes(TIME, BATCH)
    assert_close(run(net, batch, key=raw)[1], run(net, batch)[1])


# --- state --------------------------------------------------------------------------------------


def test_a_batch_carries_on(net):
    x = spikes(TIME, BATCH)
    whole, records = run(net, x)
    first, early = run(net, x[:3])
    last, late = run(net, x[3:], state=first)
    assert_close(last, whole)
    assert_close(jnp.concatenate([early.output, late.output]), records.output)


def test_the_state_does_not_grow_with_time():
    """Memory is that of the longest delay, however long the run."""
    delay = AxonalDelay(np.array([1, 7, 3, 0]))
    node = chain(Input(4), Dense(4, 2, delay), leaky_integrator(2), key=KEY)
    sizes = []
    for length in (3, 60):
        state, _ = run(node, spikes(length, size=4))
        assert state.node.histories["input"].shape == (7, 4)
        sizes.append([leaf.shape for leaf in jax.tree.leaves(state)])
    assert sizes[0] == sizes[1]


@pytest.mark.parametrize("wrong", [lambda s: s.node, lambda s: 3, lambda s: RunState({}, s.tick)])
def test_a_foreign_state_is_refused(net, wrong):
    state, _ = run(net, spikes(TIME))
    with pytest.raises(NeuropilError, match="^state: got"):
        run(net, spikes(TIME), state=wrong(state))
    with pytest.raises(NeuropilError, match="same batch size"):
        run(net, spikes(TIME, BATCH), state=state)


@pytest.mark.parametrize("dtype", [np.float16, np.int32])
def test_a_state_of_another_type_is_refused(dtype):
    """Integers in place of real numbers would be carried on, and truncated in every tick."""
    node, x = leaky_integrator(2), np.ones((3, 2), np.float32)
    state, _ = run(node, x)
    wrong = jax.tree.map(lambda leaf: jnp.asarray(leaf, dtype), state.node)
    with pytest.raises(NeuropilError, match=r"^state: got arrays .*; expected arrays .*float32"):
        run(node, x, state=state._replace(node=wrong))
    for tick in (1.0, jnp.zeros(2, jnp.int32)):
        with pytest.raises(NeuropilError, match="^state: got the tick"):
            run(node, x, state=state._replace(tick=tick))


def test_states_are_checked_once_for_every_compilation():
    built = []

    class Building(Keys):
        """Notes when a state is built."""

        def init(self, *, key):
            built.append(1)
            return super().init(key=key)

    state, _ = run(Building(), np.zeros(1))
    once = len(built)
    assert once > 0
    for _ in range(3):
        state, _ = run(Building(), np.zeros(1), state=state, record={})
    assert len(built) == once


# --- parameters ---------------------------------------------------------------------------------


@pytest.mark.slow
def test_an_ensemble_is_a_loop_over_its_members():
    keys = jax.random.split(KEY, 3)
    members, x = eqx.filter_vmap(noisy)(keys), spikes(TIME)

    @eqx.filter_vmap(in_axes=(eqx.if_array(0), None))
    def outputs(member, x):
        return run(member, x)[1].output

    alone = jnp.stack([run(noisy(key), x)[1].output for key in keys])
    assert_close(outputs(members, x), alone)
    gradient = eqx.filter_grad(lambda members: outputs(members, x).sum())(members)
    first = eqx.filter_grad(lambda net: run(net, x)[1].output.sum())(noisy(keys[0]))
    assert_close(jax.tree.map(lambda g: g[0], gradient), first)


def test_seeds_can_be_mapped_over(net):
    keys, x = jax.random.split(KEY, 3), spikes(TIME)
    mapped = jax.vmap(lambda key: run(net, x, key=key)[1].output)(keys)
    assert_close(mapped, jnp.stack([run(net, x, key=key)[1].output for key in keys]))


def test_new_values_do_not_compile_anew():
    traces = []

    class Noting(Emission):
        """A threshold that notes every time it is traced."""

        def emit(self, u, tick):
            traces.append(1)
            return Threshold().emit(u, tick)

    def build(scale, tau):
        hidden = lif(3, tau=tau, emission=Noting())
        forth, back = Dense(3, 3), Dense(3, 3, AxonalDelay(np.array([1, 2, 1])))
        ones = jnp.ones((3, 3))
        return Network(
            {"in": Input(3), "hidden": hidden},
            (
                Projection("in", "hidden", forth, scale * ones),
                Projection("hidden", "hidden", back, -scale * ones),
            ),
            "hidden",
        )

    state, _ = run(build(1.0, 5.0), spikes(TIME))
    once = len(traces)
    assert once > 0
    run(build(0.5, 7.0), spikes(TIME, seed=1), key=jax.random.key(9))
    run(build(0.5, 7.0), spikes(TIME, seed=2), state=state)
    run(build(0.1, 2.0), spikes(TIME, seed=2), record={})
    assert len(traces) == once
    run(build(0.1, 2.0), spikes(TIME + 1))
    assert len(traces) > once, "the counter counts"


# --- gradients ----------------------------------------------------------------------------------


def spiking(weight):
    first = Dense(3, 4, ProjectionDelay(2))
    net = chain(Input(3), first, lif(4, tau=5.0), Dense(4, 2), leaky_integrator(2), key=KEY)
    return eqx.tree_at(lambda net: net.projections[0].weight, net, weight)


WEIGHT = jnp.asarray(np.random.default_rng(0).normal(0.5, 0.5, (3, 4)), jnp.float32)


def loss(weight, x, **options):
    return jnp.mean(jnp.square(run(spiking(weight), x, **options)[1].output - 0.3))


@pytest.mark.parametrize("checkpoint", mostly_slow(3, 1, 99))
def test_recomputed_segments_give_the_stored_gradient(checkpoint):
    x = spikes(TIME, BATCH)
    stored = jax.grad(loss)(WEIGHT, x)
    assert float(jnp.abs(stored).max()) > 1e-3
    assert_close(jax.grad(lambda w: loss(w, x, checkpoint=checkpoint))(WEIGHT), stored)


def test_forward_mode_gives_the_stored_gradient():
    x = spikes(TIME, BATCH)
    assert_close(jax.jacfwd(lambda w: loss(w, x))(WEIGHT), jax.grad(loss)(WEIGHT, x))


def test_truncation_gives_the_gradient_of_the_truncated_objective():
    """Chunks with a cut between them: each chunk's loss, from a state that is held constant."""
    x, size = spikes(TIME), 5

    def chunked(weight):
        state, total = None, 0.0
        for start in range(0, TIME, size):
            state, records = run(spiking(weight), x[start : start + size], state=state)
            state = detach(state)
            total += jnp.sum(records.output)
        return total

    middle, _ = run(spiking(WEIGHT), x[:size])
    middle = jax.tree.map(lambda leaf: np.asarray(leaf), middle)
    expected = jax.grad(lambda w: jnp.sum(run(spiking(w), x[:size])[1].output))(WEIGHT)
    expected += jax.grad(lambda w: jnp.sum(run(spiking(w), x[size:], state=middle)[1].output))(
        WEIGHT
    )
    assert_close(jax.grad(chunked)(WEIGHT), expected)
    uncut = jax.grad(lambda w: jnp.sum(run(spiking(w), x)[1].output))(WEIGHT)
    assert float(jnp.abs(uncut - expected).max()) > 1e-3


def test_gradients_reach_inputs_and_the_first_state():
    node, x = leaky_integrator(2, tau=4.0), np.zeros((5, 2), np.float32)
    state, _ = run(node, x)

    def last(v):
        start = RunState(state.node._replace(cells={"v": v}), state.tick)
        return run(node, x, state=start)[1].output[-1].sum()

    np.testing.assert_allclose(jax.grad(last)(jnp.ones(2)), np.exp(-5 / 4.0), rtol=1e-6)


# --- memory -------------------------------------------------------------------------------------


def memory_of_gradient(length, checkpoint, mode=jax.grad):
    """Return the bytes of temporaries; the input is wider than what it drives."""
    net = chain(Input(50), Dense(50, 64), lif(64), Dense(64, 1), leaky_integrator(1), key=KEY)
    arrays, rest = eqx.partition(net, eqx.is_inexact_array)

    def score(arrays, x):
        net = eqx.combine(arrays, rest)
        return jnp.mean(run(net, x, checkpoint=checkpoint)[1].output)

    x = jax.ShapeDtypeStruct((length, 4, 50), jnp.float32)
    compiled = jax.jit(mode(score)).lower(arrays, x).compile()
    return compiled.memory_analysis().temp_size_in_bytes


def along_itself(score):
    return lambda arrays, x: jax.jvp(lambda arrays: score(arrays, x), (arrays,), (arrays,))[1]


@pytest.mark.slow
@pytest.mark.parametrize("mode", [jax.grad, along_itself])
def test_checkpoints_need_the_square_root_of_the_memory(mode):
    """Twice for four times the ticks, in segments that leave a tail."""
    short, long = (memory_of_gradient(n, int(n**0.5) + 3, mode) for n in (20**2, 40**2))
    assert long < 2.5 * short
    assert long < 0.2 * memory_of_gradient(40**2, None, mode)


# --- inputs --------------------------------------------------------------------------------------


def test_inputs_may_be_booleans_or_integers(net):
    x = spikes(TIME)
    expected = run(net, x)[1].output
    for kind in (bool, np.uint8, np.int32):
        assert_close(run(net, x.astype(kind))[1].output, expected)


def test_inputs_go_to_the_port_they_name():
    node = lif(2, receptors={"soma": Delta(), "tuft": Delta()}, threshold=9.0)
    both = run(node, {"soma": np.ones((3, 2)), "tuft": 2 * np.ones((3, 2))})[0]
    one = run(node, {"tuft": 3 * np.ones((3, 2))})[0]
    assert_close(both.node.cells, one.node.cells)


def test_a_node_without_input_runs_for_some_ticks():
    node = leaky_integrator(2, rest=1.0)
    _, records = run(node, None, ticks=7)
    assert_close(records.output, jnp.ones((7, 2)))


# --- the time step ------------------------------------------------------------------------------


def test_a_step_longer_than_a_time_constant_is_warned_of():
    net = chain(Input(3), Dense(3, 4), lif(4, tau=[8.0, 2.0, 0.5, 3.0]), key=KEY)
    with pytest.warns(UserWarning, match=r"dt: got 1 ms, longer than .*cell\.tau = 0\.5 ms"):
        run(net, spikes(TIME))


@pytest.mark.parametrize(
    ("node", "dt", "name"),
    [
        (adex(2), 20.0, "capacitance / conductance of cell"),
        (eif(2), 20.0, "capacitance / conductance of cell"),
        (glif(2), 30.0, "capacitance / conductance of cell"),
        (hodgkin_huxley(2), 1.0, "m of cell"),
        (traub_miles(2), 1.0, "m of cell"),
        (morris_lecar(2), 20.0, "capacitance / leak of cell"),
        (pinsky_rinzel(2), 5.0, "between compartments of cell"),
        (izhikevich(2, a=0.2), 6.0, "1 / a of cell"),
        (lif(2, receptors={"n": NMDA(rise=0.5)}), 1.0, "rise"),
        (lif(2, tau=90.0, receptors={"g": GABAB(0.1)}), 40.0, r"removal of receptors"),
        (Release(2, 0.5, recovery=0.5), 1.0, "recovery"),
    ],
)
def test_every_kind_of_time_constant_is_asked(node, dt, name):
    with pytest.warns(UserWarning, match=f"longer than the time constant .*{name}"):
        simulate(node, None, dt=dt, key=KEY, ticks=1)


def test_a_cell_may_tell_of_time_constants_in_plain_numbers():
    class Own(LIF):
        def time_constants(self):
            return {"its own": 0.5}

    with pytest.warns(UserWarning, match=r"its own of cell = 0\.5 ms"):
        simulate(Population(2, Own(), Threshold()), None, dt=1.0, key=KEY, ticks=1)


def test_a_step_as_long_as_the_shortest_time_constant_is_not_warned_of():
    run(chain(Input(3), Dense(3, 4), lif(4, tau=1.0), key=KEY), spikes(TIME))


def test_inputs_that_are_known_may_be_used_while_something_is_compiled():
    x = jnp.asarray(spikes(TIME))
    inside = jax.jit(lambda weight: run(spiking(weight), x)[1].output)
    assert_close(inside(WEIGHT), run(spiking(WEIGHT), x)[1].output)


def test_a_time_constant_that_is_traced_is_not_asked():
    rest = jax.jit(lambda tau: run(lif(3, tau=tau), spikes(TIME))[0].node.cells["v"])
    assert np.isfinite(rest(jnp.array(0.5))).all()
