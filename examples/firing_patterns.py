"""The twenty firing patterns of one neuron model, drawn into firing_patterns.png."""

import jax
import matplotlib
import numpy as np

matplotlib.use("Agg")
import matplotlib.pyplot as plt

from neuropil.cells import IZHIKEVICH_PATTERNS, izhikevich_pattern
from neuropil.core import Record, simulate

figure, axes = plt.subplots(5, 4, figsize=(12, 11), layout="constrained")
for name, axis in zip(IZHIKEVICH_PATTERNS, axes.flat, strict=True):
    pattern = izhikevich_pattern(name)
    neuron, current = pattern.population(), pattern.current()
    _, records = simulate(
        neuron,
        current,
        dt=pattern.dt,
        key=jax.random.key(0),
        state=pattern.state(neuron),
        record={"v": Record("v")},
    )
    time = pattern.dt * np.arange(len(current))
    spikes = np.asarray(records.output[:, 0])
    axis.plot(time, np.where(spikes > 0, 30.0, records.kept["v"][:, 0]), linewidth=0.8)
    span = np.ptp(current) or 1.0
    axis.plot(time, -100.0 + 10.0 * (current[:, 0] - current.min()) / span, color="black")
    axis.set_title(name, fontsize=9)
    axis.axis("off")
    print(f"{name:32s} {int(spikes.sum()):3d} spikes in {pattern.duration:g} ms")
figure.savefig("firing_patterns.png", dpi=110)
