"""Circuits: hand-written float64 NumPy, the form without a kernel, and cuts anywhere."""

import dataclasses
import os
import subprocess
import sys
from unittest import mock

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from neuropil.numerics import (
    CircuitNode,
    CircuitWire,
    Synapses,
    _circuit_fold,
    _circuit_primitive,
    _circuit_source,
    circuit_scan,
)

from .._selection import mostly_slow

EXC, INH, TIME = 130, 70, 90


@dataclasses.dataclass(frozen=True)
class Edges:
    """One wire as a plain list of edges; delays per edge."""

    source: int
    target: int
    arrival: int
    pre: np.ndarray
    post: np.ndarray
    weight: np.ndarray
    ticks: np.ndarray
    signs: np.ndarray
    common: bool = False

    def wire(self):
        sizes = (EXC, INH)
        starts = np.searchsorted(self.pre, np.arange(sizes[self.source] + 1)).astype(np.int32)
        late = int(self.ticks[0]) if self.common else jnp.asarray(self.ticks, jnp.int32)
        listed = Synapses(
            jnp.asarray(starts),
            jnp.asarray(self.post, jnp.int32),
            jnp.asarray(self.weight, jnp.float32),
            late,
            is_sorted=bool(np.all(np.diff(self.post)[np.diff(self.pre) == 0] >= 0)),
        )
        ends = (self.source, self.target, self.arrival)
        delays = int(self.ticks.min()), int(self.ticks.max())
        return CircuitWire(*ends, listed, jnp.asarray(self.signs, jnp.float32), *delays)


def edges(rng, source, target, arrival, n, m, low, high, scale, signs=None, common=False):
    pre, post = np.repeat(np.arange(n), 10), rng.integers(0, m, (n, 10))
    return Edges(
        source,
        target,
        arrival,
        pre,
        np.sort(post).ravel() if source else post.ravel(),
        scale * rng.random(pre.size),
        rng.integers(low, high, pre.size),
        np.ones(1) if signs is None else signs,
        common,
    )


def lists(least):
    """Edges between two populations; where `least` is 0 some arrive at once, always forwards."""
    rng = np.random.default_rng(least)
    return [
        edges(rng, 0, 0, 0, EXC, EXC, 3, 4, 0.2, common=True),
        edges(rng, 0, 1, 0, EXC, INH, least, 6, 0.2),
        edges(rng, 1, 0, 1, INH, EXC, 1, 4, 0.04, signs=-np.ones(INH)),
    ]


MATRIX = 0.01 * np.random.default_rng(5).random((INH, INH))
X = 0.25 * np.random.default_rng(6).random((TIME, EXC))


def step(decay, v, x, arriving):
    v = v * decay + x + sum(arriving)
    spike = (v > 1.0).astype(v.dtype)
    return v * (1.0 - spike), spike, {"before": v}


def start(least):
    """Potentials, and histories long enough for all delays; something is on its way already."""
    rng = np.random.default_rng(7)
    past = [(rng.random((5, n)) < 0.1).astype(np.float32) for n in (EXC, INH)]
    return jnp.zeros(EXC), jnp.full(INH, 0.3), jnp.asarray(past[0]), jnp.asarray(past[1][:3])


def run(least, x, state):
    exc, inh, exc_past, inh_past = state
    drive = jnp.full((len(x), 1), 0.1)
    nodes = [
        CircuitNode(step, jnp.float32(0.9), exc, x, [jnp.zeros(EXC)] * 2, exc_past),
        CircuitNode(step, jnp.full(INH, 0.8), inh, drive, [jnp.zeros(INH)] * 2, inh_past),
    ]
    matrix = Synapses(None, None, jnp.asarray(MATRIX, jnp.float32), 1)
    wires = [one.wire() for one in lists(least)]
    wires.append(CircuitWire(1, 1, 1, matrix, jnp.ones(INH), 1, 1))
    found = circuit_scan(nodes, wires, len(x))
    state = found[0].carry, found[1].carry, found[0].history, found[1].history
    return state, [(one.output, one.ys["before"]) for one in found]


