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


TRAINING = {
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

PART = tasks.Split(np.zeros((3, 4), np.float32), np.array([0, 1, 0]), np.arange(3))
MS = {"dt": 10.0, "duration": 300.0}
GRID = {"dt": NOT_POSITIVE, "duration": (*NOT_POSITIVE, 1.0)}
EAR = {"channels": 8, "low": 100.0, "high": 3000.0, "emphasis": 100.0, "exponent": 0.4}
EAR |= {"gain": 7.0, "tau": 20.0, "refractory": 8.0, "step": 1.0}
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
