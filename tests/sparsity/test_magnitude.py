"""Pruning: exact shares, masks that stay through training, any projection."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from neuropil.cells import GRU, leaky_integrator
from neuropil.connectivity import Dense, to_sparse
from neuropil.core import Input, chain, simulate
from neuropil.sparsity import cubic_densities, density, keep_pruned, magnitude_mask, prune
from neuropil.training import fit, mean_squared_error

KEY = jax.random.key(0)
LOSS = mean_squared_error(lambda output: output[-1])


@pytest.mark.parametrize("share", [0.1, 0.333, 1.0])
@pytest.mark.parametrize("axis", [None, 0, 1])
def test_masks_hold_the_largest_and_exactly_as_many_as_told(share, axis):
    weight = np.random.default_rng(0).normal(size=(7, 11)).round(1)  # with ties
    mask = np.asarray(magnitude_mask(weight, share, axis=axis))
    slices = [slice(None)] if axis is None else [np.s_[i] for i in range(weight.shape[axis])]
    for i in slices:
        own, kept = (x if axis is None else np.moveaxis(x, axis, 0)[i] for x in (weight, mask))
        assert kept.sum() == round(share * own.size)
        if not kept.all():
            assert np.abs(own[kept]).min() >= np.abs(own[~kept]).max()


def test_pruned_weights_stay_zero_and_others_learn():
    rng = np.random.default_rng(0)
    network = chain(Input(4), Dense(4, 6), GRU(6, 8, key=KEY), Dense(8, 2), leaky_integrator(2),
                    key=KEY)  # fmt: skip

    def where(n):
        return [n.projections[0].weight, n.nodes["hidden1"].recurrent]

    pruned, masks = prune(network, where, 0.25)
    assert density(pruned, where) == pytest.approx(0.25)
    fitted = fit(
        pruned,
        (rng.normal(size=(16, 6, 4)).astype(np.float32), rng.normal(size=(16, 2))),
        loss=LOSS,
        optimizer=keep_pruned(optax.adamw(0.05, weight_decay=0.1), masks),
        epochs=2,
        batch_size=8,
        dt=1.0,
        key=KEY,
    ).node
    for before, after in zip(where(pruned), where(fitted), strict=True):
        np.testing.assert_array_equal(np.asarray(after) == 0, np.asarray(before) == 0)
        assert (np.asarray(after) != before).sum() == (np.asarray(before) != 0).sum()
    assert (np.asarray(fitted.projections[1].weight) != network.projections[1].weight).all()


def test_a_pruned_projection_runs_as_listed_synapses():
    network = chain(Input(5), Dense(5, 4), leaky_integrator(4), key=KEY)
    pruned, _ = prune(network, lambda n: n.projections[0].weight, 0.3)
    (projection,) = pruned.projections
    sparse, weight = to_sparse(projection.connectivity, projection.weight)
    assert weight.shape == (6,)
    x = jnp.ones((3, 5))
    listed = chain(Input(5), sparse, leaky_integrator(4), key=KEY)
    listed = eqx.tree_at(lambda n: n.projections[0].weight, listed, weight)
    runs = [simulate(n, x, dt=1.0, key=KEY)[1].output for n in (pruned, listed)]
    np.testing.assert_allclose(*runs, rtol=1e-5)


def test_cubic_densities_fall_to_the_last():
    found = cubic_densities(0.05, 6)
    assert found[-1] == 0.05 and all(a > b for a, b in zip(found, found[1:], strict=False))
    assert found[2] == pytest.approx(0.05 + 0.95 / 8)
