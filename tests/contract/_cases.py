"""One case for every public node, connectivity and rule, and helpers to run them.

The parts that nodes are composed of (cells, receptors, resets, surrogates, ...) need no case of
their own: they must appear inside one of these nodes, which `test_discovery.py` checks.
"""

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from neuropil import (
    cells,
    coding,
    connectivity,
    core,
    modulation,
    numerics,
    plasticity,
    sequence,
    synapses,
)

TIME, BATCH, DT = 12, 3, 0.5
KEY = jax.random.key(7)
ROOMS = (
    cells, coding, connectivity, core, modulation, numerics, plasticity, sequence, synapses
)  # fmt: skip

RNG = np.random.default_rng(5)
DELAYS = np.array([[0, 2], [3, 1], [1, 0]])
REAL_DELAYS = np.array([[0.25, 1.25], [2.5, 2.75], [0.75, 1.1]])


def known_statistics(size: int) -> modulation.FrozenStatistics:
    return modulation.FrozenStatistics(np.linspace(-1.0, 1.0, size), np.linspace(0.5, 2.0, size))


CONNECTIVITIES: dict[str, Callable[[], core.Connectivity]] = {
    "dense": lambda: connectivity.Dense(3, 2),
    "dense of shapes": lambda: connectivity.Dense((2, 2), (3, 1)),
    "dense late": lambda: connectivity.Dense(3, 2, connectivity.ProjectionDelay(3)),
    "dense axonal": lambda: connectivity.Dense(3, 2, connectivity.AxonalDelay(np.array([1, 3, 2]))),
    "perforated": lambda: connectivity.Perforated(
        connectivity.Dense(3, 2, connectivity.ProjectionDelay(2))
    ),
    "one to one": lambda: connectivity.OneToOne(3),
    "one to one axonal": lambda: connectivity.OneToOne(
        (1, 3), connectivity.AxonalDelay(np.array([[0, 4, 1]]))
    ),
    "uniform blocks": lambda: connectivity.UniformBlocks((2, 3), (1, 2, 1)),
    "uniform blocks late": lambda: connectivity.UniformBlocks(
        (1, 2), (3,), connectivity.ProjectionDelay(2)
    ),
    "circulant": lambda: connectivity.Circulant(5),
    "circulant late": lambda: connectivity.Circulant(4, connectivity.ProjectionDelay(2)),
    "convolution": lambda: connectivity.Conv2d((2, 4, 5), channels=2, kernel=(2, 3), groups=2),
    "convolution late": lambda: connectivity.Conv2d(
        (1, 4, 4), 2, 3, stride=2, padding="VALID", delay=connectivity.ProjectionDelay(2)
    ),
    "kernels in space and delay": lambda: connectivity.DelayedConv2d((2, 4, 5), 3, 3, 3),
    "kernels on a torus": lambda: connectivity.DelayedConv2d((1, 4, 5), 2, (1, 3), 2, "WRAP"),
    "per synapse": lambda: connectivity.DelayedDense(DELAYS),
    "sparse": lambda: connectivity.Sparse(
        3, (2, 1), np.array([0, 2, 2, 5]), np.array([1, 0, 0, 1, 1]), np.array([0, 3, 1, 2, 2])
    ),
    "sparse late": lambda: connectivity.Sparse(
        (3, 1), 2, np.array([0, 1, 3, 3]), np.array([1, 0, 1]), 2
    ),
    "fan in": lambda: connectivity.FanIn(
        (3, 1), 2, np.array([[0, 2, -1], [1, 2, 2]]), np.array([[1, 3, 9], [2, 3, 1]])
    ),
    "fan in late": lambda: connectivity.FanIn(3, (2, 1), np.array([[-1, 1], [0, 2]]), 2),
    "learnable gaussian": lambda: connectivity.LearnableDelays(REAL_DELAYS, longest=4, width=0.6),
    "learnable late": lambda: connectivity.LearnableDelays(
        REAL_DELAYS + 1.0, longest=5, width=0.6, least=1
    ),
    "learnable linear": lambda: connectivity.LearnableDelays(
        REAL_DELAYS, longest=3, interpolation=connectivity.LinearInterpolation()
    ),
}

