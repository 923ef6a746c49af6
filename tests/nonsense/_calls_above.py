"""A valid call of every public name of the rooms that use networks."""

import jax
import numpy as np
import optax

from neuropil import cells, core, modulation, tasks, training

from ._corrupt import Call

KEY = jax.random.key(0)
NOT_POSITIVE = (0.0, -1.0)
INPUTS, TARGETS = np.ones((4, 5, 2), np.float32), np.zeros((4, 2), np.float32)
TIME_FIRST = np.ones((5, 4, 2), np.float32)
FILE = "node.safetensors"


def last(output):
    return output[-1]


def node():
    return cells.leaky_integrator(2)


def everything_moves(node):
    return jax.tree.map(lambda leaf: isinstance(leaf, jax.Array), node)


SGD = optax.sgd(0.1)
LOSS = training.mean_squared_error(last)
DATA = (INPUTS, TARGETS)
WRONG_DATA = (
    DATA[0],
    (INPUTS, TARGETS[:2]),
    (INPUTS[:0], TARGETS[:0]),
    (INPUTS.swapaxes(0, 1), TARGETS),
    (INPUTS.swapaxes(1, 2), TARGETS),
    (np.array([["a"]]), np.zeros(1)),
    training.Arrays,
)
PATH = {"allowed": {"path": ("no such name",)}}


def write_a_node():
    training.save(FILE, node())


def loss_of(make):
    return Call(make, {"readout": last})