jitted = jax.jit(run, static_argnums=0)


def by_hand(least):
    """The same, edge by edge, in double precision."""
    exc, inh, exc_past, inh_past = (np.asarray(v, float) for v in start(least))
    v, published = [exc, inh], [list(exc_past[::-1]), list(inh_past[::-1])]
    late = [len(p) for p in published]  # position of the first tick
    spikes, before = [[], []], [[], []]
    for now in range(TIME):
        for p, n in enumerate((EXC, INH)):
            arriving = np.zeros(n)
            for one in lists(least):
                if one.target != p:
                    continue
                for i, j, w, d in zip(one.pre, one.post, one.weight, one.ticks, strict=True):
                    if late[one.source] + now - d >= 0:
                        sent = published[one.source][late[one.source] + now - d][i]
                        arriving[j] += w * sent * (one.signs[i] if one.signs.size > 1 else 1.0)
            if p == 1:
                arriving += published[1][late[1] + now - 1] @ MATRIX
            v[p] = v[p] * (0.9, 0.8)[p] + (X[now] if p == 0 else 0.1) + arriving
            spike = (v[p] > 1.0).astype(float)
            before[p].append(v[p])
            spikes[p].append(spike)
            published[p].append(spike)
            v[p] = v[p] * (1.0 - spike)
    return spikes, before


@pytest.fixture(params=[True, False], ids=["kernel", "reference"])
def with_kernel(request):
    jax.clear_caches()
    with mock.patch.object(_circuit_primitive, "LEAST_NEURONS", 0 if request.param else 10**9):
        yield
    jax.clear_caches()


@pytest.mark.parametrize("least", [0, 1])
def test_spikes_and_potentials_are_those_of_a_loop_over_edges(with_kernel, least):
    _, found = jitted(least, jnp.asarray(X, jnp.float32), start(least))
    expected = by_hand(least)
    for p in (0, 1):
        np.testing.assert_array_equal(found[p][0], expected[0][p])
        np.testing.assert_allclose(found[p][1], expected[1][p], atol=2e-5)
    assert 0.05 < np.mean(expected[0][0]) < 0.5 and 0.05 < np.mean(expected[0][1]) < 0.5


@pytest.mark.parametrize("cut", mostly_slow(2, 1, 40))
def test_a_run_that_is_cut_is_the_whole_one_bit_for_bit(with_kernel, cut):
    x = jnp.asarray(X, jnp.float32)
    whole_state, whole = jitted(1, x, start(1))
    state, first = jitted(1, x[:cut], start(1))
    state, second = jitted(1, x[cut:], state)
    for a, b in zip(state, whole_state, strict=True):
        np.testing.assert_array_equal(a, b)
    for p in (0, 1):
        for k in (0, 1):
            joined = np.concatenate([first[p][k], second[p][k]])
            np.testing.assert_array_equal(joined, whole[p][k])


@pytest.mark.parametrize("least", mostly_slow(1, 0))
def test_threads_that_share_a_run_change_no_bit(least):
    """Where there are as many cores; neurons that are left over, lists and matrices included."""
    x = jnp.asarray(X, jnp.float32)
    found = []
    for neurons in (10**9, 64):
        jax.clear_caches()
        with (
            mock.patch.object(_circuit_primitive, "LEAST_NEURONS", 0),
            mock.patch.object(_circuit_source, "NEURONS", neurons),
        ):
            found.append(jitted(least, x, start(least)))
    jax.clear_caches()
    for alone, shared in zip(*map(jax.tree.leaves, found), strict=True):
        np.testing.assert_array_equal(alone, shared)


@pytest.mark.slow
def test_four_threads_change_no_bit_whatever_cores_there_are():
    """The same in a process whose pool has four threads, also where one core serves them all."""
    test = f"{__file__}::{test_threads_that_share_a_run_change_no_bit.__name__}"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-n0", test]
    done = subprocess.run(
        command, env=os.environ | {"NPROC": "4"}, capture_output=True, text=True, timeout=600
    )
    assert done.returncode == 0 and "2 passed" in done.stdout, done.stdout + done.stderr


