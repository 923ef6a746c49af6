"""The phase in which dendrites learn, and neurons stand still."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from ..core import Network, Record, coactivity
from ..numerics import as_instance, as_key, fail
from ..training import Data
from ._ascent import USUAL, Ascent
from ._batches import as_samples, batch_size_of, batches
from ._covariance import Covariance, covariance, nothing_yet
from ._errors import PerSample, as_judged, newest, observe
from ._find import groups_of, is_perforated
from ._masks import dendrite_mask

Show = Callable[[int, float], None]


class DendritePhase(NamedTuple):
    """What a phase leaves: the network, and by step the mean over neurons of what dendrites reach.

    `score`, the best covariance so far; `correlation`, that of the step with the errors.
    """

    network: Network
    score: np.ndarray
    correlation: np.ndarray


class Climb(NamedTuple):
    """Where the ascent stands; `score` and `best` are those of each neuron's best candidate."""

    optimizer: Any
    statistics: dict[str, Covariance]
    score: dict[str, Any]
    best: Any


def train_dendrites(
    network: Network,
    train: Data | tuple[Any, Any],
    *,
    loss: PerSample,
    dt: float,
    key,
    ascent: Ascent = USUAL,
    record: Mapping[str, Record] | None = None,
    show: Show | None = None,
) -> DendritePhase:
    r"""Train the newest dendrites of a network to vary with the errors of their neurons.

    $S_i = |\langle (d_i - \bar d_i)(\delta_i - \bar\delta_i) \rangle|$ grows by gradient ascent
    for every neuron by itself, with $\delta_i = \partial L / \partial a_i$ the error at what
    arrives at its port, and the sign of the covariance frozen in every step. Averages are over
    samples, ticks and places that share weights; over batches they run, with `decay`. All else
    stands still. Each neuron keeps the best dendrite that it has had.

    **Arguments:** `network`, after :func:`add_dendrites`; `train`, `loss`, `dt`, `key`, `record` as
    for `fit`; `ascent`, by default 400 steps of Adam with all samples; `show`, called with the step
    and the mean score.

    **Raises:** `NeuropilError` for a network without dendrites, and wrong arguments.

    Source: Brenner 2025, arXiv:2501.18018.
    """
    names, data, judged = newest(network), as_samples(train, "train"), as_judged(loss, record, dt)
    as_instance(ascent, "ascent", Ascent, "an Ascent")
    if show is not None and not callable(show):
        fail("show", show, "a function of step and score, or None", "pass e.g. show=print")
    key, size = as_key(key), batch_size_of(data, ascent.batch_size)
    mask = dendrite_mask(network, tuple(names.values()))
    params = eqx.filter(network, mask)
    shapes = {name: groups_of(network, name) for name in names.values()}
    climb = Climb(
        ascent.optimizer.init(params),
        {name: nothing_yet(shape) for name, shape in shapes.items()},
        {name: jnp.full(shape, -1.0) for name, shape in shapes.items()},
        params,
    )
    score, correlation, waited = [], [], 0
    for step, (inputs, targets, keys) in enumerate(batches(data, size, ascent.steps, key)):
        remembered = ascent.decay if step and size < data.size else 0.0
        network, climb, found = _ascend(
            network,
            climb,
            mask,
            judged,
            ascent.optimizer,
            (inputs, targets, keys),
            jnp.asarray(remembered),
        )
        score.append(found[0])
        correlation.append(found[1])
        if show is not None:
            show(step, float(found[0]))
        if ascent.patience is not None:
            waited = waited + 1 if step and found[0] <= max(score[:-1]) else 0
            if waited >= ascent.patience:
                break
    best = eqx.combine(climb.best, network)
    return DendritePhase(best, np.asarray(score), np.asarray(correlation))


@eqx.filter_jit
def _ascend(network, climb, mask, judged, optimizer, batch, decay):
    seen, transpose = observe(network, mask, judged, *batch)
    statistics, along = {}, {}
    for name, output in seen.outputs.items():
        error = seen.errors[name]
        now = covariance(climb.statistics[name], output, error, decay)
        uphill = jnp.sign(now.together) * (error - now.error) / (error.shape[0] * error.shape[1])
        statistics[name], along[name] = now, -uphill  # optimisers go downhill
    better = {name: now.score > climb.score[name] for name, now in statistics.items()}
    params = eqx.filter(network, mask)
    best = eqx.filter(_chosen(network, better, eqx.combine(climb.best, network)), mask)
    score = {n: jnp.maximum(now.score, climb.score[n]) for n, now in statistics.items()}
    updates, state = optimizer.update(transpose(along), climb.optimizer, params)
    moved = eqx.combine(eqx.apply_updates(params, updates), network)
    means = _mean(score), _mean({n: jnp.abs(s.correlation) for n, s in statistics.items()})
    return moved, Climb(state, statistics, score, best), means


def _mean(by_node):
    return jnp.mean(jnp.concatenate([x.reshape(-1) for x in by_node.values()]))


def _chosen(network, better, others):
    """Return a network with dendrites of its own for the better neurons, the others elsewhere.

    Which synapses are a neuron's, the connectivity tells: those that are co-active with it alone.
    """

    def of(projection, other):
        name = projection.target.partition(".")[0]
        if not is_perforated(projection) or name not in better:
            return projection
        inner = projection.connectivity.inner
        post = jnp.broadcast_to(better[name], inner.target).astype(float)
        seen = inner.read(jnp.ones((inner.depth + 1, *inner.source)))
        mine = coactivity(inner, seen, post) > 0
        return jax.tree.map(
            lambda new, old: jnp.where(mine, new, old) if new.shape == mine.shape else new,
            projection,
            other,
        )

    projections = tuple(map(of, network.projections, others.projections))
    nodes = dict(network.nodes)
    for name, own in better.items():
        bias = jnp.where(own, nodes[name].bias, others.nodes[name].bias)
        nodes[name] = eqx.tree_at(lambda n: n.bias, nodes[name], bias)
    return eqx.tree_at(lambda n: (n.nodes, n.projections), network, (nodes, projections))