SERIES = np.zeros((30, 2))
TRAINING = {
    "Windows": Call(
        training.Windows,
        {"series": SERIES, "length": 9, "size": 20, "noise": 0.1},
        also={
            "series": (SERIES[:, 0], SERIES[:5], 3.0),
            "length": (0, 1, 31),
            "size": (0,),
            "noise": (-0.1,),
        },
        named={"series": "length"},
    ),
    "forecasts": Call(
        training.forecasts,
        {"output": TIME_FIRST},
        also={"output": (TARGETS, TIME_FIRST[:1])},
        nan_passes=("output",),
    ),
    "adapt_forcing": Call(
        training.adapt_forcing,
        {
            "windows": training.Windows(SERIES, 9, 20),
            "growth": "largest",
            "sequences": 4,
            "decay": 0.9,
            "key": KEY,
        },
        also={"sequences": (0,), "decay": (-0.1, 1.0)},
    ),
    "optimal_forcing": Call(training.optimal_forcing, {"norm": 2.0}, {"norm": (-1.0,)}),
    "Arrays": Call(
        training.Arrays,
        {"inputs": INPUTS, "targets": TARGETS},
        also={"inputs": (1.0, INPUTS[:2]), "targets": (TARGETS[:2], 1.0)},
        nan_passes=("inputs", "targets"),
        named={"inputs": "targets"},
    ),
    "Batches": Call(
        training.Batches,
        {"size": 4, "make": lambda indices, keys: (TIME_FIRST, TARGETS)},
        also={"size": (0,)},
    ),
    "Encoded": Call(
        training.Encoded,
        {"samples": INPUTS[:, 0], "targets": TARGETS, "encode": lambda x, key: x[None]},
        also={"samples": (1.0,), "targets": (TARGETS[:2],)},
        nan_passes=("samples", "targets"),
    ),
    "Checkpoints": Call(
        training.Checkpoints,
        {"path": "fit.safetensors", "every_steps": 3, "resume": False},
        also={"every_steps": (0,)},
        allowed={"path": ("no such name",), "every_steps": (None,)},
    ),
    "ProgressBar": Call(
        training.ProgressBar,
        {"interval": 0.5, "console": None},
        also={"interval": NOT_POSITIVE},
        allowed={"console": (None,)},
    ),
    "Stopping": Call(
        training.Stopping,
        {"metric": "loss", "patience": 3, "better": min},
        also={"patience": (0,), "better": (sum,)},
        allowed={"metric": ("no such name",), "patience": (None,)},
    ),
    "accuracy": loss_of(training.accuracy),
    "cross_entropy": loss_of(training.cross_entropy),
    "mean_squared_error": loss_of(training.mean_squared_error),
    "sequence_cross_entropy": Call(training.sequence_cross_entropy),
    "penalised": Call(
        training.penalised,
        {"loss": training.sequence_cross_entropy(), "weights": {"event": 0.1}},
        also={"weights": ({}, {"event": "much"}, {"event": np.nan}, {3: 0.1}, {"e": np.ones(2)})},
        allowed={"weights": ({"no such name": 0.1},)},
    ),
    "anneal": Call(
        training.anneal,
        {"where": lambda node: node.cell.tau, "values": [2.0, 1.0]},
        also={"values": ([], ["a"], [np.nan])},
        allowed={"values": ((3,),)},
    ),
    "per_epoch": Call(
        training.per_epoch,
        {"schedule": lambda epoch: 0.1, "size": 10, "batch_size": 4},
        also={"size": (0,), "batch_size": (0,)},
    ),
    "on_log_scale": Call(
        training.on_log_scale,
        {"optimizer": SGD, "lower": 2.0, "upper": 200.0},
        also={"lower": (-1.0, 200.0), "upper": (-1.0, 2.0)},
        allowed={"upper": (np.inf,)},
        named={"lower": "upper", "upper": "lower"},
    ),
    "learnable_also": Call(
        training.learnable_also, {"fields": ("tau",)}, spread="fields", anything=("fields",)
    ),
    "by_field": Call(
        training.by_field,
        {"optimizers": {"tau": SGD}, "other": SGD},
        also={"optimizers": ({"tau": 0.1},)},
        allowed={"optimizers": ({"no such name": SGD},)},
    ),
    "save": Call(training.save, {"path": FILE, "node": node()}, **PATH),
    "load": Call(
        training.load,
        {"path": FILE, "like": node()},
        named={"path": "no such name"},
        before=write_a_node,
    ),
    "freeze": Call(
        training.freeze,
        {
            "node": modulation.BatchNorm(2),
            "statistics": {"": modulation.FrozenStatistics(np.zeros(2), np.ones(2))},
        },
        also={"statistics": ({"": 3},)},
    ),
    "simulate_truncated": Call(
        training.simulate_truncated,
        {
            "node": node(),
            "inputs": TIME_FIRST,
            "every": 2,
            "dt": 1.0,
            "key": KEY,
            "record": {"v": core.Record("v")},
            "checkpoint": 2,
        },
        also={
            "every": (0,),
            "dt": NOT_POSITIVE,
            "checkpoint": (0,),
            "inputs": (TIME_FIRST[..., :1], {"no such port": TIME_FIRST}),
            "record": ({"v": core.Record("u")},),
        },
        allowed={
            "record": (None, {}, {"no such name": core.Record("v")}),
            "checkpoint": (None,),
        },
    ),
    "diagnose": Call(
        training.diagnose,
        {
            "node": node(),
            "inputs": INPUTS,
            "targets": TARGETS,
            "loss": LOSS,
            "dt": 1.0,
            "key": KEY,
            "record": {"v": core.Record("v")},
        },
        also={
            "inputs": (INPUTS[..., :1],),
            "targets": (TARGETS[:2],),
            "dt": NOT_POSITIVE,
            "record": ({"v": "v"}, {"v": core.Record("u")}),
        },
        allowed={"record": (None, {}, {"no such name": core.Record("v")})},
        nan_passes=("inputs", "targets"),
    ),
    "evaluate": Call(
        training.evaluate,
        {
            "node": node(),
            "data": training.Arrays(*DATA),
            "loss": LOSS,
            "dt": 1.0,
            "key": KEY,
            "batch_size": 2,
            "metrics": {"error": LOSS},
            "record": {"v": core.Record("v")},
        },
        also={
            "data": WRONG_DATA,
            "dt": NOT_POSITIVE,
            "batch_size": (0,),
            "metrics": ({"error": 3},),
            "record": ({"v": "v"}, {"v": core.Record("u")}),
        },
        allowed={
            "metrics": (None, {}, {"no such name": LOSS}),
            "record": (None, {}, {"no such name": core.Record("v")}),
        },
        named={"data": "inputs|targets"},
    ),
    "fit": Call(
        training.fit,
        {
            "node": node(),
            "train": training.Arrays(*DATA),
            "loss": LOSS,
            "optimizer": SGD,
            "epochs": 1,
            "batch_size": 2,
            "dt": 1.0,
            "key": KEY,
            "validation": training.Arrays(*DATA),
            "metrics": {"error": LOSS},
            "schedules": [training.anneal(lambda node: node.cell.tau, [2.0])],
            "stopping": training.Stopping("error"),
            "trainable": everything_moves,
            "evaluated_as": lambda node: node,
            "truncate": 2,
            "checkpoint": 2,
            "record": {"v": core.Record("v")},
            "momentum": 0.1,
            "guard": True,
            "progress": training.ProgressBar(),
            "log": "log.jsonl",
            "checkpoints": training.Checkpoints("fit.safetensors"),
        },
        also={
            "train": WRONG_DATA,
            "validation": WRONG_DATA,
            "optimizer": (0.1, optax.sgd),
            "epochs": (0,),
            "batch_size": (0,),
            "dt": NOT_POSITIVE,
            "metrics": ({"error": 3},),
            "schedules": ((lambda node, epoch: 3,),),
            "stopping": (training.Stopping("accuracy"),),
            "trainable": (lambda node: 3, lambda node: jax.tree.map(lambda _: False, node)),
            "truncate": (0,),
            "checkpoint": (0,),
            "record": ({"v": "v"}, {"v": core.Record("u")}),
            "momentum": (0.0, 1.5, -1.0),
        },
        allowed={
            "validation": (None,),
            "metrics": (None, {}, {"no such name": LOSS}),
            "stopping": (None,),
            "truncate": (None,),
            "checkpoint": (None,),
            "record": (None, {}, {"no such name": core.Record("v")}),
            "progress": (None,),
            "log": (None, "no such name"),
            "checkpoints": (None,),
        },
        named={
            "train": "inputs|targets",
            "validation": "inputs|targets",
            "metrics": "stopping.metric",
        },
    ),
}

