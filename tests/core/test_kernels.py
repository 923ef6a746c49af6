"""Sizes at which compiled kernels take over mean the same as the plain scan."""

import re

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from neuropil.cells import AbsoluteRefractory, adaptive_lif, leaky_integrator, lif, morris_lecar
from neuropil.connectivity import (
    AxonalDelay,
    DelayedDense,
    Dense,
    ProjectionDelay,
    dale_signs,
    fixed_in_degree,
)
from neuropil.core import Input, Network, Projection, simulate
from neuropil.numerics import _circuit_kernel, _ffi, _kernel_cache

from ..contract._cases import DT, KEY, assert_close, plain_scan

TIME, MANY, IN, OUT = 120, 96, 64, 10
RNG = np.random.default_rng(0)


def draw(source, target, scale):
    return (scale * RNG.normal(size=(source, target))).astype(np.float32)


def network(hidden, back, sign):
    forth = Dense(IN, MANY, AxonalDelay(RNG.integers(0, 5, IN)))
    return Network(
        {"in": Input(IN), "hidden": hidden, "out": leaky_integrator(OUT, tau=10.0)},
        (
            Projection("in", "hidden", forth, draw(IN, MANY, 0.35)),
            Projection("hidden", "hidden", back, abs(draw(MANY, MANY, 0.05)), sign),
            Projection("hidden", "out", Dense(MANY, OUT), draw(MANY, OUT, 0.1)),
        ),
        "out",
    )


NETWORKS = {
    "loop of one tick": lambda: network(
        lif(MANY, tau=8.0), Dense(MANY, MANY, ProjectionDelay(1)), dale_signs(MANY)
    ),
    "held, loop of three ticks": lambda: network(
        lif(MANY, tau=8.0, refractory=AbsoluteRefractory(1.0)),
        Dense(MANY, MANY, ProjectionDelay(3)),
        None,
    ),
    "adaptive, a delay per synapse": lambda: network(
        adaptive_lif(MANY, tau=np.linspace(4.0, 12.0, MANY)),
        DelayedDense(RNG.integers(1, 6, (MANY, MANY))),
        dale_signs(MANY, 0.5),
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("build", NETWORKS.values(), ids=NETWORKS)
def test_large_networks_are_plain_scans(build):
    net = build()
    x = (RNG.random((TIME, IN)) < 0.05).astype(np.float32)
    silent = {port: jnp.zeros((TIME, *shape)) for port, shape in net.ports.items()}
    cotangent = RNG.normal(size=(TIME, OUT)).astype(np.float32)
    arrays, rest = eqx.partition(net, eqx.is_inexact_array)

    def plainly(net, x):
        return plain_scan(net, silent | {"in.input": x})[1]

    def in_blocks(net, x):
        return simulate(net, x, dt=DT, key=KEY)[1].output

    def differentiated(run):
        def score(arrays, x):
            output = run(eqx.combine(arrays, rest), x)
            return jnp.sum(output * cotangent), output

        (_, output), gradient = jax.jit(jax.value_and_grad(score, (0, 1), has_aux=True))(arrays, x)
        return output, gradient

    found, expected = differentiated(in_blocks), differentiated(plainly)
    assert float(jnp.abs(expected[0]).max()) > 0.1
    assert_close(found[0], expected[0])
    assert_close(found[1], expected[1], 1e-4)  # sums of ten thousand terms that largely cancel


def test_a_batch_of_large_networks_is_a_loop_over_samples():
    net = NETWORKS["loop of one tick"]()
    x = RNG.random((TIME, 3, IN)) < 0.05
    keys = jax.random.split(KEY, 3)
    together = simulate(net, x, dt=DT, key=keys)[1].output
    for i in range(3):
        assert_close(together[:, i], simulate(net, x[:, i], dt=DT, key=keys[i])[1].output)


@pytest.mark.slow
def test_steps_are_inlined_into_the_kernel(tmp_path, monkeypatch):
    """Of one that was called there would be a second copy, left scalar where the step is long."""
    monkeypatch.setenv("NEUROPIL_CACHE", str(tmp_path))
    kept = []

    def kept_too(*arguments):
        kernel = _kernel_cache.compiled(*arguments)
        kept.append(kernel.inspect_llvm())
        return kernel

    monkeypatch.setattr(_ffi, "compiled", kept_too)
    own = fixed_in_degree(300, 300, 5, jax.random.key(3), ticks=2)
    loop = Projection("cells", "cells", own, jnp.zeros(own.weight_shape))
    net = Network({"cells": morris_lecar(300)}, (loop,), "cells")
    jax.clear_caches()
    _circuit_kernel._registered.cache_clear()
    simulate(net, None, dt=0.05, key=jax.random.key(0), ticks=3)
    circuit = max(kept, key=len)
    assert not re.search(r"call [^\n]*tick0", circuit) and circuit.count("x float>") > 400
