"""Every model against its equations written out by hand, integrated by hand, for one second."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.integrate import solve_ivp

from neuropil.cells import (
    AfterSpikeCurrent,
    Crossing,
    ThresholdAdaptation,
    adex,
    eif,
    fitzhugh_nagumo,
    glif,
    hodgkin_huxley,
    izhikevich,
    lif,
    morris_lecar,
    pinsky_rinzel,
    qif,
    traub_miles,
)
from neuropil.core import Current, NeuropilError, Record, Tick, simulate
from neuropil.numerics import RK4, Euler, ExponentialEuler, Heun, ImplicitEuler, SequentialEuler
from neuropil.synapses import NMDA

from . import _schemes as s
from ._equations import (
    PYRAMIDAL,
    adex_field,
    adex_reset,
    eif_field,
    fitzhugh_field,
    glif_field,
    glif_reset,
    glif_spikes,
    izhikevich_field,
    izhikevich_reset,
    morris_field,
    pyramidal_field,
    qif_field,
    settled,
    squid_field,
    squid_rates,
    traub_field,
    traub_rates,
)

KEY = jax.random.key(0)


def glif_of_two(size, **options):
    """Built in the test, in its precision."""
    return glif(
        size,
        reset_fraction=0.2,
        reset_shift=1.5,
        currents=(AfterSpikeCurrent(30.0, -0.06, 0.7), AfterSpikeCurrent(4.0, 0.02)),
        adaptation=ThresholdAdaptation(2.5, 60.0, 0.3, 15.0),
        **options,
    )


CLASS_1 = {"b": -0.1, "c": -55.0, "d": 6.0, "slope": 4.1, "offset": 108.0}
CLASS_1 |= {"recovery_rest": -3.0, "recovery_decay": 0.5}
IZHIKEVICH = (izhikevich_field, s.above(30.0), izhikevich_reset)
SQUID = (hodgkin_huxley, {}, squid_field, s.crossing(-20.0), s.nothing)
SQUID_START = [np.full(2, -65.0), *settled(squid_rates, -65.0)]


def to(potential):
    return lambda y, spike: np.where(spike, potential, y)


# make, options, field, spikes, reset, variables, start, dt, step and noise, integrator, scheme
CASES = {
    "eif": (
        *(eif, {}, eif_field, s.above(0.0), to(-68.0)),
        *(("v",), [-65.0], 0.1, (0.5, 0.3, 0.4), ExponentialEuler(), s.exponential),
    ),
    "adex": (
        *(adex, {}, adex_field, s.above(0.0), adex_reset),
        *(("v", "w"), [-70.6, 0.0], 0.1, (0.9, 0.6, 0.8), ExponentialEuler(), s.exponential),
    ),
    "adex, Euler": (
        *(adex, {}, adex_field, s.above(0.0), adex_reset),
        *(("v", "w"), [-70.6, 0.0], 0.1, (0.9, 0.6, 0.8), Euler(), s.euler),
    ),
    "qif": (
        *(qif, {}, qif_field, s.above(0.0), to(-70.0)),
        *(("v",), [-65.0], 0.1, (0.2, 0.15, 0.2), ExponentialEuler(), s.exponential),
    ),
    "qif, Heun": (
        *(qif, {}, qif_field, s.above(0.0), to(-70.0)),
        *(("v",), [-65.0], 0.1, (0.2, 0.15, 0.2), Heun(), s.heun),
    ),
    "glif": (
        *(glif_of_two, {}, glif_field, glif_spikes, glif_reset),
        *(("v", "i0", "i1", "theta_spike", "theta_voltage"), [-75.0, 0.0, 0.0, 0.0, 0.0]),
        *(0.1, (0.4, 0.3, 0.3), ExponentialEuler(), s.exponential),
    ),
    "izhikevich": (
        *(izhikevich, CLASS_1, *IZHIKEVICH),
        *(("v", "u"), [-55.0, 5.2], 0.1, (12.0, 7.0, 9.0), Euler(), s.euler),
    ),
    "izhikevich, sequential": (
        *(izhikevich, CLASS_1, *IZHIKEVICH, ("v", "u"), [-55.0, 5.2]),
        *(0.1, (12.0, 7.0, 9.0), SequentialEuler(("v", "u")), s.sequential),
    ),
    "hodgkin huxley": (
        *(*SQUID, ("v", "m", "h", "n"), SQUID_START),
        *(0.05, (2.0, 1.0, 3.0), ExponentialEuler(), s.exponential),
    ),
    "hodgkin huxley, RK4": (
        *(*SQUID, ("v", "m", "h", "n"), SQUID_START, 0.05, (2.0, 1.0, 3.0), RK4(), s.rk4),
    ),
    "traub miles": (
        *(traub_miles, {}, traub_field, s.crossing(-20.0), s.nothing, ("v", "m", "h", "n")),
        *([np.full(2, -60.0), *settled(traub_rates, -60.0)], 0.05, (0.3, 0.15, 0.6)),
        *(ExponentialEuler(), s.exponential),
    ),
    "fitzhugh nagumo": (
        *(fitzhugh_nagumo, {}, fitzhugh_field, s.crossing(1.0), s.nothing, ("v", "w")),
        *([-1.1994, (-1.1994 + 0.7) / 0.8], 0.1, (0.5, 0.3, 0.5), RK4(), s.rk4),
    ),
    "morris lecar": (
        *(morris_lecar, {}, morris_field, s.crossing(0.0), s.nothing, ("v", "w")),
        *([-60.855, (1.0 + np.tanh(-62.855 / 30.0)) / 2.0], 0.1, (120.0, 90.0, 60.0)),
        *(ExponentialEuler(), s.exponential),
    ),
}


def start_of(values):
    return np.array([np.broadcast_to(value, (2,)) for value in values], float)


def simulated(make, options, names, current, dt, integrator):
    with jax.enable_x64(True):
        node = make(2, **options, integrator=integrator)
        record = {name: Record(name) for name in names}
        _, records = simulate(node, current, dt=dt, key=KEY, record=record)
        return np.asarray(records.output), [np.asarray(records.kept[name]) for name in names]


def assert_same(found, expected, names, tolerance=1e-9):
    spikes, variables = found
    np.testing.assert_array_equal(spikes, expected[0])
    for index, name in enumerate(names):
        exact = expected[1][:, index]
        size = np.abs(exact).max()
        bound = tolerance * size
        np.testing.assert_allclose(variables[index], exact, rtol=0.0, atol=bound, err_msg=name)


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(
            name, marks=[pytest.mark.slow] * (name not in ("izhikevich", "hodgkin huxley"))
        )
        for name in CASES
    ],
)
def test_a_second_of_step_and_noise_is_that_of_the_equations_written_by_hand(name):
    make, options, field, spikes, reset, names, start, dt, stimulus, integrator, scheme = CASES[
        name
    ]
    current = s.step_and_noise(round(1000.0 / dt), dt, *stimulus)
    expected = s.run(field, start_of(start), current, dt, scheme, spikes, reset)
    assert expected[0].sum(0).min() > 5
    assert_same(simulated(make, options, names, current, dt, integrator), expected, names)


@pytest.mark.slow
@pytest.mark.parametrize(
    "integrator", [ImplicitEuler(together=("v", "v_dendrite")), ExponentialEuler()]
)
def test_two_compartments_are_those_of_the_equations_written_by_hand(integrator):
    dt, share = 0.02, {"soma": 0.75, "dendrite": 0.25}
    current = s.step_and_noise(20_000, dt, 1.5, 1.0, 1.0)
    with jax.enable_x64(True):
        node = pinsky_rinzel(
            2,
            soma=0.4,
            receptors={port: Current() for port in share},
            dendritic=("dendrite",),
            integrator=integrator,
        )
        start = np.array([np.asarray(node.init(key=KEY).cells[name]) for name in PYRAMIDAL])
        inputs = {port: part * current for port, part in share.items()}
        record = {name: Record(name) for name in PYRAMIDAL}
        _, records = simulate(node, inputs, dt=dt, key=KEY, record=record)
        found = np.asarray(records.output), [np.asarray(records.kept[name]) for name in PYRAMIDAL]

    def scheme(field, y, dt):
        is_implicit = isinstance(integrator, ImplicitEuler)
        return s.implicit(field, y, dt, [0, 1]) if is_implicit else s.exponential(field, y, dt)

    split = np.stack([part * current for part in share.values()], 1)
    spikes, kept = s.run(pyramidal_field, start, split, dt, scheme, s.crossing(-20.0), s.nothing)
    assert spikes.sum(0).min() >= 2
    assert_same(found, (spikes, kept), PYRAMIDAL, 1e-7)  # upstrokes magnify what is rounded
    assert np.abs(kept[:, 0] - kept[:, 1]).max() > 20.0, "the compartments differ"


# --- against an adaptive solver ------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(
    ("integrator", "order"),
    [(ExponentialEuler(), 1), (ImplicitEuler(), 1), (Heun(), 2), (RK4(), 4)],
    ids=["exponential", "implicit", "Heun", "RK4"],
)
def test_an_action_potential_converges_to_that_of_an_adaptive_solver(integrator, order):
    start = np.array([np.ravel(x)[0] for x in SQUID_START])
    until = 6.0
    exact = solve_ivp(
        lambda _, y: squid_field(y, 1.5), (0.0, until), start, rtol=1e-12, atol=1e-13
    ).y[:, -1]
    errors = []
    for dt in (0.02, 0.01, 0.005) if order < 4 else (0.04, 0.02, 0.01):
        current = np.full((round(until / dt), 2), 1.5)
        _, variables = simulated(hodgkin_huxley, {}, ("v", "m", "h", "n"), current, dt, integrator)
        errors.append(np.abs(np.array(variables)[:, -1, 0] - exact).max())
    orders = np.log2(np.array(errors[:-1]) / errors[1:])
    np.testing.assert_allclose(orders, order, atol=0.2 if order < 4 else 0.4)
    assert errors[-1] < {1: 0.5, 2: 1e-3, 4: 1e-6}[order]


# --- what the models are known for ---------------------------------------------------------------


def spikes_of(make, current, dt, **options):
    current = np.asarray(current, float)
    current = current if current.ndim == 2 else current[:, None]
    _, records = simulate(make(current.shape[1], **options), current, dt=dt, key=KEY)
    return np.asarray(records.output)


@pytest.mark.parametrize("dt", [0.01, 0.05])
def test_an_action_potential_is_one_spike(dt):
    """However long it stays above threshold, and wherever the threshold is on its way up."""
    current = np.where(np.arange(round(40.0 / dt)) * dt < 1.0, 10.0, 0.0)[:, None] * np.ones(6)
    thresholds = np.array([-40.0, -20.0, 0.0, 10.0, 20.0, 30.0])
    found = spikes_of(hodgkin_huxley, current, dt, detection=Crossing(thresholds))
    np.testing.assert_array_equal(found.sum(0), 1.0)
    first = found.argmax(0)
    assert np.all(np.diff(first) >= 0) and first[0] < first[-1]


def test_a_potential_on_its_threshold_spikes_once():
    cell = hodgkin_huxley(1, detection=Crossing(-20.0)).cell
    y = {"v": np.array([-20.0]), "before": np.array([-30.0])}
    y |= {name: np.array([0.1]) for name in "mhn"}
    assert cell.excess(y) >= 0
    y = cell.jump(y, np.ones(1))
    assert cell.excess({**y, "v": np.array([-20.0])}) < 0


def test_the_rate_of_a_quadratic_neuron_is_its_closed_form():
    """The time from reset to peak is the integral of 1 / (parabola + current)."""
    dt, current = 0.01, 0.2
    found = spikes_of(qif, np.full(60_000, current), dt)
    drop = np.sqrt(50.0 * current / 0.05 - 7.5**2)  # half of the distance between the roots
    edges = np.arctan((np.array([-70.0, 0.0]) + 57.5) / drop)
    period = 10.0 / (0.05 * drop) * (edges[1] - edges[0])
    intervals = dt * np.diff(np.flatnonzero(found[:, 0]))
    np.testing.assert_allclose(intervals, period, atol=2 * dt)


def test_the_rheobase_of_an_exponential_neuron_is_its_closed_form():
    """Without a fixed point from g (threshold - rest - slope) on."""
    rheobase = 0.02 * (-50.0 + 65.0 - 3.5)
    found = spikes_of(eif, np.ones((40_000, 2)) * rheobase * np.array([0.99, 1.01]), 0.1)
    assert found[:, 0].sum() == 0 < found[:, 1].sum()


def test_adaptation_lengthens_intervals():
    train = spikes_of(adex, np.full(5000, 1.0), 0.1)[:, 0]
    intervals = np.diff(np.flatnonzero(train))
    assert intervals[0] < 0.5 * intervals[-1]


def test_after_spike_currents_make_bursts_or_pauses():
    """Both neurons spike first at the same time; then one is helped and one is held back."""
    x = np.full((3000, 1), 0.2)
    trains = [
        spikes_of(glif, x, 0.1, currents=(AfterSpikeCurrent(tau, amplitude),))[:, 0]
        for tau, amplitude in ((5.0, 0.3), (50.0, -0.1))
    ]
    first = [np.flatnonzero(train)[0] for train in trains]
    second = [np.flatnonzero(train)[1] for train in trains]
    assert first[0] == first[1]
    assert second[0] - first[0] < 0.3 * (second[1] - first[1])


def test_morris_lecar_oscillates_between_its_two_hopf_bifurcations():
    found = spikes_of(morris_lecar, np.ones((20_000, 3)) * np.array([80.0, 120.0, 260.0]), 0.1)
    late = found[10_000:].sum(0)
    assert late[0] == 0 and late[1] > 5 and late[2] == 0


def test_fitzhugh_nagumo_rests_where_it_starts_and_answers_to_release_from_inhibition():
    rest = spikes_of(fitzhugh_nagumo, np.zeros(2000), 0.1)
    released = np.where(np.arange(2000) < 800, -0.5, 0.0)
    found = spikes_of(fitzhugh_nagumo, released, 0.1)
    assert rest.sum() == 0 and found[:800].sum() == 0 and found[800:].sum() == 1


def test_a_dendrite_makes_bursts_that_an_isolated_soma_does_not():
    """Weakly coupled, strongly coupled; bursts are spikes within 10 ms of each other."""
    x = np.full((30_000, 1), 0.75)
    coupled = 0.05 * np.flatnonzero(spikes_of(pinsky_rinzel, x, 0.05)[:, 0])
    intervals = np.diff(coupled)
    assert coupled.size >= 4
    assert intervals.min() < 10.0 and intervals.max() > 200.0


def test_input_to_the_dendrite_moves_the_dendrite_first():
    dt = 0.01
    with jax.enable_x64(True):
        record = {name: Record(name) for name in ("v", "v_dendrite")}
        for dendritic in ((), ("input",)):
            node = pinsky_rinzel(2, dendritic=dendritic)
            _, records = simulate(node, np.full((20, 2), 2.0), dt=dt, key=KEY, record=record)
            soma, dendrite = (records.kept[name][-1, 0] + 64.6 for name in record)
            first, second = (dendrite, soma) if dendritic else (soma, dendrite)
            assert first > 2.0 * second > 0.0


def test_receptors_see_the_potential_of_their_own_compartment():
    """One tick of a conductance of 10 nS under magnesium's block, from potentials set by hand."""
    dt, at = 0.01, {"v": -70.0, "v_dendrite": -40.0}
    with jax.enable_x64(True):
        for dendritic, potential in (((), "v"), (("nmda",), "v_dendrite")):
            receptors = {"nmda": NMDA(rise=2.0, decay=100.0, magnesium=1.0)}
            node = pinsky_rinzel(1, receptors=receptors, dendritic=dendritic, integrator=Euler())
            state = node.init(key=KEY)
            cells = state.cells | {name: jnp.full(1, value) for name, value in at.items()}
            opened = jax.tree.map(lambda x: x + 0.01, state.receptors)
            moved = [
                node.step(
                    state._replace(cells=cells, receptors=receptors),
                    {"nmda": jnp.zeros(1)},
                    Tick(0, dt, KEY),
                )[0].cells
                for receptors in (state.receptors, opened)
            ]
            change = {name: float((moved[1][name] - moved[0][name])[0]) for name in at}
            _, drive = node.receptors["nmda"].step(opened["nmda"], 0.0, 0.0, Tick(0, dt, KEY))
            g = float(drive.slope[0]) * (1.0 + 1.0 / 3.57)  # without the block at 0 mV
            blocked = 1.0 / (1.0 + np.exp(-0.062 * at[potential]) / 3.57)
            expected = dt * g * blocked * -at[potential] / (0.5 * 3.0)
            other = next(name for name in at if name != potential)
            assert change[other] == 0.0
            np.testing.assert_allclose(change[potential], expected, rtol=1e-9)


