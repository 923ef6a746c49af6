"""Connectivity and delays, exact to the tick, against NumPy and SciPy."""

import itertools

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.signal import correlate2d

from neuropil.connectivity import (
    AxonalDelay,
    Conv2d,
    DelayedDense,
    Dense,
    GaussianInterpolation,
    LearnableDelays,
    LinearInterpolation,
    OneToOne,
    ProjectionDelay,
    _synaptic_delays,
    normal_ticks,
    ticks_of,
)
from neuropil.core import Input, Network, NeuropilError, Projection, simulate
from neuropil.modulation import BatchNorm, FrozenStatistics

KEY = jax.random.key(0)
TIME = 16


def arrivals(kind, weight, x):
    """What arrives at the far end of a projection, over time, inside a network."""
    heard = BatchNorm(kind.target, eps=1e-12, statistics=FrozenStatistics(*still(kind.target)))
    projection = Projection("source", "target", kind, weight)
    net = Network({"source": Input(kind.source), "target": heard}, (projection,), "target")
    return np.asarray(simulate(net, x, dt=1.0, key=KEY)[1].output)


def still(size):
    """Statistics that leave a signal as it is."""
    return np.zeros(size), np.ones(size)


def impulse(size, neuron, at=2):
    x = np.zeros((TIME, size), np.float32)
    x[at, neuron] = 1.0
    return x


# --- delays are exact to the tick ---------------------------------------------------------------

TICKS = np.array([[0, 5], [3, 1], [7, 2]])
AXONS = np.array([4, 0, 9])
WEIGHT = np.array([[0.5, -1.0], [2.0, 0.25], [1.5, 3.0]])


@pytest.mark.parametrize(
    ("kind", "delay"),
    [
        (Dense(3, 2), np.zeros((3, 2))),
        (Dense(3, 2, ProjectionDelay(6)), np.full((3, 2), 6)),
        (Dense(3, 2, AxonalDelay(AXONS)), np.repeat(AXONS[:, None], 2, 1)),
        (DelayedDense(TICKS), TICKS),
        (
            LearnableDelays(TICKS.astype(float), longest=9, interpolation=LinearInterpolation()),
            TICKS,
        ),
        (LearnableDelays(TICKS.astype(float), longest=9).rounded(), TICKS),
    ],
    ids=["none", "projection", "axonal", "per synapse", "learnable", "rounded"],
)
@pytest.mark.parametrize("source", [0, 1, 2])
def test_an_impulse_arrives_at_its_time_plus_the_delay_with_its_weight(kind, delay, source):
    expected = np.zeros((TIME, 2))
    for target in (0, 1):
        expected[2 + int(delay[source, target]), target] = WEIGHT[source, target]
    found = arrivals(kind, WEIGHT, impulse(3, source))
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_one_to_one_delays_are_exact_too():
    kind = OneToOne(3, AxonalDelay(AXONS))
    found = arrivals(kind, [1.0, 2.0, 3.0], np.eye(TIME, 3, dtype=np.float32))
    expected = np.zeros((TIME, 3))
    for i in range(3):
        expected[i + AXONS[i], i] = i + 1.0
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_ticks_of_converts_only_whole_multiples():
    assert ticks_of(0.3, dt=0.1) == 3
    assert ticks_of(0, dt=0.25) == 0
    with pytest.raises(NeuropilError, match="duration: got 0.25; expected a multiple of dt = 0.1"):
        ticks_of(0.25, dt=0.1)


def test_ticks_of_converts_arrays_and_numbers_of_numpy():
    assert ticks_of(np.float32(1.7), dt=0.1) == 17
    assert ticks_of(np.int64(3), dt=0.5) == 6
    durations = np.array([[0.1, 1.7], [250.3, 0.0]])
    for given in (durations, durations.astype(np.float32), durations.tolist()):
        found = ticks_of(given, dt=0.1)
        assert found.tolist() == [[1, 17], [2503, 0]] and found.dtype == np.int32
    assert AxonalDelay(ticks_of(jnp.array([0.5, 1.5]), dt=0.5)).longest == 3
    with pytest.raises(NeuropilError, match="duration: got 0.15 at index 1, 0; expected"):
        ticks_of(np.array([[0.1, 0.2], [0.15, 0.3]]), dt=0.1)


def test_normal_delays_that_would_mostly_be_the_least_are_warned_of():
    with pytest.warns(UserWarning, match=r"100% of delays of 0.1 \+- 0.0 ms are below 1 ticks"):
        normal_ticks(0.1, 0.0, dt=1.0)
    with pytest.warns(UserWarning, match="50% of delays"):
        normal_ticks(0.5, 0.2, dt=1.0)
    normal_ticks(1.5, 0.75, dt=0.1)  # raises three of a hundred, without a warning


# --- learnable delays ---------------------------------------------------------------------------


