"""A state in a file: what comes back is what was written, or a reason."""

import random

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from neuropil.cells import AbsoluteRefractory, lif
from neuropil.coding import OrnsteinUhlenbeck
from neuropil.connectivity import Dense, ProjectionDelay
from neuropil.core import (
    Input,
    Network,
    NeuropilError,
    Node,
    Plasticity,
    Projection,
    RunState,
    load_state,
    save_state,
    simulate,
)
from neuropil.plasticity import Hebb
from neuropil.training import load, save

from .._selection import mostly_slow
from ..contract._cases import assert_identical

KEY, DT = jax.random.key(3), 0.5


def net(size=5, delay=4):
    """Histories, weights and traces that change, a refractory counter, and a state of a source."""
    rng = np.random.default_rng(0)
    learning = Dense(3, size)
    back = Dense(size, size, ProjectionDelay(delay))
    return Network(
        {
            "in": Input(3),
            "noise": OrnsteinUhlenbeck(size, sd=0.3, tau=5.0),
            "cells": lif(size, tau=5.0, refractory=AbsoluteRefractory(1.5)),
        },
        (
            Projection("in", "cells", learning, rng.random((3, size)), None, None,
                       Plasticity(Hebb(0.01))),
            Projection("noise", "cells", Dense(size, size), np.eye(size)),
            Projection("cells", "cells", back, 0.1 * rng.random((size, size))),
        ),
        "cells",
    )  # fmt: skip


X = (np.random.default_rng(9).random((40, 3)) < 0.3).astype(np.float32)


@pytest.mark.parametrize("samples", mostly_slow(4, None))
def test_a_run_goes_on_from_its_file(tmp_path, samples):
    x = X if samples is None else np.stack([np.roll(X, i, axis=0) for i in range(samples)], 1)
    path = tmp_path / "deeper" / "state.safetensors"
    state, _ = simulate(net(), x[:17], dt=DT, key=KEY)
    save_state(path, state)
    back = load_state(path, net())
    assert jax.tree.structure(back) == jax.tree.structure(state)
    assert_identical(back, state)
    assert [x.dtype for x in jax.tree.leaves(back)] == [x.dtype for x in jax.tree.leaves(state)]
    expected = simulate(net(), x[17:], dt=DT, key=KEY, state=state)
    assert_identical(simulate(net(), x[17:], dt=DT, key=KEY, state=back), expected)
    assert float(expected[1].output.mean()) > 0.01


class Keyed(Node):
    """A node whose state is a random key."""

    ports = property(lambda self: {"input": (1,)})
    shape = property(lambda self: (1,))

    def init(self, *, key):
        return {"key": key, "n": jnp.zeros((), jnp.int8)}

    def step(self, state, inputs, tick):
        return state, inputs["input"]

    def sense(self, state):
        return {}


def test_random_keys_and_small_types_come_back(tmp_path):
    state = RunState(Keyed().init(key=jax.random.key(5)), jnp.array(3, jnp.int32))
    save_state(tmp_path / "a", state)
    back = load_state(tmp_path / "a", Keyed())
    assert jax.random.uniform(back.node["key"]) == jax.random.uniform(state.node["key"])
    assert back.node["n"].dtype == jnp.int8 and int(back.tick) == 3


def refused(path, match, node=None):
    with pytest.raises(NeuropilError, match=match) as caught:
        load_state(path, net() if node is None else node)
    assert str(path) in str(caught.value) and "Fix: " in str(caught.value)


def test_files_of_other_nodes_are_refused(tmp_path):
    path = tmp_path / "state.safetensors"
    save_state(path, simulate(net(), X, dt=DT, key=KEY)[0])
    refused(path, r"cells.*float32\[5\].*expected .*float32\[6\]", net(6))
    refused(path, r"histories\['cells'\] float32\[4, 5\].*expected .*float32\[7, 5\]", net(5, 7))
    refused(path, "missing", lif(5))
    refused(tmp_path / "nothing", "no such file")
    save(path, net())
    refused(path, "kind 'node'; expected the state of a run")
    (tmp_path / "text").write_text("hello")
    refused(tmp_path / "text", "damaged or foreign")


def test_a_state_is_no_node(tmp_path):
    path = tmp_path / "state.safetensors"
    save_state(path, simulate(net(), X, dt=DT, key=KEY)[0])
    with pytest.raises(NeuropilError, match="missing"):
        load(path, like=net())


def test_every_damaged_byte_is_noticed(tmp_path):
    path = tmp_path / "state.safetensors"
    save_state(path, simulate(net(), X, dt=DT, key=KEY)[0])
    good, rng = path.read_bytes(), random.Random(0)
    for position in rng.sample(range(len(good)), 40):
        bad = bytearray(good)
        bad[position] ^= 1 << rng.randrange(8)
        path.write_bytes(bytes(bad))
        with pytest.raises(NeuropilError):
            load_state(path, net())


def test_a_crash_while_writing_leaves_the_state_before(tmp_path, monkeypatch):
    from neuropil.numerics import _files

    path = tmp_path / "state.safetensors"
    first, _ = simulate(net(), X[:5], dt=DT, key=KEY)
    save_state(path, first)

    def no_more(descriptor):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch, pytest.raises(OSError, match="No space"):
        patch.setattr(_files.os, "fsync", no_more)
        save_state(path, simulate(net(), X, dt=DT, key=KEY)[0])
    assert_identical(load_state(path, net()), first)
    assert [file.name for file in tmp_path.iterdir()] == ["state.safetensors"]
