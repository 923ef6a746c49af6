import json

import numpy as np
import pytest

from neuropil.report import write_report
from neuropil.systems import RunFolder, write_arrays, write_json

CLAIMS = [
    {
        "name": "learned_delays_solve_intervals",
        "statement": "With learned delays the network tells five intervals apart.",
        "bound": ">= 0.9",
        "derivation": "calibrated over three seeds: 0.97, 0.98, 0.96.",
        "ablation": "no delays (kernel of one bin)",
    },
    {
        "name": "learning_beats_chance_placement",
        "statement": "Learned delays beat fixed random delays at equal parameters.",
        "bound": ">= 0.15",
        "derivation": "a random neuron hits an interval with probability (25 - interval) / 625.",
        "ablation": "position learning rate set to zero",
    },
    {
        "name": "no_delay_is_chance",
        "statement": "Without delays the readout cannot depend on the interval.",
        "bound": "<= 0.25",
        "derivation": "chance is 0.20; each bin sees at most one channel.",
        "ablation": "delays given back",
    },
]


def row(claim, measured, ablated, holds=True, ablation_holds=False):
    return {
        "system": "delays",
        "claim": claim["name"],
        "measured": measured,
        "bound": claim["bound"],
        "holds": holds,
        "ablation": {"name": claim["ablation"], "measured": ablated, "holds": ablation_holds},
        "seeds": [0, 1, 2],
        "wall_s": 48.2,
    }


ROWS = [
    row(CLAIMS[0], 0.968, 0.204),
    row(CLAIMS[1], 0.41, 0.012),
    row(CLAIMS[2], 0.203, 0.968),
]


def arrays(rng, classes=10, ticks=100):
    found = {}
    time = np.arange(ticks)[:, None]
    for label in ("three", "seven", "nine"):
        speed, start = rng.uniform(0.3, 1.2), rng.uniform(5, 20)
        for node, size, rate in (
            ("input", 140, 0.10),
            ("hidden 1", 256, 0.06),
            ("hidden 2", 256, 0.05),
        ):
            neuron = np.arange(size)
            centre = start + {"input": 0, "hidden 1": 14, "hidden 2": 28}[node]
            centre = centre + speed * 40 * np.sin(neuron / size * 3 + speed)
            if node != "input":
                centre = rng.permutation(centre)
            chance = rate * 3 * np.exp(-(((time - centre) / 7) ** 2)) + 0.004
            found[f"raster/{label}/{node}"] = (rng.random((ticks, size)) < chance).astype(np.uint8)
        drive = rng.normal(0, 0.02, (ticks, classes)).cumsum(0)
        drive[:, 3] += np.linspace(0, 1.2, ticks) ** 2
        found[f"raster/{label}/readout"] = drive.astype(np.float32)
    for name, shape in (("input -> hidden 1", (140, 256)), ("hidden 1 -> hidden 2", (256, 256))):
        before = rng.uniform(-0.1, 0.1, shape).astype(np.float32)
        important = np.exp(rng.normal(0, 0.7, (shape[0], 1)))
        after = before * important + rng.normal(0, 0.03, shape)
        found[f"weights/{name}/before"], found[f"weights/{name}/after"] = (
            before,
            after.astype(np.float32),
        )
        early = rng.uniform(0, 24, shape).round().astype(np.float32)
        pull = np.linspace(18, 4, shape[0])[:, None] + rng.normal(0, 3, shape)
        late = np.clip(0.4 * early + 0.6 * pull, 0, 24).round().astype(np.float32)
        found[f"delays/{name}/before"], found[f"delays/{name}/after"] = early, late
    counts = rng.poisson(0.4, (classes, classes)) + np.diag(rng.integers(28, 37, classes))
    found["confusion"] = counts
    for node, size, level in (("input", 140, 8.0), ("hidden 1", 256, 6.0), ("hidden 2", 256, 4.0)):
        rates = rng.gamma(2.0, level / 2, size)
        rates[rng.random(size) < 0.04] = 0
        found[f"rates/{node}"] = rates.astype(np.float32)
    return found


