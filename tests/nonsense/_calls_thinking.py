"""A valid call of every part of a thinking network."""

import jax.numpy as jnp
import numpy as np

from neuropil import cells, coding, sequence, training

from ..sequence.thought_reference import drawn
from ._calls_core import KEY, positive
from ._calls_parts import PARTS as OF_POPULATIONS
from ._calls_parts import RESET, SIZES, X, population
from ._corrupt import Call

MEMBRANE = {"threshold": 1.0, "initial": 0.0, "bias": 0.0, "capacitance": 1.0}
COUNT = (0, -1)
SHARE = (-0.1, 1.0)
INDICES = (np.zeros((2, 2), int), np.zeros(2), np.zeros(0, int))
MACHINE = sequence.continuous_thought_machine((4, 3), 2, ticks=2, neurons=40, key=KEY)
PARTS = {name: value for name, value in vars(MACHINE).items() if name != "ticks"}


EVIDENCE, LABELS = np.ones((4, 3, 2), np.float32), np.array([0, 1, 1])


def judged(make, more=None, also=None, allowed=None):
    also = {"evidence": (1.0, EVIDENCE[0]), "targets": (LABELS[:2], LABELS * 0.5)} | (also or {})
    return Call(
        make,
        {"evidence": EVIDENCE, "targets": LABELS} | (more or {}),
        also,
        allowed or {},
        nan_passes=("evidence", "thresholds"),
        named={"evidence": "targets"},
    )


def answers(output):
    return output[-1]