def published_kernel(position, length, sig):
    """The kernel of one synapse as published: position P, larger P meaning a shorter delay."""
    centre = position + length // 2
    s = abs(sig) + 0.27
    g = np.exp(-((np.arange(length) - centre) ** 2) / (2 * s**2))
    return g / (g.sum() + 1e-7)


@pytest.mark.parametrize("sig", [0.0, 0.23, 3.0, 12.0])
def test_the_gaussian_kernel_is_the_published_one_with_delay_for_position(sig):
    length = 25
    rng = np.random.default_rng(0)
    position = rng.uniform(-(length // 2), length // 2, size=(3, 2))
    weight, x = rng.normal(size=(3, 2)), rng.normal(size=(40, 3))
    padded = np.concatenate([np.zeros((length - 1, 3)), x])
    expected = np.zeros((40, 2))
    for o, i in itertools.product(range(2), range(3)):
        kernel = weight[i, o] * published_kernel(position[i, o], length, sig)
        expected[:, o] += np.correlate(padded[:, i], kernel, mode="valid")
    delay = length // 2 - position
    kind = LearnableDelays(delay, longest=length - 1, width=sig)
    found = kind.sweep(jnp.asarray(weight), jnp.zeros((length - 1, 3)), jnp.asarray(x))
    np.testing.assert_allclose(found, expected, atol=2e-5)


@pytest.mark.parametrize("interpolation", [GaussianInterpolation(), LinearInterpolation()])
@pytest.mark.parametrize("width", [0.0, 0.4, 3.0])
def test_the_shares_of_all_lags_sum_to_one_for_every_position(interpolation, width):
    delay = np.linspace(0.0, 10.0, 41)[:, None]
    kind = LearnableDelays(delay, longest=10, width=width, interpolation=interpolation)
    np.testing.assert_allclose(kind.kernel().sum(0), 1.0, atol=1e-5)


def test_linear_interpolation_shares_between_the_two_nearest_lags():
    delay = np.array([[0.0, 1.25], [2.5, 4.0]])
    kind = LearnableDelays(delay, longest=4, interpolation=LinearInterpolation())
    expected = np.zeros((5, 2, 2))
    for i, j in itertools.product((0, 1), (0, 1)):
        low = int(np.floor(delay[i, j]))
        expected[low, i, j] += 1.0 - (delay[i, j] - low)
        if low < 4:
            expected[low + 1, i, j] += delay[i, j] - low
    np.testing.assert_allclose(kind.kernel(), expected, atol=1e-6)


def test_a_wide_triangle_is_a_wide_triangle():
    kind = LearnableDelays([[3.25]], longest=8, width=2.0, interpolation=LinearInterpolation())
    bump = np.clip(3.0 - np.abs(np.arange(9) - 3.25), 0.0, None)
    np.testing.assert_allclose(kind.kernel()[:, 0, 0], bump / bump.sum(), atol=1e-6)


def test_delays_move_towards_the_lag_that_is_asked_for():
    """The gradient of a delay points to where the target impulse is, from both sides."""
    x = impulse(1, 0, at=0)[:, 0:1]

    def error(delay, wanted):
        kind = LearnableDelays(delay, longest=10, width=1.5)
        arrived = kind.sweep(jnp.ones((1, 1)), jnp.zeros((10, 1)), jnp.asarray(x))
        return jnp.sum(jnp.square(arrived - jax.nn.one_hot(wanted, TIME)[:, None]))

    for wanted, sign in ((3, 1.0), (7, -1.0)):
        slope = jax.grad(error)(jnp.array([[5.2]]), wanted)
        assert np.sign(float(slope[0, 0])) == sign


def test_straight_through_rounding_keeps_whole_lags_and_a_gradient():
    delay = np.array([[2.3, 6.6]])
    kind = LearnableDelays(delay, longest=9, width=0.0, rounding=1.0)
    expected = LearnableDelays(np.round(delay), longest=9, width=0.0)
    np.testing.assert_allclose(kind.kernel(), expected.kernel(), atol=1e-6)

    def centre(delay):
        kind = LearnableDelays(delay, longest=9, width=1.0, rounding=1.0)
        return jnp.sum(jnp.arange(10.0)[:, None, None] * kind.kernel())

    assert float(jax.grad(centre)(jnp.asarray(delay)).min()) > 0.5


def test_constrained_moves_delays_back_into_their_range():
    kind = LearnableDelays([[1.0, 2.0]], longest=4)
    moved = eqx.tree_at(lambda kind: kind.delay, kind, jnp.array([[-3.0, 9.0]]))
    np.testing.assert_array_equal(moved.constrained().delay, [[0.0, 4.0]])


def test_delays_from_least_on_may_close_a_loop_and_be_learnt():
    """Ahead of each output stands the sum over the kernel of what was put out before, by hand."""
    delay, weight, gain = np.array([[1.0, 2.5], [3.0, 1.75]]), 0.6 * WEIGHT[:2], 0.9
    x = np.random.default_rng(1).normal(size=(12, 2))

    def output(delay, **options):
        kind = LearnableDelays(delay, longest=4, width=0.8, **options)
        node = BatchNorm(2, gain=gain, eps=1e-12, statistics=FrozenStatistics(*still(2)))
        net = Network({"node": node}, (Projection("node", "node", kind, weight),), "node")
        return simulate(net, jnp.asarray(x, jnp.float32), dt=1.0, key=KEY)[1].output

    def by_hand(delay):
        bump = jnp.exp(-0.5 * jnp.square((jnp.arange(1.0, 5.0)[:, None, None] - delay) / 1.07))
        kernel, outputs = weight * bump / bump.sum(0), []
        for t in range(12):
            back = sum(outputs[t - k] @ kernel[k - 1] for k in range(1, 5) if t >= k)
            outputs.append(gain * (x[t] + back))
        return jnp.stack(outputs)

    np.testing.assert_allclose(output(delay, least=1), by_hand(delay), atol=1e-5)
    slope, expected = (
        jax.grad(lambda d, f=f: jnp.sum(jnp.square(f(d))))(jnp.asarray(delay))
        for f in (lambda d: output(d, least=1), by_hand)
    )
    np.testing.assert_allclose(slope, expected, rtol=1e-4)
    with pytest.raises(NeuropilError, match="^projections: got a cycle"):
        output(delay)


def test_constrained_keeps_delays_from_least_on():
    kind = LearnableDelays([[1.0, 2.0]], longest=4, least=1)
    moved = eqx.tree_at(lambda kind: kind.delay, kind, jnp.array([[0.3, 9.0]]))
    np.testing.assert_array_equal(moved.constrained().delay, [[1.0, 4.0]])


# --- the cost of a block ------------------------------------------------------------------------


def of_a_block(length, depth, size=16):
    """The gradient, compiled, of a block's arrivals by weights, delays and signal."""
    delay = np.random.default_rng(0).uniform(0.0, depth, size=(size, size))
    kind = LearnableDelays(delay, longest=depth, width=1.0)
    signal = jax.random.normal(KEY, (length, size))

    def score(kind, weight, signal):
        arrived = kind.sweep(weight, jnp.zeros((depth, size)), signal)
        return jnp.sum(arrived * jnp.cos(jnp.arange(arrived.size).reshape(arrived.shape)))

    arguments = kind, 1.0 + kind.delay / depth, signal
    return jax.jit(jax.grad(score, (0, 1, 2))).lower(*arguments).compile(), arguments


def test_memory_of_a_long_block_does_not_grow_with_ticks_times_delays():
    length, size, depths = 4096, 16, (4, 64)
    few, many = (
        of_a_block(length, depth, size)[0].memory_analysis().temp_size_in_bytes for depth in depths
    )
    windows = 4 * length * size * (depths[1] - depths[0])
    assert many - few < 0.1 * windows


def test_a_long_block_and_its_gradient_are_those_of_all_windows_at_once(monkeypatch):
    lag_by_lag, arguments = of_a_block(512, 12)
    assert "while" in lag_by_lag.as_text()
    monkeypatch.setattr(_synaptic_delays, "FEW_NUMBERS", 2**30)
    at_once, _ = of_a_block(512, 12)
    assert "while" not in at_once.as_text()
    found, expected = (jax.tree.leaves(f(*arguments)) for f in (lag_by_lag, at_once))
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5 * max(1.0, float(abs(other).max())))


# --- convolution --------------------------------------------------------------------------------


def by_hand(x, weight, mode, groups):
    channels, shared = weight.shape[0], weight.shape[1]
    out = []
    for o in range(channels):
        first = (o * groups // channels) * shared
        out.append(sum(correlate2d(x[first + c], weight[o, c], mode=mode) for c in range(shared)))
    return np.stack(out)


@pytest.mark.parametrize("padding", ["VALID", "SAME"])
@pytest.mark.parametrize("groups", [1, 2])
@pytest.mark.parametrize("stride", [1, 2])
def test_convolution_is_scipys_correlation(padding, groups, stride):
    kind = Conv2d((2, 7, 6), 4, (3, 3), stride=stride, padding=padding, groups=groups)
    rng = np.random.default_rng(0)
    x, weight = rng.normal(size=kind.source), rng.normal(size=kind.weight_shape)
    expected = by_hand(x, weight, padding.lower(), groups)
    if stride == 2:  # the padding of SAME is centred on what the stride leaves
        start = [1 - n % 2 if padding == "SAME" else 0 for n in (7, 6)]
        expected = expected[:, start[0] :: 2, start[1] :: 2]
    found = kind.transmit(jnp.asarray(weight), jnp.asarray(x))
    assert found.shape == kind.target == expected.shape
    np.testing.assert_allclose(found, expected, atol=1e-5)
