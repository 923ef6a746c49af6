"""Curricula: stages follow the log, resume where they were, and nothing is compiled anew."""

import jax
import numpy as np
import optax
import pytest

from neuropil.cells import leaky_integrator
from neuropil.connectivity import Dense
from neuropil.core import Input, chain
from neuropil.numerics import NeuropilError
from neuropil.training import Checkpoints, Curriculum, fit, mean_squared_error


def last(output):
    return output[-1]


def stage(target):
    x = np.random.default_rng(0).normal(size=(16, 3, 2)).astype(np.float32)
    return x, np.full((16, 1), target, np.float32)


def easily(entry):
    return entry["train"]["loss"] < 0.5


def fitted(epochs, passed=easily, **options):
    net = chain(Input(2), Dense(2, 1), leaky_integrator(1, rest=0.0), key=jax.random.key(0))
    plan = Curriculum([stage(0.0), stage(0.1), stage(0.2)], passed)
    return fit(
        net, plan, loss=mean_squared_error(last), optimizer=optax.adam(0.05), epochs=epochs,
        batch_size=8, dt=1.0, key=jax.random.key(1), **options,
    )  # fmt: skip


def test_every_passed_epoch_moves_on_and_the_last_one_ends_the_fit():
    history = fitted(50).history
    stages = [entry["stage"] for entry in history]
    assert stages == sorted(stages) and stages[0] == 0 and stages[-1] == 2
    for before, after in zip(history[:-1], history[1:], strict=True):
        assert after["stage"] - before["stage"] == int(easily(before))
    assert easily(history[-1]) and len(history) < 50


def test_a_stage_that_is_never_passed_is_stayed_in():
    assert [e["stage"] for e in fitted(4, lambda entry: False).history] == [0, 0, 0, 0]


def test_a_fit_taken_up_again_is_in_the_same_stage_bit_for_bit(tmp_path):
    def slowly(entry):
        return entry["epoch"] % 2 == 1

    whole = fitted(5, slowly)
    file = tmp_path / "fit.safetensors"
    fitted(3, slowly, checkpoints=Checkpoints(file))
    again = fitted(5, slowly, checkpoints=Checkpoints(file, resume=True))
    assert (
        [e["stage"] for e in again.history]
        == [e["stage"] for e in whole.history]
        == [0, 0, 1, 1, 2]
    )
    for a, b in zip(jax.tree.leaves(whole.node), jax.tree.leaves(again.node), strict=True):
        np.testing.assert_array_equal(a, b)


def test_stages_of_different_sizes_are_refused():
    x, y = stage(0.0)
    with pytest.raises(NeuropilError, match="one size"):
        Curriculum([(x, y), (x[:8], y[:8])], easily)