RULES: dict[str, Callable[[], core.Rule]] = {
    "hebb": lambda: plasticity.Hebb(0.05),
    "tempotron": lambda: plasticity.Tempotron("readout", 0.5, 0.1),
}


def weights(kind: core.Connectivity, seed: int = 0, scale: float = 1.0) -> jax.Array:
    drawn = np.random.default_rng(seed).normal(size=kind.weight_shape)
    return jnp.asarray(scale * drawn)


def feedforward() -> core.Network:
    return core.chain(
        core.Input(3),
        connectivity.LearnableDelays(REAL_DELAYS, longest=4, width=0.6),
        cells.lif(2, tau=5.0, threshold=0.5),
        connectivity.Dense(2, 2, connectivity.ProjectionDelay(1)),
        cells.leaky_integrator(2, tau=4.0),
        key=jax.random.key(3),
    )


def smooth_network() -> core.Network:
    return core.chain(
        core.Input(3),
        connectivity.LearnableDelays(REAL_DELAYS, longest=4, width=0.6),
        modulation.BatchNorm(2, statistics=known_statistics(2), gain=0.7, bias=0.1),
        connectivity.DelayedDense(DELAYS[1:]),
        cells.leaky_integrator(2, tau=4.0),
        key=jax.random.key(3),
    )


def recurrent() -> core.Network:
    sign = connectivity.dale_signs(4, 0.5)
    back = connectivity.Dense(4, 4, connectivity.AxonalDelay(np.array([1, 2, 1, 3])))
    forth = connectivity.Dense(3, 4)
    return core.Network(
        {"entrance": core.Input(3), "loop": cells.lif(4, tau=5.0, threshold=0.5)},
        (
            core.Projection("entrance", "loop", forth, weights(forth, 1)),
            core.Projection(
                "loop", "loop", back, abs(weights(back, 2)), sign, bounds=core.Bounds(0.0)
            ),
        ),
        "loop",
    )


def divisible() -> core.Network:
    """A loop with delays that leads to a readout, of kinds that devices can share."""
    back = connectivity.Sparse(4, 4, [0, 2, 3, 4, 5], [1, 3, 2, 0, 2], [2, 1, 3, 2, 4])
    forth, out = connectivity.Dense(3, 4), connectivity.OneToOne(4)
    return core.Network(
        {
            "entrance": core.Input(3),
            "loop": cells.lif(4, tau=np.linspace(3.0, 6.0, 4), threshold=0.5),
            "readout": cells.leaky_integrator(4),
        },
        (
            core.Projection("entrance", "loop", forth, weights(forth, 1)),
            core.Projection("loop", "loop", back, weights(back, 2), np.array([1, 1, -1, 1])),
            core.Projection("loop", "readout", out, weights(out, 3)),
        ),
        "readout",
    )


def nested() -> core.Network:
    inner, out = recurrent(), connectivity.Dense(4, 2)
    into = connectivity.OneToOne(3, connectivity.ProjectionDelay(2))
    return core.Network(
        {"eyes": core.Input(3), "cortex": inner, "hand": cells.leaky_integrator(2)},
        (
            core.Projection("eyes", "cortex.entrance.input", into, jnp.full(3, 1.5)),
            core.Projection("cortex", "hand", out, weights(out, 4)),
        ),
        "hand",
    )


def learning(rule: core.Rule, kind: core.Connectivity | None = None) -> core.Network:
    """A network with one projection that learns, and a readout behind it."""
    kind = connectivity.Dense(3, 2) if kind is None else kind
    size = kind.target
    return core.Network(
        {
            "entrance": core.Input(kind.source),
            "hidden": cells.leaky_integrator(size, tau=3.0),
            "readout": cells.leaky_integrator(size),
        },
        (
            core.Projection(
                "entrance",
                "hidden",
                kind,
                weights(kind, 1, 0.3),
                plasticity=core.Plasticity(rule, differentiable=True),
            ),
            core.Projection("hidden", "readout", connectivity.OneToOne(size), jnp.ones(size)),
        ),
        "readout",
    )


