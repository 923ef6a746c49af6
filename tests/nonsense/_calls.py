"""A valid call of every public name of the rooms that networks are built from."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import optax

from neuropil import cells, coding, connectivity, core, modulation, numerics, plasticity

from ._corrupt import Call, Foreign

KEY = jax.random.key(0)
NOT_POSITIVE = (0.0, -1.0)
X = np.ones((6, 3), np.float32)


def positive(*names):
    return {name: NOT_POSITIVE for name in names}


def chain():
    return core.chain(core.Input(3), connectivity.Dense(3, 2), cells.lif(2), key=KEY)


NUMERICS = {
    "elementwise_scan": Call(
        numerics.elementwise_scan,
        {
            "step": lambda p, c, x: (p * c + x, c),
            "params": 0.5,
            "carry": jnp.zeros(2),
            "xs": jnp.ones((3, 2)),
        },
        also={"xs": (3.0, ())},
        anything=("params", "carry"),
        nan_passes=("xs",),
    ),
    "recurrent_scan": Call(
        numerics.recurrent_scan,
        {
            "step": lambda p, c, x, arriving: (p * c, x + arriving, None),
            "params": 0.5,
            "weight": jnp.eye(2),
            "carry": jnp.zeros(2),
            "spikes": jnp.zeros(2),
            "xs": jnp.ones((3, 2)),
        },
        also={"weight": (jnp.ones(2), jnp.ones((2, 3)), jnp.eye(3)), "spikes": (1.0, jnp.ones(3))},
        anything=("params", "carry"),
        nan_passes=("weight", "spikes", "xs"),
        named={"spikes": "weight"},
    ),
    "event_matmul": Call(
        numerics.event_matmul,
        {"events": jnp.ones(2), "weight": jnp.ones((2, 3))},
        also={"events": (jnp.ones(3), 1.0), "weight": (jnp.ones(2), jnp.ones((3, 2)))},
        nan_passes=("events", "weight"),
        named={"weight": "events"},
    ),
    "as_choice": Call(
        numerics.as_choice,
        {"value": "exc", "name": "value", "known": ["exc"]},
        anything=("name", "known"),
    ),
    "as_count": Call(
        numerics.as_count,
        {"value": 3, "name": "value", "minimum": 1, "what": "an integer"},
        also={"value": (0,)},
        anything=("name", "minimum", "what"),
    ),
    "as_flag": Call(numerics.as_flag, {"value": True, "name": "value"}, anything=("name",)),
    "as_instance": Call(
        numerics.as_instance,
        {"value": numerics.Euler(), "name": "value", "kind": numerics.Euler, "what": "an Euler"},
        anything=("name", "kind", "what"),
    ),
    "as_key": Call(numerics.as_key, {"key": KEY, "name": "key"}, anything=("name",)),
    "as_parameter": Call(
        numerics.as_parameter,
        {
            "value": 1.0,
            "name": "value",
            "unit": "ms",
            "minimum": 0.0,
            "maximum": 2.0,
            "positive": True,
        },
        also={"value": (-1.0, 0.0, 2.5)},
        anything=("name", "unit", "minimum", "maximum", "positive"),
    ),
    "as_shape": Call(numerics.as_shape, {"value": (3, 2), "name": "value"}, anything=("name",)),
    "as_time_step": Call(numerics.as_time_step, {"dt": 1.0}, also=positive("dt")),
    "Euler": Call(numerics.Euler),
    "ExponentialEuler": Call(numerics.ExponentialEuler),
    "ArcTan": Call(numerics.ArcTan, {"alpha": 2.0}, also=positive("alpha")),
    "FastSigmoid": Call(numerics.FastSigmoid, {"slope": 25.0}, also=positive("slope")),
    "Gaussian": Call(numerics.Gaussian, {"sigma": 0.5}, also=positive("sigma")),
    "MultiGaussian": Call(
        numerics.MultiGaussian,
        {"sigma": 0.5, "flank": 0.15, "stretch": 6.0, "gamma": 0.5},
        also=positive("sigma", "flank", "stretch", "gamma"),
    ),
    "Sigmoid": Call(numerics.Sigmoid, {"slope": 4.0}, also=positive("slope")),
    "Triangle": Call(
        numerics.Triangle, {"width": 1.0, "height": 1.0}, also=positive("width", "height")
    ),
}

DENSE, HEBB = connectivity.Dense(3, 2), plasticity.Hebb(0.1)
LINK = {
    "connectivity": DENSE,
    "weight": np.ones((3, 2), np.float32),
    "sign": np.array([1.0, -1.0, 1.0]),
    "bounds": core.Bounds(0.0, 2.0),
    "plasticity": core.Plasticity(HEBB),
}
LINK_ALSO = {
    "weight": (np.ones((2, 3)), np.ones(3), 1.0, [[1.0, math.inf]] * 3),
    "sign": (0.5, np.ones(2), np.array([1.0, 0.0, 1.0])),
}
OPTIONAL = {name: (None,) for name in ("sign", "bounds", "plasticity")}

CORE = {
    "chain": Call(
        core.chain,
        {"parts": (core.Input(3), DENSE, cells.lif(2)), "key": KEY},
        also={
            "parts": (
                (),
                (DENSE,),
                (core.Input(3), cells.lif(3)),
                (core.Input(3), DENSE),
                (core.Input(4), DENSE, cells.lif(2)),
            )
        },
        allowed={"parts": (3,)},
        named={"parts": "projection"},
        spread="parts",
    ),
    "Link": Call(core.Link, LINK, also=LINK_ALSO, allowed=OPTIONAL | {"weight": (None,)}),
    "coactivity": Call(
        core.coactivity,
        {"connectivity": DENSE, "seen": jnp.ones(3), "post": jnp.ones(2)},
        also={"post": (jnp.ones(3), 1.0)},
        anything=("seen",),
    ),
    "learnable": Call(core.learnable),
    "learnable_mask": Call(core.learnable_mask, {"tree": chain()}, anything=("tree",)),
    "Network": Call(
        core.Network,
        {
            "nodes": {"a": core.Input(3), "b": cells.lif(2)},
            "projections": (core.Projection("a", "b", DENSE, LINK["weight"]),),
            "output": "b",
        },
        also={
            "nodes": ({"a": core.Input(3), "b": 3}, {"a.x": core.Input(3)}, {"": core.Input(3)}),
            "projections": (
                (core.Projection("a", "c", DENSE, LINK["weight"]),),
                (core.Projection("c", "b", DENSE, LINK["weight"]),),
                (core.Projection("a", "b.ampa", DENSE, LINK["weight"]),),
                (core.Projection("b", "b", connectivity.OneToOne(2), np.ones(2)),),
                (core.Projection("a", "b", connectivity.Dense(2, 3), np.ones((2, 3))),),
                (core.Projection("b", "a", connectivity.Dense(2, 3), np.ones((2, 3))),),
            ),
        },
        named={"projections": "projection"},
    ),
    "Input": Call(core.Input, {"size": (3, 2)}, also={"size": (0, -3, 1.5, True)}),
    "Plasticity": Call(
        core.Plasticity,
        {"rule": HEBB, "transform": optax.sgd(0.1), "every": 1, "differentiable": False},
        also={"every": (0,)},
    ),
    "Current": Call(core.Current),
    "Delta": Call(core.Delta),
    "Population": Call(
        core.Population,
        {
            "size": (2,),
            "cell": cells.LIF(),
            "emission": cells.Threshold(),
            "integrator": numerics.Euler(),
            "receptors": {"input": core.Delta()},
            "refractory": cells.AbsoluteRefractory(1.0),
        },
        also={
            "cell": (cells.LIF(tau=np.ones(3)), cells.LIF(rest=np.zeros((2, 2)))),
            "refractory": (cells.AbsoluteRefractory(np.ones(3)),),
            "receptors": ({"a.b": core.Delta()}, {"input": cells.LIF()}),
        },
        allowed={"refractory": (None,)},
    ),
    "Bounds": Call(
        core.Bounds,
        {"lower": 0.0, "upper": 1.0},
        also={"lower": (1.0, 2.0), "upper": (0.0, -math.inf)},
        allowed={"upper": (math.inf,)},
    ),
    "Projection": Call(
        core.Projection,
        {"source": "a", "target": "b.input", **LINK},
        also=LINK_ALSO,
        allowed=OPTIONAL | {"source": ("no such name",), "target": ("no such name",)},
    ),
    "Record": Call(
        core.Record,
        {"path": "hidden.v", "every": 2, "encode": jnp.mean},
        also={"every": (0,)},
        allowed={"path": ("no such name",)},
    ),
    "settle": Call(
        core.settle,
        {
            "node": cells.leaky_integrator(3),
            "inputs": np.ones(3, np.float32),
            "tolerance": 1e-3,
            "max_steps": 3,
            "dt": 1.0,
            "key": KEY,
            "state": cells.leaky_integrator(3).init(key=KEY),
        },
        also={
            "tolerance": (-1.0,),
            "max_steps": (0,),
            "dt": NOT_POSITIVE,
            "inputs": (np.ones(4), np.ones((3, 3)), {"no such port": np.ones(3)}),
        },
        allowed={"key": (None,), "state": (None,), "inputs": (None,)},
    ),
    "detach": Call(core.detach, {"state": core.RunState((), jnp.array(3))}),
    "simulate": Call(
        core.simulate,
        {
            "node": cells.lif(3),
            "inputs": X,
            "dt": 1.0,
            "key": KEY,
            "state": core.RunState(cells.lif(3).init(key=KEY), jnp.zeros((), jnp.int32)),
            "record": {"v": core.Record("v")},
            "checkpoint": 2,
            "ticks": 6,
        },
        also={
            "inputs": (
                X.T,
                X[:, :2],
                X[0],
                X[None, None],
                1.0,
                {"ampa": X},
                {"input": X.T},
                {"input": X, 3: X},
            ),
            "dt": NOT_POSITIVE,
            "key": (jax.random.split(KEY, 4),),
            "state": (core.RunState((), jnp.array(0)), cells.lif(3).init(key=KEY)),
            "record": ({"v": "v"}, {"v": core.Record("u")}, {"v": core.Record("hidden.v")}),
            "checkpoint": (0,),
            "ticks": (7, 0),
        },
        allowed={
            "state": (None,),
            "inputs": (None,),
            "record": (None, {}, {"no such name": core.Record("v")}),
            "checkpoint": (None,),
            "ticks": (None,),
        },
    ),
}

LIF = {"tau": 20.0, "rest": 0.0, "threshold": 1.0, "resistance": 1.0}
ADAPTIVE = LIF | {"tau_adaptation": 200.0, "adaptation": 0.1}
IZHIKEVICH = {"a": 0.02, "b": 0.2, "c": -65.0, "d": 8.0, "peak": 30.0}
PARTS = {
    "emission": cells.Threshold(),
    "refractory": cells.AbsoluteRefractory(1.0),
    "receptors": {"input": core.Delta()},
    "integrator": numerics.Euler(),
}
DEFAULTS = {name: (None,) for name in (*PARTS, "reset")}
RESET = {"reset": cells.HardReset()}
SIZES = {"size": (0, -1, 2.5, True, "3")}


def population(make, parameters, parts):
    of_another_size = {name: (np.full(3, 0.5),) for name in parameters}
    wrong = positive(*(name for name in parameters if "tau" in name or name == "resistance"))
    also = {name: (*wrong.get(name, ()), *of_another_size[name]) for name in parameters}
    return Call(make, {"size": (2, 2), **parameters, **parts}, also | SIZES, DEFAULTS)


def equations(make, parameters, parts):
    return Call(
        make,
        {**parameters, **parts},
        positive(*(name for name in parameters if "tau" in name or name == "resistance")),
    )


MEMBRANE = {name: LIF[name] for name in ("tau", "rest", "resistance")}
CELLS = {
    "LIF": equations(cells.LIF, LIF, RESET),
    "lif": population(cells.lif, LIF, PARTS | RESET),
    "AdaptiveLIF": equations(cells.AdaptiveLIF, ADAPTIVE, RESET),
    "adaptive_lif": population(cells.adaptive_lif, ADAPTIVE, PARTS | RESET),
    "Izhikevich": equations(cells.Izhikevich, IZHIKEVICH, {}),
    "izhikevich": population(cells.izhikevich, IZHIKEVICH, PARTS),
    "LeakyIntegrator": equations(cells.LeakyIntegrator, MEMBRANE, {}),
    "leaky_integrator": population(
        cells.leaky_integrator,
        MEMBRANE,
        {name: PARTS[name] for name in ("receptors", "integrator")},
    ),
    "Graded": Call(cells.Graded),
    "Threshold": Call(cells.Threshold, {"surrogate": numerics.FastSigmoid()}),
    "AbsoluteRefractory": Call(cells.AbsoluteRefractory, {"duration": 2.0}, {"duration": (-1.0,)}),
    "HardReset": Call(cells.HardReset, {"to": 0.0}),
    "NoReset": Call(cells.NoReset),
    "SoftReset": Call(cells.SoftReset),
}

DELAY = {"delay": connectivity.AxonalDelay(np.array([0, 2, 1]))}
ENDS = {"source": (3,), "target": (2,)}
TICKS = (np.array([0.5]), np.array([-1]), [1.5], -2)
CONNECTIVITY = {
    "Conv2d": Call(
        connectivity.Conv2d,
        {
            "source": (1, 4, 4),
            "channels": 2,
            "kernel": (3, 3),
            "stride": (1, 1),
            "padding": "SAME",
            "groups": 1,
            "delay": connectivity.NoDelay(),
        },
        also={
            "source": (16, (4, 4), (1, 2, 2)),
            "channels": (0,),
            "kernel": ((5, 3), (3, 3, 3), 0),
            "stride": (0, (1, 1, 1)),
            "groups": (0, 3),
            "delay": (connectivity.AxonalDelay(np.array([1, 2])),),
        },
        named={"source": "kernel"},
    ),
    "AxonalDelay": Call(connectivity.AxonalDelay, {"ticks": np.array([0, 2])}, {"ticks": TICKS}),
    "NoDelay": Call(connectivity.NoDelay),
    "ProjectionDelay": Call(connectivity.ProjectionDelay, {"ticks": 3}, {"ticks": (0,)}),
    "ticks_of": Call(
        connectivity.ticks_of,
        {"duration": 1.5, "dt": 0.5},
        also={"duration": (-1.5, 0.7), "dt": NOT_POSITIVE},
    ),
    "Dense": Call(
        connectivity.Dense,
        ENDS | DELAY,
        also={"source": (4, 0), "target": (0, -1), "delay": (connectivity.AxonalDelay([1]),)},
        named={"source": "delay"},
    ),
    "OneToOne": Call(
        connectivity.OneToOne, {"size": (3,), **DELAY}, {"size": (0, 4)}, named={"size": "delay"}
    ),
    "DelayedDense": Call(
        connectivity.DelayedDense,
        {"ticks": np.array([[0, 3], [1, 2]])},
        also={"ticks": (*TICKS, np.array([1, 2]), np.zeros((1, 2, 3), int))},
    ),
    "LearnableDelays": Call(
        connectivity.LearnableDelays,
        {
            "delay": np.full((3, 2), 4.0),
            "longest": 10,
            "width": 1.0,
            "rounding": 0.0,
            "interpolation": connectivity.GaussianInterpolation(),
        },
        also={
            "delay": (np.full((3, 2), 11.0), np.full((3, 2), -1.0), np.ones(3), 2.0),
            "longest": (0,),
            "width": (-1.0, np.ones(2)),
            "rounding": (-0.1, 1.5, np.ones(2)),
        },
    ),
    "GaussianInterpolation": Call(connectivity.GaussianInterpolation),
    "LinearInterpolation": Call(connectivity.LinearInterpolation),
    "constant": Call(connectivity.constant, {"connectivity": DENSE, "value": 1.0}),
    "dale_signs": Call(
        connectivity.dale_signs,
        {"size": 5, "excitatory": 0.8},
        also={"size": (0,), "excitatory": (-0.1, 1.1)},
    ),
    "kaiming_uniform": Call(connectivity.kaiming_uniform, {"connectivity": DENSE, "key": KEY}),
    "lecun_uniform": Call(
        connectivity.lecun_uniform,
        {"connectivity": DENSE, "key": KEY, "gain": 1.0},
        also=positive("gain"),
    ),
    "normal": Call(
        connectivity.normal,
        {"connectivity": DENSE, "key": KEY, "gain": 1.0},
        also=positive("gain"),
    ),
}


def readout(make, *also):
    return Call(make, {"output": X}, {"output": (1.0, *also)}, nan_passes=("output",))


INTENSITY = (-0.1, 1.1, np.array([0.5, 2.0]))
CODING = {
    "delta_modulation": Call(
        coding.delta_modulation,
        {"signal": np.ones((4, 2)), "threshold": 0.5},
        also={"signal": (1.0,), "threshold": (*NOT_POSITIVE, np.ones(2))},
    ),
    "first_spike": Call(
        coding.first_spike,
        {"output": X, "dt": 1.0},
        also={"output": (1.0,), "dt": NOT_POSITIVE},
        nan_passes=("output",),
    ),
    "GaussianFields": Call(
        coding.GaussianFields,
        {"low": 0.0, "high": 1.0, "fields": 3, "width": 0.5},
        also={
            "low": (1.0, 2.0),
            "high": (0.0, -1.0),
            "fields": (1, 0),
            "width": (*NOT_POSITIVE,),
        },
        allowed={"width": (None,)},
        named={"low": "high"},
    ),
    "latency": Call(
        coding.latency,
        {"x": np.array([0.2, 0.9]), "ticks": 5, "dt": 1.0, "tau": 20.0},
        also={"x": INTENSITY, "ticks": (0,), **positive("dt", "tau")},
    ),
    "poisson_rate": Call(
        coding.poisson_rate,
        {"x": np.array([0.2, 0.9]), "ticks": 5, "dt": 1.0, "max_rate": 100.0, "key": KEY},
        also={"x": INTENSITY, "ticks": (0,), "dt": NOT_POSITIVE, "max_rate": (0.0, -1.0, 2000.0)},
    ),
    "regular_rate": Call(
        coding.regular_rate,
        {"x": np.array([0.2, 0.9]), "ticks": 5, "dt": 1.0, "max_rate": 100.0},
        also={"x": INTENSITY, "ticks": (0,), "dt": NOT_POSITIVE, "max_rate": (0.0, -1.0, 2000.0)},
    ),
    "FirstSpike": Call(coding.FirstSpike, {"size": (3,)}, SIZES),
    "LeakyIntegral": Call(
        coding.LeakyIntegral,
        {"size": (3,), "tau": 20.0},
        also=SIZES | {"tau": (*NOT_POSITIVE, np.ones(2))},
    ),
    "MaxOverTime": Call(coding.MaxOverTime, {"size": (3,)}, SIZES),
    "SpikeCount": Call(coding.SpikeCount, {"size": (3,)}, SIZES),
    "max_over_time": readout(coding.max_over_time),
    "softmax_over_time": readout(coding.softmax_over_time, X[0]),
    "spike_count": readout(coding.spike_count),
}

STATISTICS = modulation.FrozenStatistics(np.zeros(2), np.ones(2))
MODULATION = {
    "BatchNorm": Call(
        modulation.BatchNorm,
        {"size": (2,), "eps": 1e-5, "statistics": STATISTICS, "gain": 1.0, "bias": 0.0},
        also={
            "size": (0, 3, -1),
            "eps": (*NOT_POSITIVE, np.ones(2)),
            "statistics": (modulation.FrozenStatistics(np.zeros(3), np.ones(3)),),
            "gain": (np.ones(3),),
            "bias": (np.ones((2, 2)),),
        },
        allowed={"statistics": (None,)},
        named={"size": "statistics"},
    ),
    "BatchStatistics": Call(modulation.BatchStatistics),
    "FrozenStatistics": Call(
        modulation.FrozenStatistics,
        {"mean": np.zeros(2), "variance": np.ones(2)},
        also={"variance": (np.array([-1.0, 1.0]), np.ones(3)), "mean": (np.zeros(3),)},
        named={"mean": "variance"},
    ),
}

PLASTICITY = {"Hebb": Call(plasticity.Hebb, {"rate": 0.1}, {"rate": (Foreign(),)})}