def test_samples_are_independent(with_kernel):
    x = jnp.asarray(X, jnp.float32)
    xs = jnp.stack([x, 1.1 * x, 0.9 * x])
    _, together = jax.jit(jax.vmap(lambda x: run(1, x, start(1))))(xs)
    for sample, x in enumerate(xs):
        _, alone = jitted(1, x, start(1))
        np.testing.assert_array_equal(together[0][0][sample], alone[0][0])
        np.testing.assert_array_equal(together[1][1][sample], alone[1][1])


def test_samples_may_have_weights_of_their_own(with_kernel):
    x = jnp.asarray(X, jnp.float32)

    def scaled(by):
        nodes = [CircuitNode(step, 0.9, jnp.zeros(EXC), x, [jnp.zeros(EXC)], jnp.zeros((3, EXC)))]
        wire = lists(1)[0].wire()
        synapses = wire.synapses._replace(weight=by * wire.synapses.weight)
        return circuit_scan(nodes, [wire._replace(synapses=synapses)], TIME)[0].ys["before"]

    factors = jnp.array([0.5, 1.0, 1.5])
    together = jax.jit(jax.vmap(scaled))(factors)
    for sample, factor in enumerate(factors):
        np.testing.assert_array_equal(together[sample], jax.jit(scaled)(factor))
    assert np.abs(together[0] - together[2]).max() > 0.1


def test_samples_side_by_side_are_what_they_are_alone():
    """Seven samples in groups of three; inputs, pasts, delays, signs and weights of their own."""
    few = [dataclasses.replace(one, target=0) for one in lists(1)[:1] + lists(0)[1:2]]
    few[1] = dataclasses.replace(few[1], arrival=1, ticks=1 + few[1].ticks)

    def run_with(factor, x, past):
        nodes = [CircuitNode(step, 0.9, jnp.zeros(EXC), x, [jnp.zeros(EXC)] * 2, past)]
        wires = [one.wire() for one in few]
        synapses = wires[1].synapses
        synapses = synapses._replace(weight=factor * synapses.weight)
        wires[1] = wires[1]._replace(synapses=synapses, signs=factor * jnp.ones(1))
        one = circuit_scan(nodes, wires, TIME)[0]
        return one.carry, one.history, one.output, one.ys["before"]

    rng = np.random.default_rng(8)
    given = (
        jnp.linspace(-1.0, 0.5, 7),
        jnp.asarray(0.15 * rng.random((7, TIME, EXC)), jnp.float32),
        jnp.asarray(rng.random((7, 6, EXC)) < 0.1, jnp.float32),
    )
    found = []
    for groups in (7, 2):
        jax.clear_caches()
        with (
            mock.patch.object(_circuit_primitive, "LEAST_NEURONS", 0),
            mock.patch.object(_circuit_fold, "GROUPS", groups),
        ):
            found.append(jax.jit(jax.vmap(run_with))(*given))
    jax.clear_caches()
    for alone, together in zip(*found, strict=True):
        np.testing.assert_array_equal(alone, together)
    assert 0.05 < float(found[0][2].mean()) < 0.5


def test_what_nobody_reads_is_not_written():
    x = jnp.asarray(X, jnp.float32)
    whole = jax.jit(lambda x: run(1, x, start(1))[0])
    records = f"f32[1,{TIME},{EXC}]"
    assert records in str(jax.make_jaxpr(whole)(x))
    assert records not in whole.lower(x).compile().as_text()
    for found, expected in zip(whole(x), jitted(1, x, start(1))[0], strict=True):
        np.testing.assert_array_equal(found, expected)


def test_a_step_that_mixes_neurons_is_left_to_others():
    def mixing(params, v, x, arriving):
        v = v + jnp.sum(arriving[0])
        return v, v, None

    node = CircuitNode(mixing, 1.0, jnp.zeros(4), {}, [jnp.zeros(4)], jnp.zeros((1, 4)))
    wire = CircuitWire(0, 0, 0, Synapses(None, None, jnp.eye(4), 1), jnp.ones(4), 1, 1)
    assert circuit_scan([node], [wire], 3) is None