def electrical() -> core.Network:
    """Spiking cells that see each other's potential."""
    kind = connectivity.Dense(3, 3, connectivity.ProjectionDelay(1))
    conductance = abs(weights(kind, 6, 0.2))
    receptors = {"gap": synapses.gap_junction(kind, conductance), "input": core.Current()}
    return core.Network(
        {"cells": cells.lif(3, tau=2.0, threshold=0.5, receptors=receptors)},
        (core.Projection("cells.v", "cells.gap", kind, conductance),),
        "cells",
    )


NODES: dict[str, Callable[[], core.Node]] = {
    "input": lambda: core.Input((3, 2)),
    "lif": lambda: cells.lif(3, tau=np.array([2.0, 5.0, 9.0]), threshold=0.8),
    "lif current, hard reset, held": lambda: cells.lif(
        3,
        tau=3.0,
        resistance=4.0,
        reset=cells.HardReset(to=-0.2),
        refractory=cells.AbsoluteRefractory(1.0),
        receptors={"input": core.Current()},
        emission=cells.Threshold(numerics.ArcTan()),
    ),
    "lif no reset, two ports, Euler": lambda: cells.lif(
        3,
        reset=cells.NoReset(),
        receptors={"soma": core.Delta(), "tuft": core.Current()},
        emission=cells.Threshold(numerics.Triangle()),
        integrator=numerics.Euler(),
    ),
    "lif logistic": lambda: cells.lif(3, emission=cells.Threshold(numerics.Sigmoid())),
    "lif gaussian": lambda: cells.lif(3, emission=cells.Threshold(numerics.Gaussian())),
    "adaptive lif": lambda: cells.adaptive_lif(
        3, tau=4.0, adaptation=0.3, emission=cells.Threshold(numerics.MultiGaussian())
    ),
    "elm": lambda: cells.ELM(
        3, 2, size=2, units=3, tau_max=20.0, routing=cells.window_routing(3, 2, 2), key=KEY
    ),
    "elm, version 2, traces per synapse": lambda: cells.ELM(
        3,
        units=3,
        tau_max=20.0,
        version=2,
        tau=np.array([[2.0, 5.0], [9.0, 4.0]]),
        routing=cells.random_routing(3, 2, 2, key=jax.random.key(2)),
        depth=2,
        activation=jax.nn.silu,
        key=jax.random.key(1),
    ),
    "egru": lambda: cells.EGRU(3, 4, threshold=np.linspace(0.0, 0.3, 4), key=jax.random.key(1)),
    "egru, rows that are left": lambda: cells.EGRU(
        3, 4, surrogate=numerics.ArcTan(), key=jax.random.key(1)
    ).listed(),
    "gru": lambda: cells.GRU(3, 4, key=jax.random.key(1)),
    "slow memory": lambda: cells.SlowMemory((2, 3), tau_max=30.0, gain=2.0, version=2),
    "lstm": lambda: cells.LSTM(3, 4, key=jax.random.key(1)),
    "piecewise linear": lambda: cells.ShallowPLRNN(3, 5, 2, True, key=jax.random.key(1)),
    "teacher forced": lambda: cells.TeacherForced(
        cells.ShallowPLRNN(3, 5, key=jax.random.key(1)), 0.3, start=RNG.normal(size=(1, 2))
    ),
    "izhikevich": lambda: cells.izhikevich(3, c=-50.0, d=0.5, peak=-49.5),
    "izhikevich, one variable after the other": lambda: cells.izhikevich(
        3, c=-50.0, d=0.5, peak=-49.5, integrator=numerics.SequentialEuler(("v", "u"))
    ),
    "lif escape noise, Heun": lambda: cells.lif(
        3, emission=cells.EscapeNoise(0.8, 0.5), integrator=numerics.Heun()
    ),
    "exponential": lambda: cells.eif(3, capacitance=0.02, threshold=-62.0, slope=1.5, peak=-55.0),
    "adaptive exponential": lambda: cells.adex(
        3, capacitance=0.02, threshold=-68.0, slope=1.5, tau=5.0, b=0.1, peak=-60.0
    ),
    "quadratic": lambda: cells.qif(3, tau=2.0, resistance=20.0, critical=-60.0, peak=-55.0),
    "generalised lif": lambda: cells.glif(
        3,
        capacitance=0.05,
        threshold=np.array([-72.0, -71.0, -70.0]),
        reset_fraction=0.2,
        currents=(cells.AfterSpikeCurrent(5.0, -0.1, 0.5), cells.AfterSpikeCurrent(1.0, 0.05)),
        adaptation=cells.ThresholdAdaptation(1.0, 5.0, 0.2, 2.0),
    ),
    "hodgkin huxley": lambda: cells.hodgkin_huxley(3, detection=cells.Crossing(-64.0)),
    "traub miles": lambda: cells.traub_miles(3, detection=cells.Crossing(-59.5)),
    "fitzhugh nagumo": lambda: cells.fitzhugh_nagumo(3, detection=cells.Crossing(-1.0)),
    "morris lecar, graded": lambda: cells.morris_lecar(
        3, detection=cells.Potential(), emission=cells.Graded(), integrator=numerics.RK4()
    ),
    "two compartments, graded": lambda: cells.pinsky_rinzel(
        3,
        receptors={"soma": core.Current(), "dendrite": synapses.NMDA(2.0, 20.0)},
        dendritic=("dendrite",),
        detection=cells.Potential(),
        emission=cells.Graded(),
    ),
    "units": lambda: cells.Units(3, jnp.tanh, 0.3),
    "meta neuron": lambda: cells.meta_neuron(
        3, tau=4.0, tau_u=np.array([2.0, 5.0, 9.0]), b=1.5, c=0.2, threshold=0.6
    ),
    "leaky integrator": lambda: cells.leaky_integrator((2, 2), tau=4.0, rest=-0.5),
    "synaptic currents": lambda: cells.lif(
        3,
        tau=3.0,
        resistance=2.0,
        receptors={
            "single": synapses.ExponentialCurrent(np.array([1.0, 2.0, 3.0])),
            "alpha": synapses.AlphaCurrent(2.0),
            "double": synapses.DoubleExponentialCurrent(0.5, 3.0),
        },
    ),
    "synaptic conductances": lambda: cells.lif(
        3,
        tau=3.0,
        receptors={
            "still": synapses.Conductance(-1.0),
            "single": synapses.ExponentialConductance(2.0, np.array([3.0, 4.0, 5.0])),
            "alpha": synapses.AlphaConductance(2.0, 6.0),
            "double": synapses.DoubleExponentialConductance(0.5, 3.0, -1.0),
        },
    ),
    "slow synapses": lambda: cells.leaky_integrator(
        3,
        tau=4.0,
        receptors={
            "nmda": synapses.NMDA(1.0, 8.0, 5.0),
            "gate": synapses.BlockedConductance(3.0, magnesium=0.5),
            "gabab": synapses.GABAB(0.4, binding=1.0, production=2.0, removal=0.2, half=0.1),
        },
    ),
    "gap junctions": electrical,
    "lif with active segments": lambda: cells.lif(
        3, tau=5.0, receptors={"input": synapses.ActiveSegments(2, 1.0, np.array([0.3, 0.6, 0.9]))}
    ),
    "postsynaptic potential": lambda: synapses.PostsynapticPotential(3, 9.0, 2.0),
    "release": lambda: synapses.Release(3, 0.3, recovery=9.0, facilitation=np.array([2.0, 5, 9])),
    "saturating gate": lambda: synapses.SaturatingGate(3, rise=1.0, decay=9.0),
    "neuron-level models": lambda: cells.NeuronLevelModels(3, 4, 2, key=jax.random.key(2)),
    "neuron-level models, shallow": lambda: cells.NeuronLevelModels(
        3, 4, None, key=jax.random.key(2)
    ),
    "complex cells": lambda: cells.ComplexCells((2, 3), np.array([[-0.5], [0.2]])),
    "leaky rates": lambda: cells.LeakyRNN(
        2,
        3,
        key=jax.random.key(4),
        time_constant=np.array([0.2, 1.5, 4.0]),
        activation=jnp.tanh,
        start=0.0,
    ),
    "leaky rates, leak outside": lambda: cells.LeakyRNN(
        2,
        3,
        key=jax.random.key(4),
        time_constant=3.0,
        leak=cells.Leak.OUTSIDE,
        activation=jnp.tanh,
        start=0.0,
    ),
    "early exit": lambda: coding.EarlyExit(3, threshold=0.7, smoothing=2.0),
    "integrate and fire": lambda: cells.integrate_and_fire(
        3, threshold=0.8, initial=np.array([0.0, 0.2, 0.4]), bias=0.05, capacitance=2.0
    ),
    "synchronisation": lambda: coding.Synchronisation(
        (2, 2), np.array([0, 1, 3]), np.array([3, 1, 2]), np.array([0.0, 0.3, 2.0])
    ),
    "attention": lambda: sequence.Attention(4, 6, 2, key=jax.random.key(2), queries=2),
    "attentive LSTM": lambda: sequence.AttentiveLSTM(
        (4, 3), 2, ticks=3, size=5, width=4, heads=2, key=jax.random.key(3)
    ),
    "thought machine": lambda: sequence.continuous_thought_machine(
        (4, 3),
        2,
        ticks=2,
        neurons=8,
        width=4,
        memory=3,
        hidden=2,
        action=3,
        out=4,
        key=jax.random.key(2),
    ),
    "thought machine, U-Net": lambda: sequence.continuous_thought_machine(
        (4, 3),
        2,
        ticks=2,
        neurons=18,
        width=4,
        memory=3,
        hidden=None,
        depth=2,
        action=3,
        out=4,
        pairing=sequence.Pairing.RANDOM_PAIRING,
        key=jax.random.key(2),
    ),
    "spike count": lambda: coding.SpikeCount(3),
    "leaky integral": lambda: coding.LeakyIntegral(3, tau=np.array([1.0, 2.0, 3.0])),
    "max over time": lambda: coding.MaxOverTime((2, 2)),
    "first spike": lambda: coding.FirstSpike(3),
    "batch norm, frozen": lambda: modulation.BatchNorm(3, statistics=known_statistics(3)),
    "feed-forward network": feedforward,
    "smooth network": smooth_network,
    "recurrent network": recurrent,
    "nested network": nested,
    "learning network": lambda: learning(plasticity.Hebb(0.05)),
}

