"""Receptors against closed forms and against loops in double precision, written out by hand."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.integrate import solve_ivp

from neuropil.cells import HardReset, leaky_integrator, lif
from neuropil.connectivity import Dense, ProjectionDelay
from neuropil.core import (
    Current,
    Input,
    Network,
    NeuropilError,
    Projection,
    RunState,
    Tick,
    simulate,
)
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
    SaturatingGate,
)

KEY = jax.random.key(0)
DT = 0.1


def time_course(make, arrivals, v=0.0, dt=DT):
    """Return the drive of every tick for one neuron held at v, in double precision."""
    with jax.enable_x64(True):
        receptor = make()

        def step(state, arriving):
            tick = Tick(0, dt, None)
            return receptor.step(state, arriving, jnp.full(1, v), tick)

        arrivals = jnp.asarray(arrivals, float)[:, None]
        _, drive = jax.lax.scan(step, receptor.init((1,)), arrivals)
        return jax.tree.map(lambda x: np.asarray(x).reshape(-1), drive)


def spikes(ticks=2000, rate=0.02, seed=0):
    return (np.random.default_rng(seed).random(ticks) < rate).astype(float)


def kernel_sum(x, kernel, dt=DT):
    """The sum of one kernel per arrival, sampled at the beginnings of ticks."""
    return np.convolve(x, kernel(dt * np.arange(len(x))))[: len(x)]


def double_exponential(t, rise, decay):
    """Normalised by brute force: the peak is looked for."""
    fine = np.linspace(0.0, 10 * decay, 2_000_001)
    peak = np.max(np.exp(-fine / decay) - np.exp(-fine / rise))
    return (np.exp(-t / decay) - np.exp(-t / rise)) / peak


KERNELS = {
    "exponential": (lambda: ExponentialCurrent(5.3), lambda t: np.exp(-t / 5.3)),
    "alpha": (lambda: AlphaCurrent(2.5), lambda t: t / 2.5 * np.exp(1 - t / 2.5)),
    "double": (
        lambda: DoubleExponentialCurrent(0.8, 7.0),
        lambda t: double_exponential(t, 0.8, 7.0),
    ),
    "double, nearly equal": (
        lambda: DoubleExponentialCurrent(3.999999, 4.0),
        lambda t: t / 4.0 * np.exp(1 - t / 4.0),
    ),
}


@pytest.mark.parametrize("name", KERNELS)
def test_currents_are_the_sum_of_their_kernels(name):
    receptor, kernel = KERNELS[name]
    x = 0.7 * spikes()
    found = time_course(receptor, x).const
    exactness = 1e-6 if "nearly" in name else 1e-9  # of the kernel compared with
    np.testing.assert_allclose(found, kernel_sum(x, kernel), rtol=0, atol=exactness)


@pytest.mark.parametrize("dt", [0.01, 0.25])
@pytest.mark.parametrize("name", KERNELS)
def test_a_weight_is_the_peak_and_kinetics_are_exact_at_any_time_step(name, dt):
    receptor, kernel = KERNELS[name]
    one = np.zeros(round(40.0 / dt))
    one[0] = 0.3
    found = time_course(receptor, one, dt=dt).const
    assert found.max() == pytest.approx(0.3, rel=1e-2)
    expected = 0.3 * kernel(dt * np.arange(len(one)))
    np.testing.assert_allclose(found, expected, atol=1e-7)


def test_equal_time_constants_give_the_alpha_function_and_finite_gradients():
    x = spikes()
    found = time_course(lambda: DoubleExponentialCurrent(4.0, 4.0), x).const
    np.testing.assert_allclose(found, time_course(lambda: AlphaCurrent(4.0), x).const, rtol=1e-12)

    def score(rise, decay):
        receptor = DoubleExponentialCurrent(rise, decay)
        state, _ = receptor.step(receptor.init((1,)), jnp.ones(1), None, Tick(0, 1.0, None))
        return receptor.step(state, 0.0, None, Tick(1, 1.0, None))[1].const[0]

    by_rise, by_decay = jax.grad(score, (0, 1))(4.0, 4.0)
    assert np.isfinite(by_rise) and np.isfinite(by_decay)
    step = 1e-2
    numeric = (score(4.0, 4.0 + step) - score(4.0 - step, 4.0)) / step  # symmetric in both
    np.testing.assert_allclose(by_rise + by_decay, numeric, rtol=2e-2)


CONDUCTANCES = {
    "exponential": (lambda: ExponentialConductance(5.3, -70.0), lambda: ExponentialCurrent(5.3)),
    "alpha": (lambda: AlphaConductance(2.5, -70.0), lambda: AlphaCurrent(2.5)),
    "double": (
        lambda: DoubleExponentialConductance(0.8, 7.0, -70.0),
        lambda: DoubleExponentialCurrent(0.8, 7.0),
    ),
}


@pytest.mark.parametrize("name", CONDUCTANCES)
def test_conductances_have_the_time_course_of_currents(name):
    conductance, current = CONDUCTANCES[name]
    x = 0.02 * spikes()
    drive, g = time_course(conductance, x, v=-55.0), time_course(current, x).const
    np.testing.assert_allclose(drive.slope, g, rtol=1e-12)
    np.testing.assert_allclose(drive.const, -70.0 * g, rtol=1e-12)


def test_a_conductance_pulls_the_membrane_as_written_out_by_hand():
    """Exponential Euler with the conductance of the tick: exact between two changes of g."""
    tau_m, rest, resistance, tau, reversal = 20.0, -60.0, 100.0, 5.0, 0.0
    x = 6e-3 * spikes(rate=0.05)
    with jax.enable_x64(True):
        membrane = leaky_integrator(
            1,
            tau=tau_m,
            rest=rest,
            resistance=resistance,
            receptors={"ampa": ExponentialConductance(tau, reversal)},
        )
        _, records = simulate(membrane, x[:, None], dt=DT, key=KEY)
    v, g, expected = rest, 0.0, []
    for arriving in x:
        g += arriving
        rate = (1.0 + resistance * g) / tau_m
        goal = (rest + resistance * g * reversal) / (1.0 + resistance * g)
        v = goal + (v - goal) * np.exp(-DT * rate)
        g *= np.exp(-DT / tau)
        expected.append(v)
    found = np.asarray(records.output[:, 0])
    assert found.max() > -50.0
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_the_membrane_converges_to_the_coupled_equations():
    """Against an adaptive solver: halving the time step halves the error."""
    tau_m, rest, resistance, tau, weight = 20.0, -60.0, 100.0, 5.0, 0.02
    exact = solve_ivp(
        lambda t, y: [(rest - y[0] - resistance * y[1] * y[0]) / tau_m, -y[1] / tau],
        (0.0, 20.0),
        [rest, weight],
        rtol=1e-10,
        atol=1e-12,
    ).y[0, -1]
    errors = []
    for dt in (0.1, 0.05):
        x = np.zeros((round(20.0 / dt), 1))
        x[0] = weight
        with jax.enable_x64(True):
            options = {"tau": tau_m, "rest": rest, "resistance": resistance}
            receptors = {"ampa": ExponentialConductance(tau, 0.0)}
            membrane = leaky_integrator(1, **options, receptors=receptors)
            _, records = simulate(membrane, x, dt=dt, key=KEY)
        errors.append(abs(float(records.output[-1, 0]) - exact))
    assert errors[0] < 0.1
    assert errors[0] / errors[1] == pytest.approx(2.0, abs=0.1)


def test_spike_ticks_of_a_conductance_network_are_those_of_a_loop_in_the_usual_order():
    """Groups, thresholds, synapses, resets: a delay of zero there is one tick here."""
    n, ticks, rng = 20, 3000, np.random.default_rng(3)
    weight = np.where(rng.random((n, n)) < 0.2, 0.001, 0.0)
    weight[15:] *= -1.0  # the last five inhibit
    excite, inhibit = np.maximum(weight, 0.0), 8.0 * np.maximum(-weight, 0.0)
    drive = 0.13
    start = rng.uniform(-60.0, -50.0, n)

    v, ge, gi, fired = start.copy(), np.zeros(n), np.zeros(n), []
    resistance, tau, rest = 100.0, 20.0, -60.0
    for _ in range(ticks):
        slope = 1.0 + resistance * (ge + gi)
        goal = (rest + resistance * (drive - 80.0 * gi)) / slope
        v = goal + (v - goal) * np.exp(-DT * slope / tau)
        ge, gi = ge * np.exp(-DT / 5.0), gi * np.exp(-DT / 10.0)
        spike = (v >= -50.0).astype(float)
        ge, gi = ge + spike @ excite, gi + spike @ inhibit
        v = np.where(spike > 0, -60.0, v)
        fired.append(spike)
    fired = np.array(fired)

    with jax.enable_x64(True):
        cells = lif(
            n,
            tau=tau,
            rest=rest,
            threshold=-50.0,
            resistance=resistance,
            reset=HardReset(-60.0),
            receptors={
                "exc": ExponentialConductance(5.0, 0.0),
                "inh": ExponentialConductance(10.0, -80.0),
                "current": Current(),
            },
        )
        entry, back = Dense(n, n), Dense(n, n, ProjectionDelay(1))
        network = Network(
            {"in": Input(n), "cells": cells},
            (
                Projection("in", "cells.current", entry, np.eye(n)),
                Projection("cells", "cells.exc", back, excite),
                Projection("cells", "cells.inh", back, inhibit),
            ),
            "cells",
        )
        rest_state = network.init(key=KEY)
        moved = rest_state.nodes["cells"]._replace(cells={"v": jnp.asarray(start)})
        state = rest_state._replace(nodes={**rest_state.nodes, "cells": moved})
        state = RunState(state, jnp.zeros((), jnp.int32))
        inputs = np.full((ticks, n), drive)
        _, records = simulate(network, inputs, dt=DT, key=KEY, state=state)
    assert 100 < fired.sum() < 5000
    np.testing.assert_array_equal(records.output, fired)


# --- NMDA ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("v", [-90.0, -40.0, 0.0, 30.0])
def test_magnesium_blocks_as_published(v):
    x, magnesium = 0.01 * spikes(), 1.3
    block = 1.0 / (1.0 + magnesium * np.exp(-0.062 * v) / 3.57)
    free = time_course(lambda: DoubleExponentialConductance(2.0, 100.0, 5.0), x)
    found = time_course(lambda: NMDA(2.0, 100.0, 5.0, magnesium), x, v=v)
    np.testing.assert_allclose(found.slope, block * free.slope, rtol=1e-12)
    np.testing.assert_allclose(found.const, 5.0 * found.slope, rtol=1e-12)
    still = time_course(lambda: BlockedConductance(5.0, magnesium), x, v=v)
    np.testing.assert_allclose(still.slope, block * x, rtol=1e-12)


def test_the_block_has_finite_derivatives_far_from_rest():
    def score(v):
        receptor = BlockedConductance()
        return receptor.step((), jnp.ones(()), v, None)[1].slope

    for v in (-3e4, -1500.0, 1500.0, 3e4):
        assert np.isfinite(float(score(v))) and np.isfinite(float(jax.grad(score)(v)))


def test_a_saturating_gate_follows_its_equations_and_saturates():
    rise, decay, alpha, dt = 2.0, 100.0, 0.5, 0.1
    x = (np.arange(5000) % 100 == 0).astype(float)  # 100 Hz
    with jax.enable_x64(True):
        gate = SaturatingGate(1, rise=rise, decay=decay, alpha=alpha)
        _, records = simulate(gate, x[:, None], dt=dt, key=KEY)
    bound, s, expected = 0.0, 0.0, []
    for spike in x:
        bound += spike
        expected.append(s)
        pull = alpha * bound + 1.0 / decay
        goal = alpha * bound / pull
        s = goal + (s - goal) * np.exp(-dt * pull)
        bound *= np.exp(-dt / rise)
    found = np.asarray(records.output[:, 0])
    np.testing.assert_allclose(found, expected, rtol=1e-11, atol=1e-14)
    assert 0.85 < found[-1] < 1.0
    assert np.all(found <= 1.0)


def test_a_saturating_gate_converges_to_an_adaptive_solver():
    rise, decay, alpha = 2.0, 100.0, 0.5
    exact = solve_ivp(
        lambda t, y: [-y[0] / rise, alpha * y[0] * (1 - y[1]) - y[1] / decay],
        (0.0, 30.0),
        [1.0, 0.0],
        rtol=1e-10,
        atol=1e-12,
    ).y[1, -1]
    errors = []
    for dt in (0.1, 0.05):
        x = np.zeros((round(30.0 / dt) + 1, 1))
        x[0] = 1.0
        with jax.enable_x64(True):
            _, records = simulate(SaturatingGate(1), x, dt=dt, key=KEY)
        errors.append(abs(float(records.output[-1, 0]) - exact))
    assert errors[0] < 0.01
    assert errors[0] / errors[1] == pytest.approx(2.0, abs=0.1)


# --- GABA-B -------------------------------------------------------------------------------------


def test_proteins_follow_their_equations():
    receptor, x = (lambda: GABAB(0.7)), 0.15 * spikes(rate=0.01)
    found = time_course(receptor, x)
    r, s, g = 0.0, 0.0, []
    for arriving in x:
        g.append(0.7 * s**4 / (s**4 + 100.0))
        r = 1.0 - (1.0 - r) * np.exp(-0.52 * arriving)
        run = solve_ivp(
            lambda t, y: [-0.0013 * y[0], 0.098 * y[0] - 0.033 * y[1]],
            (0.0, DT),
            [r, s],
            rtol=1e-10,
            atol=1e-14,
        )
        r, s = run.y[:, -1]
    assert found.slope.max() > 0.01
    np.testing.assert_allclose(found.slope, g, rtol=2e-5, atol=1e-12)
    np.testing.assert_allclose(found.const, -95.0 * found.slope, rtol=1e-12)


def test_a_burst_opens_far_more_than_the_sum_of_its_spikes_and_peaks_after_100_ms():
    one, burst = np.zeros(6000), np.zeros(6000)
    one[0], burst[:500:50] = 0.15, 0.15  # ten spikes at 200 Hz
    single, many = (time_course(lambda: GABAB(1.0), x).slope for x in (one, burst))
    assert many.max() > 1000 * single.max() > 0.0
    assert 90.0 < DT * np.argmax(single) < 115.0


# --- what is refused, and the rest --------------------------------------------------------------


def test_a_plain_conductance_is_what_arrives():
    drive = time_course(lambda: Conductance(-10.0), [0.0, 0.3])
    np.testing.assert_allclose(drive.slope, [0.0, 0.3])
    np.testing.assert_allclose(drive.const, [0.0, -3.0])


@pytest.mark.parametrize("kind", [DoubleExponentialCurrent, DoubleExponentialConductance, NMDA])
def test_a_rise_slower_than_the_decay_is_refused(kind):
    with pytest.raises(NeuropilError, match="rise and decay"):
        kind(5.0, 4.0)


def test_time_constants_may_differ_between_neurons_and_have_gradients():
    def last(tau):
        cells = leaky_integrator(2, receptors={"input": ExponentialCurrent(tau)})
        x = jnp.zeros((20, 2)).at[0].set(1.0)
        return simulate(cells, x, dt=1.0, key=KEY)[1].output[-1]

    tau = jnp.array([2.0, 8.0])
    jacobian = jax.jacobian(last)(tau)
    assert last(tau)[1] > last(tau)[0]
    assert np.all(np.diag(jacobian) > 0.0)
    np.testing.assert_array_equal(jacobian[0, 1], 0.0)


@pytest.mark.parametrize("nested", [False, True])
@pytest.mark.parametrize(
    "receptor", [ExponentialConductance(), Conductance(), NMDA(), GABAB(), GapJunction(0.1)]
)
def test_negative_conductances_are_refused(receptor, nested):
    cells = leaky_integrator(2, receptors={"syn": receptor})
    node = Network({"deep": cells}, (), "deep") if nested else cells
    target = "cells.deep.syn" if nested else "cells.syn"

    def network(weight, sign=None):
        projection = Projection("in", target, Dense(2, 2), weight, sign)
        return Network({"in": Input(2), "cells": node}, (projection,), "cells")

    weight = np.array([[0.1, 0.2], [0.0, 0.3]])
    network(weight)
    with pytest.raises(NeuropilError, match="weight of projection.*got -0.3"):
        network(-weight)
    with pytest.raises(NeuropilError, match="sign of projection"):
        network(weight, np.array([1.0, -1.0]))


def test_currents_may_be_negative():
    cells = leaky_integrator(2, receptors={"syn": ExponentialCurrent()})
    projection = Projection("in", "cells", Dense(2, 2), -np.ones((2, 2)))
    Network({"in": Input(2), "cells": cells}, (projection,), "cells")
