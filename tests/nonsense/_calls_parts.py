"""A valid call of every public name of the rooms that make the parts of networks."""

from pathlib import Path

import jax.numpy as jnp
import numpy as np

from neuropil import cells, coding, connectivity, core, modulation, numerics, plasticity

from ._calls_core import DENSE, KEY, NOT_POSITIVE, X, positive
from ._corrupt import Call, Foreign

LIF = {"tau": 20.0, "rest": 0.0, "threshold": 1.0, "resistance": 1.0}
ADAPTIVE = LIF | {"tau_adaptation": 200.0, "adaptation": 0.1}
META = {"tau": 20.0, "tau_u": 20.0, "a": 1.0, "b": 0.0, "c": 0.0}
META |= {"threshold": 1.0, "resistance": 1.0}
IZHIKEVICH = {"a": 0.02, "b": 0.2, "c": -65.0, "d": 8.0, "peak": 30.0}
IZHIKEVICH |= {"slope": 5.0, "offset": 140.0, "recovery_rest": 0.0, "recovery_decay": 1.0}
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
    "MetaNeuron": equations(cells.MetaNeuron, META, RESET),
    "meta_neuron": population(cells.meta_neuron, META, PARTS | RESET),
    "Izhikevich": equations(cells.Izhikevich, IZHIKEVICH, {}),
    "izhikevich": population(cells.izhikevich, IZHIKEVICH, PARTS),
    "Units": Call(
        cells.Units,
        {"size": (2, 3), "activation": jnp.tanh, "bias": np.zeros((2, 1))},
        also={
            "size": (0, -1, (2, 0)),
            "activation": (jnp.sum, jnp.ravel),
            "bias": (np.zeros(3), np.zeros((2, 2))),
        },
        named={"size": "bias"},
    ),
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
DRAWN = {"key": KEY, "ticks": 1, "loops": True, "progress": lambda done, total: None}
LATE = {
    "ticks": (*TICKS, lambda key, shape: np.ones(shape), lambda key, shape: np.ones((2, 2), int))
}
LISTED = connectivity.from_edges(3, 2, [0, 1, 2], [0, 1, 1])[0]
ENDS_WRONG = {"source": (0, -1), "target": (0,)}
DEGREE = {"source": (3,), "target": (3,), "degree": 2, "multapses": True, **DRAWN}
PLACES = np.array([[0.0, 1.0], [2.0, 3.0], [1.0, 1.0]])
NOWHERE = (np.ones((2, 2, 2)), np.array([[np.inf, 0.0]]), np.ones((3, 1)))
EDGES = "pre\tpost\tweight\tdelay\n1\t0\t0.5\t1.0\n"


def drawn(make, arguments, also, named=None):
    allowed = {"progress": (None, True), "period": (None,), "reach": (None,)}
    return Call(make, arguments, also | LATE, allowed, named=named or {})


def listed(make):
    also = {"sparse": (DENSE,), "weight": (np.ones(2), 1.0, np.ones((3, 1)))}
    return Call(make, {"sparse": LISTED, "weight": np.ones(3)}, also)


def write_edges():
    Path("edges.tsv").write_text(EDGES)


def weights_of(make, also, **numbers):
    return Call(make, {"connectivity": DENSE, "key": KEY, **numbers}, also)


