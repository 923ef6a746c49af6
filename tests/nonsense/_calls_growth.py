"""A valid call of every public name of the room of what grows."""

import jax
import jax.numpy as jnp
import numpy as np
import optax

from neuropil import cells, connectivity, core, growth, training

from ._calls_above import last
from ._corrupt import Call

KEY = jax.random.key(0)
NETWORK = core.chain(core.Input(2), connectivity.Dense(2, 2), cells.Units(2), key=KEY)
GROWN = growth.add_dendrites(NETWORK, key=KEY)
INPUTS, TARGETS = np.ones((4, 1, 2), np.float32), np.zeros((4, 2), np.float32)
DATA = training.Arrays(INPUTS, TARGETS)
WRONG_DATA = (INPUTS, (INPUTS, TARGETS[:2]), training.Arrays)
ASCENT = growth.Ascent(optax.sgd(0.1), steps=1)
JUDGED = {
    "loss": training.mean_squared_error(last),
    "dt": 1.0,
    "key": KEY,
    "record": {"hidden": core.Record("output")},
}
WRONG = {"dt": (0.0, -1.0), "record": ({"v": "v"},)}
FINE = {
    "record": (None, {}, {"no such name": core.Record("output")}),
}


def forgetful(connectivity, key):
    return np.zeros(3)


GROWTH = {
    "Ascent": Call(
        growth.Ascent,
        {
            "optimizer": optax.sgd(0.1),
            "steps": 3,
            "patience": 2,
            "batch_size": 4,
            "decay": 0.9,
        },
        also={
            "steps": (0,),
            "patience": (0,),
            "batch_size": (0,),
            "decay": (1.0, -0.1),
        },
        allowed={"patience": (None,), "batch_size": (None,)},
    ),
    "add_dendrites": Call(
        growth.add_dendrites,
        {
            "network": NETWORK,
            "projections": ("input -> output",),
            "key": KEY,
            "initial": connectivity.normal,
            "activation": jax.nn.sigmoid,
        },
        also={
            "projections": ("input -> output", (), ("no such name",)),
            "initial": (forgetful,),
            "activation": (jnp.sum,),
        },
        allowed={"projections": (None,)},
    ),
    "dendrites_of": Call(growth.dendrites_of, {"network": GROWN}),
    "neuron_mask": Call(growth.neuron_mask, {"network": GROWN}),
    "dendrite_mask": Call(
        growth.dendrite_mask,
        {"network": GROWN, "names": ("output_dendrite1",)},
        also={"names": (("output",), "output_dendrite1")},
        allowed={"names": ((),)},
    ),
    "train_dendrites": Call(
        growth.train_dendrites,
        {
            "network": GROWN,
            "train": DATA,
            **JUDGED,
            "ascent": ASCENT,
            "show": lambda step, score: None,
        },
        also=WRONG
        | {
            "network": (NETWORK,),
            "train": WRONG_DATA,
        },
        allowed=FINE | {"show": (None,)},
        named={"train": "inputs|targets"},
    ),
    "dendrite_correlations": Call(
        growth.dendrite_correlations,
        {"network": GROWN, "data": DATA, "batch_size": 2, **JUDGED},
        also=WRONG | {"network": (NETWORK,), "data": WRONG_DATA, "batch_size": (0,)},
        allowed=FINE | {"batch_size": (None,)},
        named={"data": "inputs|targets"},
    ),
    "fit_with_dendrites": Call(
        growth.fit_with_dendrites,
        {
            "network": NETWORK,
            "train": DATA,
            "cycles": 1,
            **{name: JUDGED[name] for name in ("loss", "dt", "key")},
            "batch_size": 2,
            "optimizer": optax.sgd(0.1),
            "epochs": 1,
            "projections": ("input -> output",),
            "initial": connectivity.normal,
            "ascent": ASCENT,
            "stopping": None,
            "checkpoints": training.Checkpoints("growth.safetensors"),
        },
        also={
            "train": WRONG_DATA,
            "cycles": (-1,),
            "dt": (0.0, -1.0),
            "epochs": (0,),
            "batch_size": (0,),
            "projections": ("input -> output", (), ("no such name",)),
            "initial": (forgetful,),
            "stopping": (3, training.Stopping()),
        },
        allowed={
            "projections": (None,),
            "stopping": (None,),
            "checkpoints": (None,),
        },
        named={"train": "inputs|targets", "stopping": "validation"},
    ),
}
