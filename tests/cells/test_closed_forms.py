"""Cells against closed forms and against loops in double precision, written out by hand."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.integrate import solve_ivp

from neuropil.cells import (
    AbsoluteRefractory,
    HardReset,
    NoReset,
    SoftReset,
    adaptive_lif,
    izhikevich,
    leaky_integrator,
    lif,
)
from neuropil.core import Current, Delta, Record, simulate
from neuropil.numerics import Euler

KEY = jax.random.key(0)
CURRENT, DELTA = {"input": Current()}, {"input": Delta()}


def run(make, x, dt=1.0, **options):
    """Return output and membrane potential over time, computed in double precision."""
    with jax.enable_x64(True):
        node, record = make(x.shape[1], **options), {"v": Record("v")}
        _, records = simulate(node, x, dt=dt, key=KEY, record=record)
        return np.asarray(records.output), np.asarray(records.kept["v"])


def ticks_of_spikes(output, neuron=0):
    return np.flatnonzero(output[:, neuron])


# --- the leaky membrane -------------------------------------------------------------------------


@pytest.mark.parametrize("dt", [0.1, 1.0, 7.0])
def test_below_threshold_the_membrane_follows_the_exact_exponential(dt):
    tau, rest, resistance, current = np.array([5.0, 20.0]), -70.0, 2.0, 3.0
    ticks = 40
    for make in (leaky_integrator, lif):
        options = {"tau": tau, "rest": rest, "resistance": resistance, "receptors": CURRENT}
        options |= {"threshold": 0.0} if make is lif else {}
        _, v = run(make, np.full((ticks, 2), current), dt, **options)
        time = dt * np.arange(1, ticks + 1)[:, None]
        exact = rest + resistance * current * (1.0 - np.exp(-time / tau))
        np.testing.assert_allclose(v, exact, rtol=1e-12)


def test_an_impulse_decays_exponentially():
    x = np.zeros((30, 1))
    x[3] = 2.0
    output, v = run(leaky_integrator, x, dt=0.5, tau=8.0, receptors=DELTA)
    time = 0.5 * (np.arange(30) - 3)
    exact = np.where(time >= 0, 2.0 * np.exp(-time / 8.0), 0.0)
    np.testing.assert_allclose(v[:, 0], exact, rtol=1e-12)
    np.testing.assert_array_equal(output, v)


def test_parameters_may_differ_between_neurons():
    tau = np.array([2.0, 4.0, 8.0])
    x = np.zeros((2, 3))
    x[0] = 1.0
    _, v = run(leaky_integrator, x, tau=tau)
    np.testing.assert_allclose(v[1], np.exp(-1.0 / tau), rtol=1e-12)


# --- spike times --------------------------------------------------------------------------------


def ticks_to_threshold(drive, tau, dt, threshold=1.0):
    """Ticks until `drive (1 - exp(-t/tau))` reaches the threshold."""
    return int(np.ceil(-tau / dt * np.log(1.0 - threshold / drive)))


@pytest.mark.parametrize("drive", [1.05, 1.7, 4.3])
@pytest.mark.parametrize("hold", [0, 1, 5])
def test_constant_current_gives_the_closed_form_interval(drive, hold):
    tau, dt = 10.0, 0.5
    refractory = AbsoluteRefractory(hold * dt) if hold else None
    output, _ = run(
        lif,
        np.full((400, 1), drive),
        dt,
        tau=tau,
        receptors=CURRENT,
        reset=HardReset(0.0),
        refractory=refractory,
    )
    n = ticks_to_threshold(drive, tau, dt)
    found = ticks_of_spikes(output)
    assert found.size > 3
    np.testing.assert_array_equal(found, n - 1 + (n + hold) * np.arange(found.size))


def hand_written_lif(x, *, tau, dt, threshold, reset, hold=0):
    """Leaky integrate-and-fire with arrivals that jump the membrane, one neuron, plain Python."""
    v, wait, spikes, potentials = 0.0, 0, [], []
    for arriving in x:
        if wait:
            wait, spike = wait - 1, 0.0
        else:
            v = v * np.exp(-dt / tau) + arriving
            spike = float(v >= threshold)
            if spike:
                v = {"soft": v - threshold, "hard": -0.25, "none": v}[reset]
                wait = hold
        spikes.append(spike)
        potentials.append(v)
    return np.array(spikes), np.array(potentials)


RESETS = {"soft": SoftReset(), "hard": HardReset(-0.25), "none": NoReset()}


@pytest.mark.parametrize("hold", [0, 3])
@pytest.mark.parametrize("reset", RESETS)
def test_random_arrivals_give_the_spikes_of_a_hand_written_loop(reset, hold):
    rng = np.random.default_rng(1)
    x = rng.normal(0.15, 0.4, size=(300, 4))
    refractory = AbsoluteRefractory(hold * 0.5) if hold else None
    output, v = run(lif, x, dt=0.5, tau=6.0, reset=RESETS[reset], refractory=refractory)
    assert output.sum() > 40
    for i in range(4):
        spikes, potentials = hand_written_lif(
            x[:, i], tau=6.0, dt=0.5, threshold=1.0, reset=reset, hold=hold
        )
        np.testing.assert_array_equal(output[:, i], spikes)
        np.testing.assert_allclose(v[:, i], potentials, rtol=0, atol=1e-12)


def test_a_soft_reset_subtracts_the_distance_from_rest_to_threshold():
    x = np.zeros((1, 1))
    x[0] = 17.0
    output, v = run(lif, x, rest=-70.0, threshold=-55.0, reset=SoftReset())
    assert output[0, 0] == 1.0
    np.testing.assert_allclose(v[0, 0], -70.0 + 17.0 - 15.0, rtol=1e-12)


@pytest.mark.parametrize(
    ("duration", "dt", "ticks"), [(2.0, 1.0, 2), (2.0, 0.1, 20), (0.0, 1.0, 0)]
)
def test_refractoriness_is_exact_to_the_tick(duration, dt, ticks):
    """Driven above threshold in every tick, a neuron spikes every 1 + `ticks` ticks."""
    output, v = run(
        lif, np.full((64, 1), 5.0), dt, refractory=AbsoluteRefractory(duration), reset=HardReset()
    )
    np.testing.assert_array_equal(ticks_of_spikes(output), np.arange(0, 64, ticks + 1))
    assert np.all(v == 0.0), "a held membrane neither decays nor listens"


def test_the_reset_passes_no_gradient_through_the_spike():
    """With the spike held constant, dv2/dx1 = exp(-dt/tau) for a soft, and 0 for a hard reset."""

    def after(x, reset):
        node = lif(1, tau=5.0, reset=reset)
        state, _ = simulate(node, jnp.array([[x], [0.0]]), dt=1.0, key=KEY)
        return state.node.cells["v"][0]

    slopes = [float(jax.grad(after)(1.4, reset)) for reset in (SoftReset(), HardReset())]
    np.testing.assert_allclose(slopes, [np.exp(-0.2), 0.0], rtol=1e-6)


@pytest.mark.parametrize("make", [lif, izhikevich], ids=["hard reset", "izhikevich"])
def test_a_reset_heals_a_membrane_that_has_overflown(make):
    """It spikes, as infinity is above threshold, and goes on from the reset."""
    options = {"reset": HardReset(-0.25)} if make is lif else {}
    node = make(2, receptors=CURRENT, integrator=Euler(), **options)

    @jax.jit  # where inputs are not looked at; else they are refused
    def potential(x):
        return simulate(node, x, dt=0.5, key=KEY, record={"v": Record("v")})[1].kept["v"]

    x = jnp.ones((3, 2)).at[0, 0].set(jnp.inf)
    v = potential(x)
    assert float(v[0, 0]) == (-0.25 if make is lif else -65.0)
    assert bool(jnp.isfinite(v).all())
    slope = jax.grad(lambda drive: potential(x.at[1].set(drive))[-1].sum())(1.0)
    assert np.isfinite(float(slope)) and float(slope) > 0.0


@pytest.mark.parametrize("v", [-3.0, 0.1, 1e30])
def test_at_a_hard_reset_the_potential_is_exact_and_so_are_both_slopes(v):
    def after(v, to, spike):
        return HardReset(to).apply(v, spike, 1.0)

    for spike, value, slopes in ((0.0, v, (1.0, 0.0)), (1.0, 0.3, (0.0, 1.0))):
        found, by = jax.value_and_grad(after, (0, 1))(jnp.float32(v), jnp.float32(0.3), spike)
        assert float(found) == np.float32(value)
        assert tuple(map(float, by)) == slopes
    assert float(jax.grad(after, 2)(jnp.float32(v), jnp.float32(0.3), 1.0)) == 0.0


# --- adaptation ---------------------------------------------------------------------------------


def test_adaptive_thresholds_follow_a_hand_written_loop():
    tau, tau_a, beta, threshold, dt = 8.0, 40.0, 0.6, 0.5, 0.5
    x = np.random.default_rng(2).normal(0.2, 0.3, size=(400, 1))
    output, potential = run(
        adaptive_lif, x, dt, tau=tau, tau_adaptation=tau_a, adaptation=beta, threshold=threshold
    )
    v = a = 0.0
    for t in range(400):
        v, a = v * np.exp(-dt / tau) + x[t, 0], a * np.exp(-dt / tau_a)
        height = threshold + beta * a
        spike = float(v >= height)
        v, a = v - spike * height, a + spike
        assert output[t, 0] == spike
        assert potential[t, 0] == pytest.approx(v, abs=1e-12)
    assert output.sum() > 20


def test_adaptation_lengthens_intervals_until_the_threshold_stands():
    output, _ = run(
        adaptive_lif,
        np.full((600, 1), 3.0),
        tau=10.0,
        tau_adaptation=100.0,
        adaptation=0.2,
        reset=HardReset(),
        receptors=CURRENT,
    )
    intervals = np.diff(ticks_of_spikes(output))
    assert intervals[0] < intervals[3] <= intervals[-1]
    assert intervals[-8:].max() - intervals[-8:].min() <= 1


# --- Izhikevich ---------------------------------------------------------------------------------


def test_izhikevich_is_a_hand_written_euler_loop():
    dt, current = 0.25, 10.0
    output, potential = run(izhikevich, np.full((1200, 1), current), dt)
    v, u = -65.0, 0.2 * -65.0
    for t in range(1200):
        slope = 0.04 * v * v + 5.0 * v + 140.0 - u + current
        v, u = v + dt * slope, u + dt * 0.02 * (0.2 * v - u)
        spike = v >= 30.0
        if spike:
            v, u = -65.0, u + 8.0
        assert output[t, 0] == spike
        assert potential[t, 0] == pytest.approx(v, abs=1e-9)
    assert output.sum() > 3


def reference_spike_times(a, b, c, d, current, until):
    """The same equations by an adaptive solver with event location."""

    def slope(_, y):
        v, u = y
        return [0.04 * v * v + 5.0 * v + 140.0 - u + current, a * (b * v - u)]

    def peak(_, y):
        return y[0] - 30.0

    peak.terminal, peak.direction = True, 1.0
    time, y, found = 0.0, [c, b * c], []
    while time < until:
        run = solve_ivp(slope, (time, until), y, events=peak, rtol=1e-9, atol=1e-9, max_step=1.0)
        time = run.t[-1]
        if run.t_events[0].size:
            found.append(time)
            y = [c, run.y[1, -1] + d]
    return np.array(found)


def test_regular_spiking_as_published():
    """Regular spiking: the first interval is short, then they grow to a constant."""
    dt, until, current = 0.01, 250.0, 14.0
    output, _ = run(izhikevich, np.full((int(until / dt), 1), current), dt, d=6.0)
    found = dt * (ticks_of_spikes(output) + 1)
    expected = reference_spike_times(0.02, 0.2, -65.0, 6.0, current, until)
    assert found.size == expected.size >= 5
    np.testing.assert_allclose(found, expected, atol=0.6)
    intervals = np.diff(found)
    assert intervals[0] < 0.8 * intervals[-1]


def test_fast_spiking_is_faster_than_regular_spiking():
    x = np.full((2000, 2), 10.0)
    regular, fast = run(izhikevich, x, dt=0.25, a=[0.02, 0.1], d=[8.0, 2.0])[0].sum(0)
    assert fast > 3 * regular > 0


# --- composition --------------------------------------------------------------------------------


def test_forward_euler_approaches_the_exact_membrane():
    """The same membrane under the two integrators: the difference is first order in dt."""
    errors = []
    for dt in (0.2, 0.1):
        x = np.full((int(20 / dt), 1), 0.9)
        euler = run(lif, x, dt, receptors=CURRENT, integrator=Euler())[1]
        exact = run(lif, x, dt, receptors=CURRENT)[1]
        errors.append(np.abs(euler - exact).max())
    assert errors[0] / errors[1] == pytest.approx(2.0, abs=0.05)


def test_ports_add_up_currents_and_jumps():
    with jax.enable_x64(True):
        inputs = {"i": np.full((1, 1), 2.0), "j": np.full((1, 1), 0.5)}
        node = lif(1, tau=10.0, threshold=9.0, receptors={"i": Current(), "j": Delta()})
        state, _ = simulate(node, inputs, dt=1.0, key=KEY)
    exact = 2.0 * (1.0 - np.exp(-0.1)) + 0.5
    assert float(state.node.cells["v"][0]) == pytest.approx(exact, rel=1e-6)