SOURCES: dict[str, Callable[[], core.Node]] = {
    "poisson spikes": lambda: coding.PoissonSource(3, np.array([200.0, 500.0, 900.0])),
    "poisson counts": lambda: coding.PoissonCount((2, 2), 5000.0),
    "coloured noise": lambda: coding.OrnsteinUhlenbeck(3, 0.5, 0.3, tau=np.array([1.0, 2.0, 3.0])),
    "recorded spikes": lambda: coding.SpikeGenerator(3, [2, 0, 1, 0], [3, 0, 3, 9]),
}

FORWARDS: dict[str, Callable[[], core.Node]] = {  # these refuse derivatives
    "planned": lambda: core.plan(
        divisible(), jax.sharding.Mesh(np.array(jax.devices()[:1]), ("neurons",))
    ),
}

NEEDS_A_BATCH: dict[str, Callable[[], core.Node]] = {
    "batch norm": lambda: modulation.BatchNorm(3, gain=2.0, bias=0.5),
}

# Each is much like another case; the whole run tries them all.
LEFT_OUT_OF_QUICK_RUNS = (
    "planned",
    "traub miles",
    "lif logistic",
    "lif gaussian",
    "izhikevich, one variable after the other",
    "adaptive exponential",
    "quadratic",
    "hodgkin huxley",
    "fitzhugh nagumo",
    "morris lecar, graded",
    "two compartments, graded",
    "synaptic currents",
    "slow synapses",
    "saturating gate",
    "elm, version 2, traces per synapse",
    "egru, rows that are left",
    "gru",
    "leaky integral",
    "first spike",
    "smooth network",
    "dense of shapes",
    "one to one axonal",
    "convolution late",
    "sparse late",
    "fan in late",
    "learnable linear",
)