SPIKES = tasks.Split(np.ones((2, 5, 3), bool), np.array([0, 1]), np.arange(2))
PART = tasks.Split(np.zeros((3, 4), np.float32), np.array([0, 1, 0]), np.arange(3))
MS = {"dt": 10.0, "duration": 300.0}


def flow(make, counts, **more):
    """A system of differential equations, of positive parameters."""
    counts, positive = {"steps": 2, "substeps": 1} | counts, {"dt": 0.05} | more
    return Call(
        make,
        counts | positive | {"seed": 0},
        also=dict.fromkeys(counts, (0,)) | dict.fromkeys(positive, NOT_POSITIVE),
        allowed={"seed": ()},
    )


GRID = {"dt": NOT_POSITIVE, "duration": (*NOT_POSITIVE, 1.0)}
EAR = {"channels": 8, "low": 100.0, "high": 3000.0, "emphasis": 100.0, "exponent": 0.4}
EAR |= {"gain": 7.0, "tau": 20.0, "refractory": 8.0, "step": 1.0}
TRAINS = {"samples": 4, "channels": 3, "bins": 60, "seed": 0}
NO_TRAINS = {"samples": (0,), "channels": (0,), "bins": (0,)}
TASKS = {
    "bin_events": Call(
        tasks.bin_events,
        {"times": np.array([0.5, 12.0]), "channels": np.array([1, 0]), "size": 2, **MS},
        also=GRID
        | {"times": ([-1.0, 2.0], [[1.0, 2.0]]), "channels": ([0, 2], [0.5, 1.0]), "size": (0,)},
        named={"times": "channels", "size": "channels"},
    ),
    "Cochlea": Call(
        tasks.Cochlea,
        EAR,
        also={name: NOT_POSITIVE for name in EAR} | {"low": (4000.0,), "channels": (0,)},
        allowed={"emphasis": (0.0,), "refractory": (0.0,), "gain": ()},
        named={"low": "high"},
    ),
    "digits": Call(tasks.digits),
    "mnist": Call(tasks.mnist, runs=False),
    "fashion_mnist": Call(tasks.fashion_mnist, runs=False),
    "where_found": Call(tasks.where_found),
    "worm": Call(tasks.worm, runs=False),
    "cumulative_parity": Call(
        tasks.cumulative_parity,
        {"samples": 3, "length": 8, "seed": 0},
        also={"samples": (0,), "length": (0,)},
        allowed={"seed": ()},
    ),
    "mazes": Call(
        tasks.mazes,
        {"samples": 3, "size": 7, "steps": 4, "seed": 0},
        also={"samples": (0,), "size": (0, 3, 8), "steps": (0,)},
        allowed={"seed": (), "steps": (None,)},
    ),
    "sorting": Call(
        tasks.sorting,
        {"samples": 3, "length": 8, "seed": 0},
        also={"samples": (0,), "length": (0, 1)},
        allowed={"seed": ()},
    ),
    "digit_recall": Call(
        tasks.digit_recall,
        {"split": PART, "samples": 3, "digits": 2, "operations": 1, "seed": 0},
        also={"samples": (0,), "digits": (0,), "operations": (-1,)},
        allowed={"seed": ()},
    ),
    "delayed_recall": Call(
        tasks.delayed_recall,
        {"samples": 3, "steps": 30, "classes": 4, "seed": 0},
        also={"samples": (0,), "steps": (0, 20), "classes": (0, 1)},
        allowed={"seed": ()},
    ),
    "branch_xor": Call(
        tasks.branch_xor,
        {"samples": 3, "steps": 60, "channels": 4, "seed": 0},
        also={"samples": (0,), "steps": (0, 41), "channels": (0,)},
        allowed={"seed": ()},
    ),
    "digit_sums": Call(
        tasks.digit_sums,
        {"split": SPIKES, "samples": 3, "digits": 2, "seed": 0},
        also={"samples": (0,), "digits": (0,)},
        allowed={"seed": ()},
    ),
    "masked_cart_pole": Call(tasks.masked_cart_pole, runs=False),
    "lorenz63": flow(tasks.lorenz63, {}, sigma=10.0, rho=28.0, beta=2.0),
    "lorenz96": flow(tasks.lorenz96, {"size": 4}, forcing=8.0),
    "rossler": flow(tasks.rossler, {}, a=0.2, b=0.2, c=5.7),
    "santa_fe_laser": Call(tasks.santa_fe_laser, runs=False),
    "king_james": Call(tasks.king_james, runs=False),
    "markov_text": Call(
        tasks.markov_text,
        {"seed": 0, "symbols": 5, "length": 50, "held_out": 20},
        also={"symbols": (3, 27), "length": (1,), "held_out": (1,)},
        allowed={"seed": ()},
    ),
    "text": Call(tasks.text, {"path": "no such file.txt"}, runs=False),
    "Text": Call(
        tasks.Text,
        {
            "name": "toy",
            "train": np.array([0, 1, 1]),
            "validation": np.array([1]),
            "test": np.array([0, 1]),
            "symbols": ("a", "b"),
            "source": "here",
            "licence": "CC0",
            "floor": 1.5,
        },
        also={"train": (np.array([2]), np.array([-1]), np.ones((2, 2), int), np.array([0.5]))}
        | {"symbols": ((),), "floor": (0.5,)},
        allowed={"name": ("no such name",), "source": ("no such name",)}
        | {"licence": ("no such name",), "floor": (None,)},
    ),
    "poisson_rates": Call(
        tasks.poisson_rates,
        TRAINS | {"rates": (20.0, 40.0)},
        also=NO_TRAINS | {"rates": ((20.0,), (0.0, 1.0), (np.nan, 1.0))},
        allowed={"seed": ()},
    ),
    "spike_pairs": Call(
        tasks.spike_pairs,
        TRAINS | {"intervals": (3.0, 25.0), "active": 2, "jitter": 0.5},
        also=NO_TRAINS
        | {"intervals": ((3.0,), (0.0, 1.0), (3.0, 90.0)), "active": (0, 4), "jitter": (0.0, 90.0)},
        named={"bins": "intervals", "jitter": "intervals", "channels": "active"},
    ),
    "regular_or_poisson": Call(
        tasks.regular_or_poisson, TRAINS | {"rate": 40.0}, also=NO_TRAINS | {"rate": NOT_POSITIVE}
    ),
    "markov_or_poisson": Call(
        tasks.markov_or_poisson,
        TRAINS | {"rate": 100.0, "persistence": 0.8},
        also=NO_TRAINS | {"rate": NOT_POSITIVE, "persistence": (0.0, 1.0, -0.1)},
    ),
    "n_parity": Call(
        tasks.n_parity,
        {"samples": 2, "longest": 3, "shown": 5, "length": 6, "fair": True, "seed": 0},
        {"samples": (0, -1), "longest": (0, 1, 6), "shown": (2, 7), "length": (0, 4)},
        allowed={"seed": ()},
        named={"longest": "shown", "shown": "length"},
    ),
    "n_delayed_match": Call(
        tasks.n_delayed_match,
        {"samples": 2, "longest": 3, "shown": 5, "length": 6, "seed": 0},
        {"samples": (0, -1), "longest": (0, 1, 6), "shown": (2, 7), "length": (0, 4)},
        allowed={"seed": ()},
        named={"longest": "shown", "shown": "length"},
    ),
    "moving_textures": Call(
        tasks.moving_textures,
        {"samples": 2, "size": 4, "frames": 3, "density": 0.5, "redrawn": 0.1, "seed": 0},
        {
            **{name: (0, -1) for name in ("samples", "size", "frames")},
            **{name: (-0.1, 1.1) for name in ("density", "redrawn")},
        },
        allowed={"seed": (), "density": (0, 1), "redrawn": (0, 1)},
    ),
    "moving_photographs": Call(
        tasks.moving_photographs,
        {
            "samples": 2,
            "part": "test",
            "size": 8,
            "frames": 7,
            "directions": 12,
            "speeds": (0.5, 2.0),
            "segment": 24.0,
            "seed": 0,
        },
        {
            "samples": (0, -1),
            "part": ("other",),
            "size": (0, -1, 10_000),
            "frames": (0, 5),
            "directions": (0, -1),
            "speeds": ((), (0.0,), (-1.0, 1.0)),
            "segment": (0, 5.9, 1001.0),
        },
        allowed={"seed": (), "speeds": ((3,),)},
    ),
    "velocities": Call(
        tasks.velocities,
        {"directions": 12, "speeds": (0.5, 2.0)},
        {"directions": (0, -1), "speeds": ((), (0.0,), (-1.0, 1.0))},
        allowed={"speeds": ((3,),)},
    ),
    "interval": Call(tasks.interval, {"seed": 0}, allowed={"seed": ()}),
    "nmnist": Call(tasks.nmnist, {**MS, "pool": 1}, also=GRID | {"pool": (0, 35)}, runs=False),
    "shd": Call(
        tasks.shd,
        {"path": "shd", **MS, "channels": 140},
        also=GRID | {"channels": (0, 701)},
        allowed={"path": (None,)},
        named={"path": "shd"},
        runs=False,
    ),
    "spoken_digits": Call(
        tasks.spoken_digits,
        {"cochlea": tasks.Cochlea(), **MS},
        also=GRID,
        allowed={"cochlea": (None,)},
        runs=False,
    ),
    "tonic_events": Call(
        tasks.tonic_events,
        {"dataset": PART, "test": PART, **MS, "pool": 1},
        also=GRID | {"pool": (0,)},
        anything=("dataset", "test"),
        runs=False,
    ),
    "Split": Call(
        tasks.Split,
        {"inputs": PART.inputs, "targets": PART.targets, "ids": PART.ids},
        also={"inputs": (np.zeros(3), PART.inputs[:2]), "targets": (np.zeros(2, int),)},
        named={"inputs": "targets"},
    ),
    "Task": Call(
        tasks.Task,
        {
            "name": "toy",
            "train": PART,
            "validation": PART,
            "test": PART,
            "classes": ("no", "yes"),
            "feature_shape": (2, 2),
            "dt": 1.0,
            "source": "made here",
            "licence": "CC0",
        }
        | {
            part: tasks.Split(np.zeros((3, 5, 4), bool), PART.targets, PART.ids)
            for part in ("train", "validation", "test")
        },
        also={"dt": NOT_POSITIVE, "classes": (("no",),), "feature_shape": ((3, 2),)},
        allowed={name: ("no such name",) for name in ("name", "source", "licence")},
        named={"dt": "train", "classes": "train.targets", "feature_shape": "train"},
    ),
    "batches": Call(
        tasks.batches,
        {"split": PART, "size": 2, "rng": np.random.default_rng(0), "drop_last": False},
        also={"size": (0,)},
        allowed={"rng": (None,)},
    ),
    "time_first": Call(
        tasks.time_first,
        {"inputs": np.zeros((3, 5, 4)), "dtype": np.float32},
        also={"inputs": (np.zeros(3),)},
        nan_passes=("inputs",),
        anything=("dtype",),
    ),
}