CELLS = {
    "NeuronwiseLinear": Call(
        cells.NeuronwiseLinear,
        {"inputs": 3, "outputs": 2, "neurons": 4, "key": KEY},
        {"inputs": COUNT, "outputs": COUNT, "neurons": COUNT},
    ),
    "LeakyRNN": Call(
        cells.LeakyRNN,
        {
            "inputs": 2,
            "size": 3,
            "key": KEY,
            "time_constant": 2.0,
            "leak": cells.Leak.INSIDE,
            "activation": jnp.tanh,
            "start": 0.1,
        },
        {
            "inputs": COUNT,
            "size": COUNT,
            "time_constant": (0.0, -1.0, np.ones(2)),
            "leak": ("inside",),
            "start": (-0.1, np.ones(2)),
        },
    ),
    "ComplexCells": Call(
        cells.ComplexCells,
        {"size": (3,), "bias": 0.5},
        SIZES | {"bias": (np.ones(2), np.ones((1, 1, 1)))},
    ),
    "IF": Call(
        cells.IF, MEMBRANE | {"reset": cells.SoftReset()}, positive("threshold", "capacitance")
    ),
    "integrate_and_fire": population(cells.integrate_and_fire, MEMBRANE, OF_POPULATIONS | RESET),
    "NeuronLevelModels": Call(
        cells.NeuronLevelModels,
        {"neurons": 4, "memory": 3, "hidden": 2, "key": KEY, "dropout": 0.1},
        {"neurons": COUNT, "memory": COUNT, "hidden": COUNT, "dropout": SHARE},
        allowed={"hidden": (None,), "dropout": (0,)},
    ),
}
CODING = {
    "Synchronisation": Call(
        coding.Synchronisation,
        {"size": (3,), "left": np.array([0, 1]), "right": np.array([2, 1]), "forgetting": 0.5},
        also={
            **SIZES,
            "size": (*SIZES["size"], 2),
            "left": (*INDICES, np.array([0, 3]), np.array([-1, 0]), np.array([0])),
            "right": (*INDICES, np.array([0, 3]), np.array([-1, 0]), np.array([0])),
            "forgetting": (-0.1, 16.0, np.ones(3)),
        },
        named={"left": "right", "size": "right"},
    ),
    "dense_pairs": Call(
        coding.dense_pairs,
        {"left": np.array([0, 1]), "right": np.array([2, 1])},
        {"left": (*INDICES, np.array([1])), "right": (*INDICES, np.array([1]))},
        named={"left": "left and right", "right": "left and right"},
    ),
    "first_last_pairs": Call(
        coding.first_last_pairs,
        {"size": 6, "first": 2, "last": 3},
        {"size": (*COUNT, 4), "first": (*COUNT, 4), "last": (*COUNT, 5)},
        named={"size": "first", "last": "first"},
    ),
    "random_dense_pairs": Call(
        coding.random_dense_pairs,
        {"size": 6, "count": 2, "key": KEY},
        {"size": COUNT, "count": COUNT},
    ),
    "random_pairs": Call(
        coding.random_pairs,
        {"size": 6, "count": 3, "key": KEY, "own": 1},
        {"size": COUNT, "count": COUNT, "own": (-1, 4)},
        named={"count": "own"},
    ),
    "EarlyExit": Call(
        coding.EarlyExit,
        {"classes": 3, "threshold": 0.5, "smoothing": 2.0},
        {
            "classes": (*COUNT, (2, 2)),
            "threshold": (-0.1, 1.1, np.ones(2)),
            "smoothing": (0.0, np.ones(2)),
        },
    ),
    "evidence_over_time": Call(
        coding.evidence_over_time,
        {"output": X, "smoothing": 2.0},
        {"output": (1.0,), "smoothing": (0.0, -1.0, np.ones(2))},
        nan_passes=("output",),
    ),
    "confidence_over_time": Call(
        coding.confidence_over_time, {"evidence": X}, {"evidence": (1.0,)}, nan_passes=("evidence",)
    ),
    "right_over_time": judged(coding.right_over_time),
    "oracle_exits": judged(coding.oracle_exits),
    "exits": judged(coding.exits, {"threshold": 0.5}, {"threshold": (np.ones(2),)}),
    "exit_curve": judged(
        coding.exit_curve,
        {"thresholds": np.array([0.2, 0.9])},
        {"thresholds": (np.ones((2, 2)), 0.5)},
        allowed={"thresholds": (None,)},
    ),
    "calibrated_threshold": judged(
        coding.calibrated_threshold, {"tolerance": 0.1}, {"tolerance": (-0.1, np.ones(2))}
    ),
    "pareto_front": Call(
        coding.pareto_front, {"curve": coding.exit_curve(EVIDENCE, LABELS)}, anything=("curve",)
    ),
    "certainty": Call(coding.certainty, {"scores": X}, {"scores": (1.0,)}, nan_passes=("scores",)),
    "stopping_tick": Call(
        coding.stopping_tick,
        {"confidence": X, "threshold": 0.5},
        {"confidence": (1.0,), "threshold": (np.ones(2),)},
        nan_passes=("confidence",),
    ),
}
STORED = drawn(
    0, d=20, m=3, h=2, width=4, features=3, classes=2, action=3, out=3, depth=1, pairing="random"
)
SEQUENCE = {
    "from_published": Call(
        sequence.from_published,
        {"arrays": STORED, "tokens": 4, "ticks": 2, "heads": 2},
        {"arrays": ({}, None, 3), "tokens": COUNT, "ticks": COUNT, "heads": (*COUNT, 3)},
    ),
    "Attention": Call(
        sequence.Attention,
        {"tokens": 3, "width": 4, "heads": 2, "key": KEY, "queries": 1},
        {"tokens": COUNT, "width": (*COUNT, 5), "heads": (*COUNT, 3), "queries": COUNT},
        named={"width": "heads"},
    ),
    "AttentiveLSTM": Call(
        sequence.AttentiveLSTM,
        {
            "tokens": (4, 3),
            "outputs": 2,
            "key": KEY,
            "ticks": 2,
            "size": 5,
            "width": 4,
            "heads": 2,
        },
        {
            "tokens": ((4,), (0, 3), 4),
            **{name: COUNT for name in ("outputs", "ticks", "size", "width")},
            "heads": (*COUNT, 3),
        },
    ),
    "LinearSynapses": Call(
        sequence.LinearSynapses,
        {"inputs": 3, "outputs": 2, "key": KEY, "dropout": 0.1},
        {"inputs": COUNT, "outputs": COUNT, "dropout": SHARE},
        allowed={"dropout": (0,)},
    ),
    "UNetSynapses": Call(
        sequence.UNetSynapses,
        {"inputs": 3, "outputs": 20, "depth": 2, "key": KEY, "dropout": 0.1},
        {"inputs": COUNT, "outputs": (*COUNT, 15), "depth": (*COUNT, 1), "dropout": SHARE},
        allowed={"dropout": (0,)},
    ),
    "synapse_model": Call(
        sequence.synapse_model,
        {"inputs": 3, "outputs": 20, "depth": 2, "key": KEY, "dropout": 0.1},
        {"inputs": COUNT, "outputs": (*COUNT, 15), "depth": COUNT, "dropout": SHARE},
        allowed={"dropout": (0,)},
    ),
    "ContinuousThoughtMachine": Call(
        sequence.ContinuousThoughtMachine,
        {"ticks": 2, **PARTS},
        {"ticks": COUNT, "start_activated_state": (jnp.ones(3),)},
    ),
    "continuous_thought_machine": Call(
        sequence.continuous_thought_machine,
        {
            "tokens": (4, 3),
            "outputs": 2,
            "key": KEY,
            "ticks": 2,
            "neurons": 40,
            "width": 4,
            "heads": 2,
            "memory": 3,
            "hidden": 2,
            "depth": 2,
            "pairing": sequence.Pairing.RANDOM_PAIRING,
            "action": 5,
            "out": 6,
            "own": 2,
            "dropout": 0.1,
        },
        {
            "tokens": ((4,), (0, 3), 4),
            **{name: COUNT for name in ("outputs", "ticks", "width", "memory", "hidden", "depth")},
            "neurons": (*COUNT, 10),
            "heads": (*COUNT, 3),
            "pairing": ("random", None),
            "action": COUNT,
            "out": COUNT,
            "own": (-1, 7),
            "dropout": SHARE,
        },
        allowed={"hidden": (None,), "dropout": (0,)},
        named={"neurons": "outputs", "action": "count", "out": "count"},
    ),
}
STAGE = (np.ones((4, 3, 1)), np.zeros(4))
TRAINING = {
    "Curriculum": Call(
        training.Curriculum,
        {"stages": [STAGE, STAGE], "passed": answers},
        {"stages": ([STAGE], [STAGE, (np.ones((3, 3, 1)), np.zeros(3))], STAGE[0], [1, 2])},
        nan_passes=("stages",),
    ),
    "tick_cross_entropy": Call(
        training.tick_cross_entropy,
        {"readout": answers, "ahead": 5, "chosen": training.last_tick},
        {"ahead": (-1,)},
        allowed={"ahead": (None,), "chosen": (None,)},
    ),
    "tick_accuracy": Call(
        training.tick_accuracy,
        {"readout": answers, "chosen": training.last_tick},
        allowed={"chosen": (None,)},
    ),
    "last_tick": Call(
        training.last_tick,
        {"answers": np.ones((2, 3, 4), np.float32)},
        {"answers": (1.0, np.ones(2))},
        nan_passes=("answers",),
    ),
    "ctc": Call(training.ctc, {"readout": answers, "blank": -1}, allowed={"blank": (-1, 0)}),
    "most_certain_tick": Call(
        training.most_certain_tick,
        {"answers": np.ones((2, 3, 4), np.float32)},
        {"answers": (1.0, np.ones(2))},
        nan_passes=("answers",),
    ),
}