def cases(of: dict[str, Callable[[], Any]]) -> list:
    """Return parameters for pytest, some of them for the whole run only."""
    return [
        pytest.param(build, id=name, marks=[pytest.mark.slow] * (name in LEFT_OUT_OF_QUICK_RUNS))
        for name, build in of.items()
    ]


SMOOTH = (
    "postsynaptic potential",
    "units",
    "input",
    "morris lecar, graded",
    "two compartments, graded",
    "leaky integrator",
    "slow synapses",
    "release",
    "saturating gate",
    "spike count",
    "leaky integral",
    "max over time",
    "first spike",
    "batch norm, frozen",
    "smooth network",
    "learning network",
    "elm, version 2, traces per synapse",
    "slow memory",
)


def inputs_for(node: core.Node, *lead: int, seed: int = 0) -> dict[str, np.ndarray]:
    """Inputs for every port, strong enough to make cells spike, `[*lead, *port]`."""
    rng = np.random.default_rng(seed)
    return {
        port: rng.normal(0.4, 0.8, (*lead, *shape)).astype(jnp.result_type(float))
        for port, shape in node.ports.items()
    }


def entrances(node: core.Node, *lead: int, seed: int = 0) -> dict[str, np.ndarray]:
    """Inputs for the entrances of a network, or for all ports of another node."""
    inputs = inputs_for(node, *lead, seed=seed)
    if not isinstance(node, core.Network):
        return inputs
    return {port: x for port, x in inputs.items() if "entrance" in port or "eyes" in port} or {
        port: x for port, x in inputs.items() if port.startswith("input")
    }