def test_steps_that_are_too_long_for_an_action_potential_do_not_diverge():
    """Also where the compartments pull at each other far faster than the step."""
    for coupling, dt in ((2.1, 0.2), (2.1, 0.5), (500.0, 0.1)):
        x = np.full((round(300.0 / dt), 1), 0.75)
        record = {name: Record(name) for name in ("v", "v_dendrite")}
        node = pinsky_rinzel(1, coupling=coupling)
        _, records = simulate(node, x, dt=dt, key=KEY, record=record)
        found = np.array([records.kept[name] for name in record])
        assert np.abs(found).max() < 100.0
        assert coupling < 100.0 or np.abs(found[0] - found[1]).max() < 5.0


@pytest.mark.parametrize("slope", [0.05, 2.0])
@pytest.mark.parametrize("integrator", [Euler(), ExponentialEuler()])
def test_an_upstroke_that_overflows_is_a_spike_with_a_finite_gradient(slope, integrator):
    def last(current):
        node = adex(1, slope=slope, peak=30.0, integrator=integrator)
        x = current * jax.numpy.ones((300, 1))
        state, records = simulate(node, x, dt=0.5, key=KEY)
        return state.node.cells["v"].sum(), records.output.sum()

    (v, spikes), gradient = jax.value_and_grad(last, has_aux=True)(1.5)
    assert spikes > 3 and np.isfinite(v) and np.isfinite(gradient)


def test_of_an_array_the_first_wrong_value_is_named():
    tau = np.full(5000, 20.0)
    tau[[3210, 4000]] = np.nan, -1.0
    with pytest.raises(NeuropilError, match="tau: got nan at index 3210; expected"):
        lif(5000, tau=tau)
    with pytest.raises(NeuropilError, match="tau: got -2 at index 0, 1; expected"):
        lif((1, 2), tau=np.array([[1.0, -2.0]]))
