"""What nodes promise that nothing has to arrive at."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from neuropil.cells import leaky_integrator
from neuropil.connectivity import OneToOne
from neuropil.core import Network, Projection, RunState, simulate

from ._cases import BATCH, DT, KEY, SOURCES, TIME, assert_close, assert_identical, inputs_for, tick

FED = {name: build for name, build in SOURCES.items() if build().ports}
EVERY = pytest.mark.parametrize("build", SOURCES.values(), ids=SOURCES)


def run(node, key=KEY, **options):
    return simulate(node, None, dt=DT, key=key, ticks=TIME, **options)


@EVERY
def test_a_run_is_the_plain_scan_of_step(build):
    node = build()
    state = node.init(key=KEY)
    silent = {port: jnp.zeros(shape) for port, shape in node.ports.items()}
    final, records = run(node, state=RunState(state, jnp.zeros((), jnp.int32)))
    after, output = jax.lax.scan(
        lambda state, index: node.step(state, silent, tick(index)), state, jnp.arange(TIME)
    )
    assert output.shape == (TIME, *node.shape)
    assert np.abs(np.asarray(output)).max() > 0
    assert_close((final.node, records.output), (after, output))
    assert_identical(run(node), run(node))


@EVERY
def test_samples_draw_for_themselves(build):
    node, keys = build(), jax.random.split(KEY, BATCH)
    together = jax.vmap(lambda key: run(node, key)[1].output)(keys)
    for i in range(BATCH):
        assert_close(together[i], run(node, keys[i])[1].output)


@EVERY
def test_gradients_pass_it_by_or_through(build):
    """Whatever is learnt behind a source, forward and reverse mode agree."""
    node = build()
    arrays, rest = eqx.partition(node, eqx.is_inexact_array)

    def score(arrays, weight):
        source = eqx.combine(arrays, rest)
        size = source.shape
        projection = Projection("source", "cells", OneToOne(size), weight)
        network = Network(
            {"source": source, "cells": leaky_integrator(size)}, (projection,), "cells"
        )
        return jnp.sum(run(network)[1].output ** 2)

    weight = jnp.ones(node.shape)
    point = arrays, weight
    ones = jax.tree.map(jnp.ones_like, point)
    _, forward = jax.jvp(score, point, ones)
    reverse = sum(jnp.sum(x) for x in jax.tree.leaves(jax.grad(score, (0, 1))(*point)))
    assert forward != 0.0
    np.testing.assert_allclose(forward, reverse, rtol=1e-4)


@pytest.mark.parametrize("build", FED.values(), ids=FED)
def test_what_arrives_may_be_a_batch(build):
    node, keys = build(), jax.random.split(KEY, BATCH)
    inputs = inputs_for(node, TIME, BATCH)
    _, records = simulate(node, inputs, dt=DT, key=keys)
    for i in range(BATCH):
        alone = {port: x[:, i] for port, x in inputs.items()}
        assert_close(records.output[:, i], simulate(node, alone, dt=DT, key=keys[i])[1].output)
