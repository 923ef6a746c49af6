"""Rate neurons with a readout for every N, and their training."""

from dataclasses import dataclass
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float

from ...cells import LeakyRNN, Units
from ...connectivity import Dense
from ...core import Network, Projection, Records, learnable_mask
from ...tasks import n_delayed_match, n_parity
from ...training import Batches, Curriculum, Fit, fit
from ._settings import Heads, Settings

DT, STEPS, WINDOW, FIRST = 1.0, 200, 3, 2
TASKS = {"parity": n_parity, "delayed-match": n_delayed_match}


def ticks_of(settings: Settings) -> int:
    """Return how long the longest stream is."""
    return 4 * settings.longest + 1


def build(settings: Settings, key) -> Network:
    """Return rate neurons and two scores for each head."""
    of_rnn, of_tau, of_heads = jax.random.split(key, 3)
    n, heads = settings.neurons, settings.longest - 1
    tau = settings.tau or jax.random.uniform(of_tau, (n,), minval=1.0, maxval=2.0)
    limit = 1.0 / np.sqrt(n)
    weight = jax.random.uniform(of_heads, (n, 2 * heads), minval=-limit, maxval=limit)
    nodes = {
        "rnn": LeakyRNN(1, n, key=of_rnn, time_constant=tau),
        "heads": Units(2 * heads, jax.nn.identity),
    }
    readout = Projection("rnn", "heads", Dense(n, 2 * heads), weight)
    return Network(nodes, (readout,), "heads")


def active(settings: Settings, n: int) -> list[int]:
    """Return the numbers that are answered when the curriculum is at N."""
    least = {
        Heads.MULTI: FIRST,
        Heads.SLIDING: max(FIRST, n - WINDOW + 1),
    }.get(settings.curriculum, n)
    return list(range(least, n + 1))


def head_of(settings: Settings, n: int) -> int:
    """Return the head that answers for N: the first always, where there is one N at a time."""
    alone = settings.curriculum in (Heads.SINGLE, Heads.NONE)
    return 0 if alone else n - FIRST


def streams(task: str, settings: Settings, n: int, *, fair: bool = False) -> Batches:
    """Return batches of streams, all of a batch equally long, with answers for what is active."""

    def make(indices: np.ndarray, keys: Array):
        words = np.asarray(jax.random.key_data(keys)).reshape(len(indices), -1)
        seed = int(words[0].astype(np.uint64)[-1])
        shown = int(np.random.default_rng(seed).integers(n + 2, 4 * n + 2))
        options = {"fair": fair} if task == "parity" else {}
        bits, answers = TASKS[task](
            len(indices), n, shown, ticks_of(settings), seed=seed, **options
        )
        asked = np.full((len(indices), settings.longest - 1), -1, np.int32)
        for number in active(settings, n):
            asked[:, head_of(settings, number)] = answers[:, number - FIRST]
        newest = np.full(len(indices), head_of(settings, n), np.int32)
        targets = {"answers": asked, "newest": newest, "shown": np.full(len(indices), shown)}
        return {"rnn": jnp.asarray(bits.swapaxes(0, 1))}, targets

    return Batches(STEPS * settings.batch_size, make)


def scores(records: Records, targets: Any) -> Float[Array, "batch head 2"]:
    """Return the scores of all heads at the last bit."""
    output = records.output
    last = output[targets["shown"] - 1, jnp.arange(output.shape[1])]
    return last.reshape(output.shape[1], -1, 2)


@dataclass(frozen=True)
class HeadsCrossEntropy:
    """The cross-entropy of all heads that are asked, summed."""

    def __call__(self, records: Records, targets: Any) -> Float[Array, " batch"]:
        """Return one value per stream."""
        asked = targets["answers"] >= 0
        losses = optax.softmax_cross_entropy_with_integer_labels(
            scores(records, targets), jnp.maximum(targets["answers"], 0)
        )
        return jnp.sum(losses * asked, axis=1)


@dataclass(frozen=True)
class HeadsAccuracy:
    """The share of the heads that are asked and right."""

    def __call__(self, records: Records, targets: Any) -> Float[Array, " batch"]:
        """Return one value per stream."""
        asked = targets["answers"] >= 0
        right = (jnp.argmax(scores(records, targets), axis=-1) == targets["answers"]) & asked
        return jnp.sum(right, axis=1) / jnp.sum(asked, axis=1)


@dataclass(frozen=True)
class NewestAccuracy:
    """Whether the head of the newest N is right."""

    def __call__(self, records: Records, targets: Any) -> Float[Array, " batch"]:
        """Return one value per stream."""
        right = jnp.argmax(scores(records, targets), axis=-1) == targets["answers"]
        found = jnp.take_along_axis(right, targets["newest"][:, None], axis=1)[:, 0]
        return found.astype(records.output.dtype)


def trainable(settings: Settings, node) -> Any:
    """Return what is trained: all that is learnable, time constants only if asked for."""
    mask = learnable_mask(node)
    return eqx.tree_at(lambda m: m.nodes["rnn"].time_constant, mask, settings.learn_tau)


@dataclass(frozen=True)
class Passed:
    """Whether the heads, and the newest of them, are good enough."""

    threshold: float

    def __call__(self, entry) -> bool:
        """Judge the entry of an epoch."""
        found = entry["train"]
        return found["accuracy"] >= self.threshold and found["newest"] >= self.threshold


def train(network: Network, task: str, settings: Settings, key, **options) -> Fit:
    """Return the network fitted to a curriculum; options go to `fit`."""
    numbers = range(FIRST, settings.longest + 1)
    stages = [streams(task, settings, n) for n in numbers]
    alone = settings.curriculum is Heads.NONE or len(stages) < 2
    optimizer = optax.chain(
        optax.clip_by_global_norm(2.0), optax.sgd(settings.rate, momentum=0.1, nesterov=True)
    )
    return fit(
        network,
        stages[-1] if alone else Curriculum(stages, Passed(settings.threshold)),
        loss=HeadsCrossEntropy(),
        metrics={"accuracy": HeadsAccuracy(), "newest": NewestAccuracy()},
        optimizer=optimizer,
        epochs=settings.epochs,
        batch_size=settings.batch_size,
        dt=DT,
        key=key,
        trainable=lambda node: trainable(settings, node),
        **options,
    )
