"""Settling: to where a state stands still, for one sample or a batch, forwards only."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from neuropil.cells import leaky_integrator
from neuropil.connectivity import Dense, ProjectionDelay
from neuropil.core import Current, Network, NeuropilError, Projection, settle, simulate

from ..contract._cases import assert_close

KEY = jax.random.key(3)
DRIVES = np.array([[1.0, -0.5], [0.0, 2.0], [-1.0, 0.0]], np.float32)


def ring():
    cell = leaky_integrator(2, tau=5.0, receptors={"loop": Current(), "input": Current()})
    loop, weight = Dense(2, 2, ProjectionDelay(1)), np.array([[0.0, 0.4], [-0.6, 0.2]])
    return Network({"v": cell}, (Projection("v", "v.loop", loop, weight),), "v")


def settled(drive, **options):
    options = {"tolerance": 1e-6, "max_steps": 500} | options
    return settle(ring(), {"v.input": drive}, **options)


def test_a_batch_settles_sample_by_sample():
    together = settled(DRIVES)
    for i, drive in enumerate(DRIVES):
        alone = settled(drive)
        assert_close(jax.tree.map(lambda x, i=i: x[i], together), alone)
    further = settled(DRIVES, state=together, max_steps=3)
    assert_close(further, together, tolerance=1e-4)


def test_a_state_of_another_batch_is_refused():
    state = settled(DRIVES)
    for drive in (DRIVES[:2], DRIVES[0]):
        with pytest.raises(NeuropilError, match="^state: got arrays"):
            settled(drive, state=state)


def test_settling_has_derivatives_forwards():
    """With W the loop, dv/dI is (1 - W)^-1."""
    jacobian = jax.jacfwd(lambda drive: settled(drive).nodes["v"].cells["v"])(DRIVES[0])
    weight = np.array([[0.0, 0.4], [-0.6, 0.2]])
    np.testing.assert_allclose(jacobian, np.linalg.inv(np.eye(2) - weight.T), atol=1e-3)


@pytest.mark.parametrize("drive", [DRIVES[0], DRIVES], ids=["sample", "batch"])
def test_a_gradient_in_reverse_mode_is_refused_by_name(drive):
    def score(drive):
        return jnp.sum(settled(drive).nodes["v"].cells["v"])

    for gradient in (jax.grad(score), jax.jit(jax.grad(score))):
        with pytest.raises(NeuropilError, match="^settle: got a gradient in reverse mode"):
            gradient(drive)


def test_a_gradient_goes_through_a_run_of_fixed_length():
    """What the refusal says to do instead."""

    def score(drive):
        inputs = jnp.broadcast_to(drive, (200, 2))
        final, _ = simulate(ring(), {"v.input": inputs}, dt=1.0, key=KEY, output=None)
        return jnp.sum(final.node.nodes["v"].cells["v"])

    weight = np.array([[0.0, 0.4], [-0.6, 0.2]])
    expected = np.linalg.inv(np.eye(2) - weight.T).sum(0)
    np.testing.assert_allclose(jax.grad(score)(DRIVES[0]), expected, atol=1e-3)
