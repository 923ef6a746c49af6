"""A valid call of every public name of the foundation."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import optax

from neuropil import cells, connectivity, core, numerics, plasticity

from ._corrupt import Call

KEY = jax.random.key(0)
NOT_POSITIVE = (0.0, -1.0)
NOT_KEYS = tuple(jnp.ones(shape, jnp.uint32) for shape in ((), (3,), (4,)))
X = np.ones((6, 3), np.float32)


def positive(*names):
    return {name: NOT_POSITIVE for name in names}


class Mute(cells.LIF):
    """A cell without a membrane potential."""

    def init(self, size):
        return {"u": jnp.zeros(size)}


class Astray(cells.LIF):
    """A cell whose reset forgets its variables."""

    def jump(self, y, spike):
        return {}


class Wide(core.Current):
    """A receptor for more neurons than there are."""

    def step(self, state, arriving, v, tick):
        return state, core.Drive(const=jnp.ones(9) * arriving)


def write_a_state():
    state = core.RunState(cells.lif(3).init(key=KEY), jnp.zeros((), jnp.int32))
    core.save_state("state.safetensors", state)


def write_a_recording():
    options = {"dt": 1.0, "key": KEY, "ticks": 4, "record": {"v": core.Record("v")}}
    core.simulate_to("run", cells.lif(3), None, resume=True, **options)


def chain():
    return core.chain(core.Input(3), connectivity.Dense(3, 2), cells.lif(2), key=KEY)


MESH = jax.sharding.Mesh(np.array(jax.devices()[:1]), ("neurons",))


def looped(ticks=1, sense="", **options):
    """A population that feeds itself, by itself or by what it senses, or two without delay."""
    size, source = 3, f"a.{sense}".rstrip(".")
    nodes = {"a": cells.lif(size, **options), "b": cells.lif(size)}
    late = connectivity.ProjectionDelay
    back = connectivity.Dense(size, size, late(ticks) if ticks else connectivity.NoDelay())
    weight = jnp.zeros((size, size))
    there = core.Projection(source, "b", back, weight)
    again = connectivity.Dense(size, size, late(1))
    return core.Network(nodes, (there, core.Projection("b", "a", again, weight)), "a")


NUMERICS = {
    "elementwise_scan": Call(
        numerics.elementwise_scan,
        {
            "step": lambda p, c, x: (p * c + x, c),
            "params": 0.5,
            "carry": jnp.zeros(2),
            "xs": jnp.ones((3, 2)),
            "shares": 2,
        },
        also={"xs": (3.0, ()), "shares": (0,)},
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
    "as_path": Call(
        numerics.as_path,
        {"value": "a.safetensors", "name": "value"},
        allowed={"value": ("no such name",)},
        anything=("name",),
    ),
    "read_arrays": Call(
        numerics.read_arrays,
        {"path": "state.safetensors"},
        named={"path": "nonsense|no such name"},
        before=write_a_state,
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
    "as_keys": Call(
        numerics.as_keys, {"key": KEY, "name": "key"}, also={"key": NOT_KEYS}, anything=("name",)
    ),
    "as_key": Call(
        numerics.as_key,
        {"key": KEY, "name": "key"},
        also={"key": (*NOT_KEYS, jax.random.split(KEY))},
        anything=("name",),
    ),
    "is_one_key": Call(numerics.is_one_key, {"keys": KEY}, also={"keys": NOT_KEYS}),
    "as_parameter": Call(
        numerics.as_parameter,
        {
            "value": 1.0,
            "name": "value",
            "unit": "ms",
            "minimum": 0.0,
            "maximum": 2.0,
            "positive": True,
            "may_be_empty": False,
        },
        also={"value": (-1.0, 0.0, 2.5)},
        anything=("name", "unit", "minimum", "maximum", "positive", "may_be_empty"),
    ),
    "as_share": Call(
        numerics.as_share,
        {"value": 0.5, "name": "value"},
        {"value": (-0.1, 1.0)},
        anything=("name",),
    ),
    "as_shape": Call(numerics.as_shape, {"value": (3, 2), "name": "value"}, anything=("name",)),
    "as_time_step": Call(numerics.as_time_step, {"dt": 1.0}, also=positive("dt")),
    "Euler": Call(numerics.Euler),
    "ExponentialEuler": Call(numerics.ExponentialEuler),
    "Heun": Call(numerics.Heun),
    "ImplicitEuler": Call(
        numerics.ImplicitEuler, {"together": ("v", "w")}, {"together": (0.1, "v", (1,))}
    ),
    "RK4": Call(numerics.RK4),
    "SequentialEuler": Call(
        numerics.SequentialEuler, {"order": ("v", "u")}, also={"order": ((), "vu")}
    ),
    "relative_growth": Call(numerics.relative_growth, {"z": 0.5}, anything=("z",)),
    "ArcTan": Call(numerics.ArcTan, {"alpha": 2.0}, also=positive("alpha")),
    "QuantisedReLU": Call(
        numerics.QuantisedReLU,
        {"step": 0.5, "levels": 3},
        also=positive("step") | {"step": (0.0, -1.0, np.ones(2)), "levels": (0, -1)},
    ),
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
    "weight": (
        *(np.ones((2, 3)), np.ones(3), np.ones((2, 3, 2)), 1.0, [[1.0, math.inf]] * 3),
        *(-LINK["weight"], 3 * LINK["weight"]),
    ),
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
            ),
            "key": (*NOT_KEYS, jax.random.split(KEY)),
        },
        allowed={"parts": (3,)},
        named={"parts": "projection"},
        spread="parts",
    ),
    "plan": Call(
        core.plan,
        {"network": looped(), "mesh": MESH, "axis": "neurons"},
        also={
            "network": (looped(ticks=0), looped(sense="v"), looped(emission=cells.EscapeNoise())),
            "mesh": (jax.devices(), jax.sharding.AbstractMesh((1,), ("neurons",))),
            "axis": ("batch", 0),
        },
        allowed={"axis": (None,)},
        named={"network": "projection|nodes"},
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
            "cell": (cells.LIF(tau=np.ones(3)), cells.LIF(rest=np.zeros((2, 2))), Mute(), Astray()),
            "refractory": (cells.AbsoluteRefractory(np.ones(3)),),
            "receptors": ({"a.b": core.Delta()}, {"input": cells.LIF()}, {"input": Wide()}),
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
    "Chosen": Call(
        core.Chosen,
        {"indices": (0, 2)},
        also={"indices": (-1, [[0]])},
        allowed={"indices": ((0,),)},
    ),
    "PopulationMean": Call(core.PopulationMean),
    "Average": Call(core.Average, {"encode": jnp.mean}, also={"encode": (core.Average(),)}),
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
            "tolerance": (-1.0, np.full(3, 1e-3)),
            "max_steps": (0,),
            "dt": NOT_POSITIVE,
            "inputs": (np.ones(4), np.ones((2, 2, 3)), {"no such port": np.ones(3)}),
            "state": (cells.leaky_integrator(4).init(key=KEY),),
        },
        allowed={"key": (None,), "state": (None,), "inputs": (None,)},
    ),
    "save_state": Call(
        core.save_state,
        {"path": "state.safetensors", "state": core.RunState((), jnp.array(3))},
        allowed={"path": ("no such name",)},
    ),
    "load_state": Call(
        core.load_state,
        {"path": "state.safetensors", "node": cells.lif(3)},
        also={"node": (cells.lif(4),)},
        named={"path": "no such name", "node": "state.safetensors"},
        before=write_a_state,
    ),
    "simulate_to": Call(
        core.simulate_to,
        {
            "folder": "run",
            "node": cells.lif(3),
            "inputs": X,
            "dt": 1.0,
            "key": KEY,
            "record": {"v": core.Record("v")},
            "ticks": 6,
            "state": core.RunState(cells.lif(3).init(key=KEY), jnp.zeros((), jnp.int32)),
            "piece": 4,
            "resume": False,
            "show": False,
        },
        also={
            "inputs": (X.T, X[:, :2], X[0], 1.0, {"ampa": X}, {"input": X.T}, lambda first, n: X.T),
            "dt": NOT_POSITIVE,
            "key": (jax.random.split(KEY, 4),),
            "state": (core.RunState((), jnp.array(0)), cells.lif(3).init(key=KEY)),
            "record": ({}, None, {"v": "v"}, {"v": core.Record("u")}),
            "piece": (0, 2**25),
            "ticks": (7, 0, 2**40),
        },
        allowed={
            "folder": ("no such name",),
            "state": (None,),
            "inputs": (None,),
            "record": ({"no such name": core.Record("v")},),
            "ticks": (None,),
        },
        named={"inputs": "ticks"},
    ),
    "open_recording": Call(
        core.open_recording,
        {"folder": "run"},
        before=write_a_recording,
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
            "output": core.Record("output", every=2),
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
            "record": (
                {"v": "v"},
                {"v": core.Record("u")},
                {"v": core.Record("hidden.v")},
                {"v": core.Record("v", encode=core.Chosen([3]))},
            ),
            "output": (core.Record("v"), False),
            "checkpoint": (0,),
            "ticks": (7, 0),
        },
        allowed={
            "state": (None,),
            "inputs": (None,),
            "record": (None, {}, {"no such name": core.Record("v")}),
            "output": (None,),
            "checkpoint": (None,),
            "ticks": (None,),
        },
    ),
}