CONNECTIVITY = {
    "fixed_probability": drawn(
        connectivity.fixed_probability,
        {"source": (3,), "target": (3,), "probability": 0.9, **DRAWN},
        ENDS_WRONG | {"probability": (-0.1, 1.1)},
    ),
    "fixed_in_degree": drawn(
        connectivity.fixed_in_degree, DEGREE, ENDS_WRONG | {"degree": (0, -1, 2**40)}
    ),
    "fixed_out_degree": drawn(
        connectivity.fixed_out_degree, DEGREE, ENDS_WRONG | {"degree": (0, -1, 2**40)}
    ),
    "blocks": drawn(
        connectivity.blocks,
        {
            "sizes_source": (2, 3),
            "sizes_target": (4, 1),
            "probability": np.array([[0.5, 1.0], [0.9, 0.0]]),
            **DRAWN,
        },
        {
            "sizes_source": ((5,), (2, 0)),
            "sizes_target": ((5,), (2, -1)),
            "probability": (np.ones((2, 3)), np.full((2, 2), 1.1), -np.eye(2)),
        },
        {"sizes_source": "probability", "sizes_target": "probability"},
    ),
    "fixed_total_number": drawn(
        connectivity.fixed_total_number,
        {
            "sizes_source": (2, 3),
            "sizes_target": (4, 1),
            "number": np.array([[5, 1], [9, 0]]),
            **{name: value for name, value in DRAWN.items() if name != "loops"},
        },
        {
            "sizes_source": ((5,), (2, 0)),
            "sizes_target": ((5,), (2, -1)),
            "number": (np.ones((2, 3)), np.full((2, 2), 1.5), -np.eye(2), np.full((2, 2), np.inf)),
        },
        {"sizes_source": "number", "sizes_target": "number"},
    ),
    "distance_dependent": drawn(
        connectivity.distance_dependent,
        {
            "positions_source": PLACES,
            "positions_target": PLACES[:2],
            "probability_function": lambda distance: np.exp(-distance),
            "period": np.array([4.0, np.inf]),
            "reach": 3.0,
            **DRAWN,
        },
        {
            "reach": (0.0, -1.0),
            "positions_source": NOWHERE,
            "positions_target": NOWHERE,
            "period": (0.0, -1.0, np.ones(3)),
            "probability_function": (
                lambda distance: 2.0 + distance,
                lambda distance: np.nan * distance,
                lambda distance: -distance,
                lambda distance: 0.5,
                lambda distance: None,
            ),
        },
        {"positions_source": "positions_target"},
    ),
    "small_world": drawn(
        connectivity.small_world,
        {
            "n": 9,
            "neighbours": 4,
            "rewiring": 0.5,
            **{name: value for name, value in DRAWN.items() if name != "loops"},
        },
        {"n": (0, 4), "neighbours": (3, 0, 10, -2), "rewiring": (-0.1, 1.1)},
        {"n": "neighbours"},
    ),
    "grid": Call(connectivity.grid, {"shape": (2, 3), "spacing": 0.5}, {"spacing": NOT_POSITIVE}),
    "ring": Call(connectivity.ring, {"n": 5, "length": 1.0}, {"n": (0,), "length": NOT_POSITIVE}),
    "distances": Call(
        connectivity.distances,
        {
            "sparse": LISTED,
            "positions_source": PLACES,
            "positions_target": PLACES[:2],
            "period": 4.0,
        },
        also={
            "positions_source": (*NOWHERE, PLACES[:2]),
            "positions_target": (*NOWHERE, PLACES),
            "period": (*NOT_POSITIVE, np.ones(3)),
        },
        allowed={"period": (np.inf, None)},
        named={"positions_source": "positions_target"},
    ),
    "uniform_ticks": Call(
        connectivity.uniform_ticks,
        {"low": 1, "high": 3},
        {"low": (4,), "high": (0, 2**31)},
        named={"high": "low"},
    ),
    "normal_ticks": Call(
        connectivity.normal_ticks,
        {"mean": 1.5, "sd": 0.5, "dt": 0.1, "least": 1},
        also={"mean": (-1.0, 1e12), "sd": (-1.0,), "dt": NOT_POSITIVE, "least": (-1,)},
    ),
    "normal_weights": weights_of(
        connectivity.normal_weights, {"mean": (0.0,), "sd": (-1.0,)}, mean=0.5, sd=0.1
    ),
    "lognormal_weights": weights_of(
        connectivity.lognormal_weights, {"mean": (0.0,), "sd": (-1.0,)}, mean=0.5, sd=0.1
    ),
    "uniform_weights": weights_of(
        connectivity.uniform_weights, {"low": (-1.0, 2.0), "high": (-1.0, 0.0)}, low=0.5, high=1.0
    ),
    "from_matrix": Call(
        connectivity.from_matrix,
        {
            "matrix": np.array([[0.0, 0.5], [0.25, 0.0]]),
            "ticks": np.array([[1, 2], [3, 4]]),
            "progress": lambda done, total: None,
        },
        allowed={"progress": (None, True)},
        also={
            "matrix": (np.ones(2), np.array([[np.inf]])),
            "ticks": (*TICKS, np.ones((3, 2), int)),
        },
    ),
    "read_edges": Call(
        connectivity.read_edges,
        {
            "path": "edges.tsv",
            "source": (2,),
            "target": (2,),
            "pre": "pre",
            "post": "post",
            "weight": "weight",
            "delay": "delay",
            "dt": 0.5,
            "names": ["0", "1"],
            "progress": lambda done, total: None,
        },
        also={
            "names": (["0", "0"], ["0"], ["0", 1], {"pre": ["0", "1"]}),
            "source": (1,),
            "target": (0,),
            "dt": (*NOT_POSITIVE, 0.7),
        },
        allowed={"weight": (None,), "names": (None,), "progress": (None, True)},
        named={"source": "names", "delay": "dt", "dt": "path: line 2"},
        before=write_edges,
    ),
    "merge_duplicates": listed(connectivity.merge_duplicates),
    "segments": Call(
        connectivity.segments,
        {
            "source": (6,),
            "stored": np.array([[[[0, 1, 2], [3, 4, 5]]]]),
            "synapses": 2,
            "key": KEY,
            "ticks": 1,
        },
        also={
            "source": (2,),
            "stored": (
                np.array([[[0, 1, 2]]]),
                np.array([[[[0, 1, 6]]]]),
                np.array([[[[-1, 1, 2]]]]),
                np.array([[[[1, 1, 2]]]]),
                np.zeros((1, 1, 1, 3)),
            ),
            "synapses": (0, 4),
            "ticks": (*TICKS, -1),
        },
        named={"source": "stored"},
    ),
    "to_fan_in": listed(connectivity.to_fan_in),
    "to_matrix": listed(connectivity.to_matrix),
    "to_sparse": Call(
        connectivity.to_sparse,
        {"connectivity": DENSE, "weight": np.ones(DENSE.weight_shape)},
        {"connectivity": (LISTED,), "weight": (np.ones(2), 1.0)},
    ),
    "to_dense": listed(connectivity.to_dense),
    "FanIn": Call(
        connectivity.FanIn,
        ENDS | {"indices": np.array([[0, 2], [1, -1]]), "ticks": np.array([[1, 2], [3, 0]])},
        also={
            "source": (2,),
            "target": (3,),
            "indices": (
                np.array([[3, 0], [0, 1]]),
                np.array([[-2, 0], [0, 1]]),
                np.zeros((2, 2)),
                np.array([0, 1]),
            ),
            "ticks": (*TICKS, np.array([1, 2]), -1),
        },
        named={"source": "indices", "target": "indices"},
    ),
    "DelayedConv2d": Call(
        connectivity.DelayedConv2d,
        {"source": (1, 4, 4), "channels": 2, "kernel": (3, 3), "delays": 2, "padding": "SAME"},
        also={
            "source": (16, (4, 4), (1, 2, 2)),
            "channels": (0,),
            "kernel": ((5, 3), (3, 3, 3), 0, 2),
            "delays": (0, -1),
            "padding": ("VALID",),
        },
        named={"source": "kernel"},
    ),
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
    "Perforated": Call(connectivity.Perforated, {"inner": DENSE}),
    "UniformBlocks": Call(
        connectivity.UniformBlocks,
        {"sources": (1, 2), "targets": (2,), **DELAY},
        also={"sources": (3, (), (0, 3), (1, 3)), "targets": (2, (), (0,), (1.5,))},
        named={"sources": "delay"},
    ),
    "Circulant": Call(
        connectivity.Circulant,
        {"neurons": 3, **DELAY},
        also={"neurons": (0, 4, 2.5)},
        named={"neurons": "delay"},
    ),
    "DelayedDense": Call(
        connectivity.DelayedDense,
        {"ticks": np.array([[0, 3], [1, 2]])},
        also={"ticks": (*TICKS, np.array([1, 2]), np.zeros((1, 2, 3), int))},
    ),
    "Sparse": Call(
        connectivity.Sparse,
        ENDS
        | {
            "starts": np.array([0, 2, 2, 3]),
            "targets": np.array([0, 1, 1]),
            "ticks": np.array([1, 2, 1]),
        },
        also={
            "source": (2, 4),
            "target": (1,),
            "starts": (np.array([0, 2, 1, 3]), np.array([1, 2, 2, 3]), np.array([0, 2, 2, 4])),
            "targets": (np.array([0, 1, 2]), np.array([0, -1, 1]), np.array([[0, 1, 1]])),
            "ticks": (*TICKS, np.array([1, 2]), -1),
        },
        named={"source": "starts", "target": "targets", "targets": "starts"},
    ),
    "from_edges": Call(
        connectivity.from_edges,
        ENDS
        | {
            "pre": np.array([2, 0, 1]),
            "post": np.array([1, 0, 1]),
            "weight": np.array([0.1, 0.2, 0.3]),
            "ticks": np.array([1, 2, 1]),
            "progress": lambda done, total: None,
        },
        also={
            "source": (2,),
            "target": (1,),
            "pre": (np.array([3, 0, 1]), np.array([-1, 0, 1]), np.array([0, 1])),
            "post": (np.array([2, 0, 1]), np.array([0, -1, 1]), np.array([0, 1])),
            "weight": (np.array([0.1, 0.2]), np.ones((3, 1))),
            "ticks": (*TICKS, np.array([1, 2]), -1),
        },
        named={"source": "pre", "target": "post"},
        allowed={"progress": (None, True)},
    ),
    "LearnableDelays": Call(
        connectivity.LearnableDelays,
        {
            "delay": np.full((3, 2), 4.0),
            "longest": 10,
            "width": 1.0,
            "rounding": 0.0,
            "interpolation": connectivity.GaussianInterpolation(),
            "least": 1,
        },
        also={
            "delay": (
                np.full((3, 2), 11.0),
                np.full((3, 2), -1.0),
                np.ones(3),
                np.ones((2, 3, 2)),
                2.0,
            ),
            "longest": (0,),
            "width": (-1.0, np.ones(2)),
            "least": (11, -1),
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


RATE = {"rate": (-1.0, np.ones(2))}
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
    "OrnsteinUhlenbeck": Call(
        coding.OrnsteinUhlenbeck,
        {"size": (3,), "mean": 0.0, "sd": 1.0, "tau": 5.0},
        also=SIZES
        | {"mean": (np.ones(2),), "sd": (-1.0, np.ones(2)), "tau": (*NOT_POSITIVE, np.ones(2))},
    ),
    "PoissonCount": Call(coding.PoissonCount, {"size": (3,), "rate": 9.0}, SIZES | RATE),
    "PoissonSource": Call(coding.PoissonSource, {"size": (3,), "rate": 9.0}, SIZES | RATE),
    "SpikeCount": Call(coding.SpikeCount, {"size": (3,)}, SIZES),
    "SpikeGenerator": Call(
        coding.SpikeGenerator,
        {"size": 3, "neurons": np.array([2, 0]), "ticks": np.array([5, 4])},
        also={
            "size": (0, 2, (3, 3)),
            "neurons": (np.array([3, 0]), [-1, 0], [0.5, 1.0], [1], 1, [[1, 0]]),
            "ticks": (np.array([-1, 0]), [0.5, 1.0], [1], 1, 2**31),
        },
        named={"size": "neurons"},
    ),
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

PLASTICITY = {
    "Hebb": Call(plasticity.Hebb, {"rate": 0.1}, {"rate": (Foreign(),)}),
    "Tempotron": Call(
        plasticity.Tempotron,
        {"label": "label", "rate": 0.01, "threshold": 1.0},
        also={"rate": (Foreign(), np.ones(2))},
        allowed={"label": ("no such name",)},
    ),
}
