"""Short-term plasticity against the recursion from spike to spike, in double precision."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from neuropil.cells import leaky_integrator
from neuropil.connectivity import Dense
from neuropil.core import Input, Network, NeuropilError, Projection, Record, simulate
from neuropil.synapses import Release

KEY = jax.random.key(0)
DT = 0.1
REGIMES = {
    "depression": {"use": 0.5, "recovery": 800.0, "facilitation": 0.0},
    "facilitation": {"use": 0.05, "recovery": 30.0, "facilitation": 600.0},
    "both": {"use": 0.2, "recovery": 300.0, "facilitation": 100.0},
}


def released(x, dt=DT, **parameters):
    with jax.enable_x64(True):
        synapse = Release(x.shape[1], **parameters)
        record = {"u": Record("u"), "x": Record("x")}
        _, records = simulate(synapse, x, dt=dt, key=KEY, record=record)
        return np.asarray(records.output), records.kept


def from_spike_to_spike(times, use, recovery, facilitation):
    """What each spike releases, by the intervals alone."""
    u, r, amounts = use, 1.0, []
    for k, interval in enumerate(np.diff(times, prepend=0.0)):
        if k:
            kept = np.exp(-interval / facilitation) if facilitation else 0.0
            r = 1.0 - (1.0 - r * (1.0 - u)) * np.exp(-interval / recovery)
            u = use + u * (1.0 - use) * kept
        amounts.append(u * r)
    return np.array(amounts)


@pytest.mark.parametrize("regime", REGIMES)
def test_irregular_spikes_release_what_the_recursion_says(regime):
    x = (np.random.default_rng(1).random((20_000, 3)) < 0.003).astype(float)
    found, _ = released(x, **REGIMES[regime])
    for i in range(3):
        at = np.flatnonzero(x[:, i])
        assert len(at) > 30
        expected = from_spike_to_spike(DT * at, **REGIMES[regime])
        np.testing.assert_allclose(found[at, i], expected, rtol=1e-9)
        assert np.all(np.delete(found[:, i], at) == 0.0)


@pytest.mark.parametrize("regime", REGIMES)
def test_regular_spikes_reach_the_steady_state_in_closed_form(regime):
    dt, periods = 1.0, np.array([200, 50, 20])  # 5, 20 and 50 Hz
    x = (np.arange(60_001)[:, None] % periods == 0).astype(float)
    found, _ = released(x, dt, **REGIMES[regime])
    use, recovery, facilitation = REGIMES[regime].values()
    interval = dt * periods
    kept = np.exp(-interval / facilitation) if facilitation else 0.0
    u = use / (1.0 - (1.0 - use) * kept)
    left = np.exp(-interval / recovery)
    r = (1.0 - left) / (1.0 - (1.0 - u) * left)
    np.testing.assert_allclose(found[-1], u * r, rtol=1e-9)
    if regime == "depression":
        assert np.all(found[-1] < 0.6 * found[0])
    if regime == "facilitation":
        assert np.all(found[-1] > 1.5 * found[0])


def test_nothing_is_lost_between_spikes():
    x = np.zeros((5001, 1))
    x[0] = 1.0
    _, kept = released(x, use=0.4, recovery=200.0, facilitation=50.0)
    time = DT * np.arange(1, 5002)
    np.testing.assert_allclose(kept["u"][:, 0], 0.4 * np.exp(-time / 50.0), rtol=1e-9)
    np.testing.assert_allclose(kept["x"][:, 0], 1.0 - 0.4 * np.exp(-time / 200.0), rtol=1e-9)


def test_a_network_hears_what_is_released():
    x = (np.random.default_rng(2).random((300, 2)) < 0.1).astype(float)
    forth = Dense(2, 1)
    nodes = {"in": Input(2), "release": Release(2, use=0.5), "out": leaky_integrator(1, tau=1e-6)}
    one = Projection("in", "release", Dense(2, 2), np.eye(2))
    two = Projection("release", "out", forth, np.array([[2.0], [3.0]]))
    _, records = simulate(Network(nodes, (one, two), "out"), x, dt=1.0, key=KEY)
    _, alone = simulate(nodes["release"], x, dt=1.0, key=KEY)
    expected = alone.output @ np.array([2.0, 3.0])
    np.testing.assert_allclose(records.output[:, 0], expected, rtol=1e-5, atol=1e-6)


def test_gradients_are_finite_also_without_facilitation():
    x = jnp.zeros((50, 1)).at[::7].set(1.0)

    def total(parameters):
        synapse = Release(1, *parameters)
        return simulate(synapse, x, dt=1.0, key=KEY)[1].output.sum()

    for facilitation in (0.0, 30.0):
        gradient = jax.grad(total)((0.3, 20.0, facilitation))
        assert np.all(np.isfinite(gradient))
        assert gradient[0] > 0.0 > gradient[1]


@pytest.mark.parametrize("use", [-0.1, 1.1])
def test_a_use_outside_its_range_is_refused(use):
    with pytest.raises(NeuropilError, match="use"):
        Release(2, use=use)
