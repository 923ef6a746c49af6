"""Random networks: any populations, any connectivities, any delays, loops, nesting, learning."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from hypothesis import strategies as st

from neuropil import cells, coding, connectivity, core, numerics, plasticity

VECTOR, IMAGE = (3,), (1, 2, 2)
KEY = jax.random.key(0)


class NoisyThreshold(core.Emission):
    """A threshold that jitters: what it emits depends on the key of the tick."""

    def emit(self, u, tick):
        return numerics.FastSigmoid(5.0)(u + 0.3 * jax.random.normal(tick.key, u.shape))


class Mixer(core.Node):
    """Not elementwise, and it counts ticks: its own random mixture of all inputs."""

    size: tuple = eqx.field(static=True)

    @property
    def ports(self):
        return {"input": self.size}

    @property
    def shape(self):
        return self.size

    def init(self, *, key):
        return jnp.zeros(self.size)

    def step(self, state, inputs, tick):
        x = inputs["input"]
        mean = 0.5 * state + jnp.flip(x) - jax.nn.softmax(x.ravel()).reshape(x.shape)
        return jnp.tanh(mean), jnp.tanh(mean) * jnp.cos(tick.index * tick.dt)

    def sense(self, state):
        return {"mixture": state}


class Rewarded(core.Rule):
    """Co-activity times what a modulator says."""

    rate: jax.Array = eqx.field(converter=jnp.asarray)
    modulator: str = eqx.field(static=True)

    @property
    def senses(self):
        return ()

    @property
    def hears(self):
        return (self.modulator,)

    def init(self, connectivity, weight):
        return jnp.zeros(())

    def propose(self, state, synapse, tick):
        heard = jnp.mean(synapse.heard[self.modulator])
        return 0.5 * state + heard, self.rate * heard * synapse.coactivity(synapse.output)


def column(size):
    """A small network to be put inside another: a current of its own, and a loop."""
    n = int(np.prod(size))
    loop = connectivity.DelayedDense(1 + np.arange(n * n).reshape(n, n) % 2)
    kinds = {"gate": core.Input(n), "loop": cells.lif(n, tau=4.0, threshold=0.6)}
    return core.Network(
        kinds,
        (
            core.Projection("gate", "loop", connectivity.OneToOne(n), jnp.ones(n)),
            core.Projection("loop", "loop", loop, 0.3 * jnp.ones((n, n)), -jnp.ones(n)),
        ),
        "loop",
    )


NODES = {
    "input": lambda size: core.Input(size),
    "lif": lambda size: cells.lif(size, tau=4.0, threshold=0.6),
    "held": lambda size: cells.lif(
        size,
        tau=6.0,
        threshold=0.4,
        reset=cells.HardReset(),
        refractory=cells.AbsoluteRefractory(1.5),
        receptors={"input": core.Delta(), "bias": core.Current()},
    ),
    "adaptive": lambda size: cells.adaptive_lif(size, tau=5.0, threshold=0.5),
    "noisy": lambda size: cells.lif(size, tau=4.0, threshold=0.6, emission=NoisyThreshold()),
    "membrane": lambda size: cells.leaky_integrator(size, tau=3.0),
    "count": lambda size: coding.SpikeCount(size),
    "mixer": lambda size: Mixer(size),
    "column": lambda size: column(size) if size == VECTOR else cells.lif(size),
}


@st.composite
def delays(draw, size, least):
    kind = draw(st.sampled_from(["none", "projection", "axonal"][least:]))
    if kind == "none":
        return connectivity.NoDelay()
    if kind == "projection":
        return connectivity.ProjectionDelay(draw(st.integers(1, 4)))
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    return connectivity.AxonalDelay(rng.integers(least, 4, size=size))


@st.composite
def connections(draw, source, target, least):
    """A connectivity between two shapes, with delays of at least `least` ticks (0 or 1)."""
    options = ["dense", "sparse"]
    if source == target:
        options.append("one to one")
    if source == target == IMAGE:
        options.append("convolution")
    if len(source) == len(target) == 1:
        options += ["per synapse", "learnable"]
    kind = draw(st.sampled_from(options))
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    if kind == "per synapse":
        return connectivity.DelayedDense(rng.integers(least, 5, size=(*source, *target)))
    if kind == "learnable":
        chosen = rng.uniform(least, 4.0, size=(*source, *target))
        return connectivity.LearnableDelays(chosen, longest=4, width=0.5, least=least)
    if kind == "sparse":
        n, m = int(np.prod(source)), int(np.prod(target))
        late = rng.integers(least, 5, size=7) if draw(st.booleans()) else least + 1
        ends = rng.integers(0, n, size=7), rng.integers(0, m, size=7)
        return connectivity.from_edges(source, target, *ends, ticks=late)[0]
    delay = draw(delays(source, least))
    if kind == "one to one":
        return connectivity.OneToOne(source, delay)
    if kind == "convolution":
        return connectivity.Conv2d(source, 1, (2, 2), delay=delay)
    return connectivity.Dense(source, target, delay)


@st.composite
def networks(draw):
    """A network of two to four nodes and up to six projections."""
    kinds = draw(st.lists(st.sampled_from(sorted(NODES)), min_size=2, max_size=4))
    shapes = [draw(st.sampled_from([VECTOR, IMAGE])) for _ in kinds]
    names = [f"n{(5 * i + 3) % 8}" for i in range(len(kinds))]  # in no order
    nodes = {n: NODES[k](s) for n, k, s in zip(names, kinds, shapes, strict=True)}
    order = draw(st.permutations(range(len(kinds))))
    targets = [i for i in range(len(kinds)) if not isinstance(nodes[names[i]], core.Input)]
    projections = []
    for _ in range(draw(st.integers(1, 6)) if targets else 0):
        source, target = draw(st.sampled_from(range(len(kinds)))), draw(st.sampled_from(targets))
        forward = order.index(source) < order.index(target)
        shape = nodes[names[source]].shape
        inside = "gate.input" if isinstance(nodes[names[target]], core.Network) else ""
        port = draw(st.sampled_from(["input", "bias"])) if kinds[target] == "held" else inside
        into = next(iter(nodes[names[target]].ports.values()))
        connection = draw(connections(shape, into, 0 if forward else 1))
        rng = np.random.default_rng(draw(st.integers(0, 99)))
        learns = None
        plastic = into == nodes[names[target]].shape and draw(st.integers(0, 3)) == 0
        if plastic:
            rules = [plasticity.Hebb(0.02), Rewarded(0.05, draw(st.sampled_from(names)))]
            every, differentiable = draw(st.integers(1, 3)), draw(st.booleans())
            rule = draw(st.sampled_from(rules))
            learns = core.Plasticity(rule, every=every, differentiable=differentiable)
        sign = rng.choice([-1.0, 1.0], size=shape) if draw(st.booleans()) else None
        weight = np.clip(rng.normal(0.2, 0.6, size=connection.weight_shape), -1.5, 1.5)
        weight *= 1.0 if forward else 0.3  # loops that grow would also grow what rounding left
        bounds = core.Bounds(-1.5, 1.5) if draw(st.booleans()) else None
        senses = next(iter(nodes[names[source]].sense(nodes[names[source]].init(key=KEY))), None)
        is_tap = senses is not None and draw(st.integers(0, 2)) == 0
        begin = f"{names[source]}.{senses}" if is_tap else names[source]
        where = names[target] + (f".{port}" if port else "")
        projections.append(core.Projection(begin, where, connection, weight, sign, bounds, learns))
    return core.Network(nodes, tuple(projections), draw(st.sampled_from(names)))