def tick(index: Any, key: Any = KEY, dt: float = DT) -> core.Tick:
    return core.Tick(index, dt, jax.random.fold_in(key, index))


def plain_scan(node: core.Node, inputs: Any, key: Any = KEY, state: Any = None) -> Any:
    """The meaning of a run, stated without any of the machinery of `simulate`."""
    state = node.init(key=key) if state is None else state
    length = len(next(iter(inputs.values())))

    def step(state, x):
        return node.step(state, x[1], tick(x[0], key))

    inputs = {port: jnp.asarray(x) for port, x in inputs.items()}
    return jax.lax.scan(step, state, (jnp.arange(length), inputs))


def parts_of(tree: Any) -> Iterator[Any]:
    """Every module inside a tree, itself included."""
    if isinstance(tree, eqx.Module):
        yield tree
        for field in dataclasses.fields(tree):
            yield from parts_of(getattr(tree, field.name))
    elif isinstance(tree, dict):
        for value in tree.values():
            yield from parts_of(value)
    elif isinstance(tree, tuple | list):
        for value in tree:
            yield from parts_of(value)


def assert_close(actual: Any, expected: Any, tolerance: float = 1e-5) -> None:
    """Compare two trees leaf by leaf, relative to the largest value of each leaf."""
    assert jax.tree.structure(actual) == jax.tree.structure(expected)
    for a, b in zip(jax.tree.leaves(actual), jax.tree.leaves(expected), strict=True):
        a, b = np.asarray(a), np.asarray(b)
        scale = max(1.0, float(np.max(np.abs(b), initial=0.0)))
        np.testing.assert_allclose(a, b, rtol=0.0, atol=tolerance * scale)


def assert_identical(actual: Any, expected: Any) -> None:
    assert jax.tree.structure(actual) == jax.tree.structure(expected)
    for a, b in zip(jax.tree.leaves(actual), jax.tree.leaves(expected), strict=True):
        np.testing.assert_array_equal(np.asarray(a), np.asarray(b))
