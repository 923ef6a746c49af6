"""A fit that is meant to be killed: `python killed.py FOLDER`, again and again until it ends."""

import sys
import time
from pathlib import Path

import jax
import optax

from neuropil.cells import leaky_integrator, lif
from neuropil.connectivity import Dense, LearnableDelays, OneToOne
from neuropil.core import Input, chain
from neuropil.modulation import BatchNorm
from neuropil.training import (
    Batches,
    Checkpoints,
    Stopping,
    accuracy,
    anneal,
    cross_entropy,
    fit,
    save,
)


def total(output):
    return output.sum(0)


def train(folder: Path, pause: float) -> None:
    key = jax.random.key(3)
    delay = jax.random.uniform(key, (4, 6), maxval=5.0)
    node = chain(
        Input(4), LearnableDelays(delay, longest=5, width=3.0), BatchNorm(6), OneToOne(6),
        lif(6, tau=4.0), Dense(6, 2), leaky_integrator(2), key=key,
    )  # fmt: skip

    def make(indices, keys):
        time.sleep(pause)
        x = jax.vmap(lambda k: jax.random.bernoulli(k, 0.3, (10, 4)), out_axes=1)(keys)
        return x, indices % 2

    rate = optax.cosine_decay_schedule(0.02, 60)
    optimizer = optax.inject_hyperparams(optax.adam)(learning_rate=rate)
    fitted = fit(
        node,
        Batches(21, make),
        validation=Batches(5, make),
        loss=cross_entropy(total),
        metrics={"accuracy": accuracy(total)},
        optimizer=optimizer,
        epochs=20,
        batch_size=8,
        dt=1.0,
        key=key,
        schedules=[anneal(lambda n: n.projections[0].connectivity.width, [3.0, 2.0, 1.0, 0.5])],
        stopping=Stopping(patience=None),
        log=folder / "log.jsonl",
        checkpoints=Checkpoints(folder / "checkpoint.safetensors", every_steps=1, resume=True),
    )
    save(folder / "node.safetensors", fitted.frozen)


if __name__ == "__main__":
    train(Path(sys.argv[1]), float(sys.argv[2]))
