"""How long neurons are held."""

import jax
import numpy as np
import pytest

from neuropil.cells import AbsoluteRefractory, HardReset, lif
from neuropil.core import simulate


@pytest.mark.parametrize(
    ("duration", "held"), [(0.0, 0), (1e-6, 1), (0.3, 1), (1.0, 1), (1.4, 1), (1.6, 2), (5.0, 5)]
)
def test_no_duration_is_too_short_to_matter(duration, held):
    node = lif(1, refractory=AbsoluteRefractory(duration), reset=HardReset())
    drive = np.full((13, 1), 30.0)  # every free neuron spikes
    output = simulate(node, drive, dt=1.0, key=jax.random.key(0))[1].output[:, 0]
    np.testing.assert_array_equal(np.diff(np.flatnonzero(output)), 1 + held)
