"""Each of the twenty patterns shows what it is named for."""

import jax
import numpy as np
import pytest

from neuropil.cells import IZHIKEVICH_PATTERNS, izhikevich_pattern
from neuropil.core import Record, simulate


@pytest.fixture(scope="module")
def run():
    """Return a function that gives times of spikes, time, current and potential of a pattern."""

    def run(name, **changes):
        pattern = izhikevich_pattern(name)._replace(**changes)
        neuron, current = pattern.population(), pattern.current()
        _, records = simulate(
            neuron,
            current,
            dt=pattern.dt,
            key=jax.random.key(0),
            state=pattern.state(neuron),
            record={"v": Record("v")},
        )
        time = pattern.dt * np.arange(len(current))
        spikes = time[np.asarray(records.output[:, 0]) > 0]
        return spikes, time, current[:, 0], np.asarray(records.kept["v"][:, 0])

    return run


def bursts(spikes, pause):
    """Split spikes at pauses of at least so many ms; return the number of spikes of each burst."""
    return [len(part) for part in np.split(spikes, np.flatnonzero(np.diff(spikes) > pause) + 1)]


def test_there_are_twenty_and_none_spikes_before_its_stimulus(run):
    assert len(IZHIKEVICH_PATTERNS) == 20
    for name in IZHIKEVICH_PATTERNS:
        spikes, time, current, _ = run(name)
        changed = time[np.flatnonzero(current != current[0])[0]]
        assert np.all(spikes >= changed), name


def test_tonic_spiking(run):
    spikes = run("tonic spiking")[0]
    assert spikes.size >= 4
    np.testing.assert_allclose(np.diff(spikes)[-2:], np.diff(spikes)[-1], rtol=0.05)


def test_phasic_spiking(run):
    spikes, time, current, _ = run("phasic spiking")
    assert spikes.size == 1 and current[-1] > 0


def test_tonic_bursting(run):
    sizes = bursts(run("tonic bursting")[0], 20.0)
    assert len(sizes) >= 4 and min(sizes) >= 4


def test_phasic_bursting(run):
    spikes, time, _, _ = run("phasic bursting")
    assert len(bursts(spikes, 20.0)) == 1 and spikes.size >= 4
    assert spikes[-1] < 0.5 * time[-1]


def test_mixed_mode(run):
    sizes = bursts(run("mixed mode")[0], 20.0)
    assert sizes[0] == 3 and sizes[1:] == [1] * (len(sizes) - 1) and len(sizes) >= 3


def test_spike_frequency_adaptation(run):
    intervals = np.diff(run("spike frequency adaptation")[0])
    assert np.all(np.diff(intervals)[:-1] > 0)
    assert intervals[-1] > 5 * intervals[0]


def test_class_1_excitability_starts_slowly_and_class_2_does_not(run):
    first, second = (np.diff(run(f"class {k} excitability")[0]) for k in (1, 2))
    assert np.all(np.diff(first) < 0) and np.all(np.diff(second) <= 0.5)
    assert first[0] / first[-1] > 2.5 > second[0] / second[-1]
    assert first[0] > 2 * second[0] - 2.0, "25 spikes per second against nearly 50"


def test_spike_latency(run):
    spikes, time, current, _ = run("spike latency")
    end = time[current > 0][-1]
    assert spikes.size == 1 and spikes[0] > end + 5.0


def test_subthreshold_oscillations(run):
    spikes, time, _, v = run("subthreshold oscillations")
    assert spikes.size == 1
    late = v[time > 80.0]
    swings = np.flatnonzero(np.diff(np.sign(late - late.mean())))
    assert swings.size >= 4 and np.ptp(late) > 0.05


def test_a_resonator_answers_to_pulses_at_its_period_alone(run):
    spikes = run("resonator")[0]
    assert spikes.size == 1 and spikes[0] > 320.0


def test_an_integrator_answers_to_pulses_close_to_each_other_alone(run):
    spikes = run("integrator")[0]
    assert spikes.size == 1 and 14.0 < spikes[0] < 25.0


def test_rebound_spike_and_rebound_burst(run):
    spike, burst = (run(f"rebound {kind}")[0] for kind in ("spike", "burst"))
    assert spike.size == 1 and burst.size >= 5
    assert min(spike[0], burst[0]) > 25.0


def test_threshold_variability(run):
    """The same pulse is enough only after inhibition."""
    spikes = run("threshold variability")[0]
    assert spikes.size == 1 and spikes[0] > 80.0


def test_bistability(run):
    """A pulse starts it; the same pulse, at the right phase, ends it; without, it goes on."""
    pattern = izhikevich_pattern("bistability")
    spikes, time, _, _ = run("bistability")
    endless = run("bistability", pieces=pattern.pieces[:1])[0]
    assert spikes.size >= 4 and spikes[0] > 37.5 and spikes[-1] < 216.0
    assert endless[-1] > 250.0


def test_depolarising_after_potential(run):
    """After its spike the potential goes up, over rest, and then back."""
    spikes, time, _, v = run("depolarising after-potential")
    after = v[time > spikes[0] + 0.2]
    assert spikes.size == 1
    assert after[: after.size // 2].max() > after[0] + 0.2 > -70.0
    assert after[-1] < -65.0


def test_accommodation(run):
    """A slow ramp to a current does nothing; a fast one to half of it makes a spike."""
    spikes, _, current, _ = run("accommodation")
    assert spikes.size == 1 and spikes[0] > 300.0
    assert current[:400].max() > 1.9 * current[600:].max()


def test_inhibition_induced_spiking_and_bursting(run):
    """While inhibition lasts, and not without it."""
    spiking, bursting = (run(f"inhibition-induced {kind}")[0] for kind in ("spiking", "bursting"))
    for spikes in (spiking, bursting):
        assert spikes.size >= 3 and spikes[0] > 50.0 and spikes[-1] < 250.0
    assert bursts(spiking, 20.0) == [1] * spiking.size
    assert min(bursts(bursting, 20.0)) >= 4


def test_the_current_is_that_of_its_pieces():
    pattern = izhikevich_pattern("accommodation")
    current = pattern.current()[:, 0]
    time = pattern.dt * np.arange(current.size)
    ramps = np.where(time < 200.0, time / 25.0, 0.0)
    second = (time >= 300.0) & (time < 312.5)
    ramps = np.where(second, (time - 300.0) / 12.5 * 4.0, ramps)
    np.testing.assert_allclose(current, ramps, atol=1e-12)