def log_entry(rng, epoch, total=30):
    done = epoch / total
    loss = 2.2 * np.exp(-3.2 * done) + 0.06
    return {
        "epoch": epoch,
        "step": 23 * epoch,
        "train": {"loss": loss, "accuracy": 1 - 0.85 * np.exp(-4.5 * done)},
        "validation": {
            "loss": loss + 0.12 * done + 0.03 * rng.random(),
            "accuracy": 0.955 - 0.83 * np.exp(-4.2 * done) + 0.008 * rng.normal(),
        },
        "rates": {"hidden 1": 9 - 4 * done + rng.random() / 3, "hidden 2": 2 + 3 * done},
        "seconds": 1.9 + 0.2 * rng.random() + 6.0 * (epoch == 1),
        "learning_rate": 1e-3 * (0.2 + 5 * np.sin(np.pi * min(done + 0.03, 1)) ** 2),
        "delay_width": max(12 * (0.23 / 12) ** (4 * done), 0.23),
    }


def write_run(path, *, seed=0, finished=True, with_arrays=None, epochs=30):
    rng = np.random.default_rng(seed)
    folder = RunFolder(path)
    path.mkdir(parents=True)
    config = {
        "schema": 1,
        "system": "delays",
        "title": "Learning synaptic delays by their position in a kernel",
        "summary": "A feed-forward spiking network in which every synapse has a weight and a "
        "delay, both learned by surrogate gradients.",
        "reference": "10.48550/arXiv.2306.17670",
        "data": "digits",
        "seed": seed,
        "quick": False,
        "settings": {
            "batch_size": None,
            "epochs": 30,
            "hidden": 256,
            "learning_rate": 0.001 * (1 + seed),
        },
        "claims": CLAIMS,
        "command": f"neuropil run delays --data digits --seed {seed} --out {path.name}",
        "versions": {"python": "3.11.2", "neuropil": "0.1.0", "jax": "0.10.2"},
        "machine": {"system": "Linux 6.1 (x86_64)", "processor": "A processor", "cores": 4},
        "started": "2026-01-05T10:20:30+00:00",
    }
    write_json(folder.config, config)
    lines = [json.dumps(log_entry(rng, epoch)) for epoch in range(1, epochs + 1)]
    folder.log.write_text("\n".join(lines) + "\n")
    if finished:
        metrics = {"test_accuracy": 0.953, "test_loss": 0.21, "parameters": 203520,
                   "synaptic_events": 1.31e6, "mean_rate_hz": 5.1, "epochs": 30}  # fmt: skip
        metrics["test_accuracy"] -= 0.01 * seed
        summary = {"schema": 1, "system": "delays", "data": "digits", "seed": seed,
                   "metrics": metrics, "claims": ROWS, "wall_s": 71.4, "peak_memory_mb": 912.0,
                   "devices": ["cpu: cpu"], "resumed": False}  # fmt: skip
        write_json(folder.metrics, summary)
        told = {"tick_ms": 2.0, "classes": [str(i) for i in range(10)]}
        chosen = arrays(rng) if with_arrays is None else with_arrays
        write_arrays(folder.arrays, chosen, {"about": json.dumps(told)})
    return path


@pytest.fixture(scope="session")
def whole(tmp_path_factory):
    """A run with everything in it, and its page; not to be changed."""
    run = write_run(tmp_path_factory.mktemp("whole") / "run")
    return run, write_report(run).read_text(encoding="utf-8")


@pytest.fixture
def fake_run(tmp_path):
    """A function that writes the folder of a short run; without arrays unless they are given."""

    def build(name="run", **options):
        return write_run(tmp_path / name, **{"with_arrays": {}, "epochs": 4, **options})

    return build
