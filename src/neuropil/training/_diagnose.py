"""Why a network does not learn: what one batch says about spikes, gradients and surrogates."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from ..core import Cell, Network, Node, Population, Record, Tick, learnable_mask, simulate
from ..numerics import as_instance, as_key, as_time_step
from ._data import Arrays
from ._losses import PerSample, as_functions, as_records
from ._names import place
from ._spiking import spiking_nodes

_SATURATED = 0.9  # spikes per tick from which on a neuron says no more
_LOW_COVERAGE = 0.05
_UNEQUAL = 1e3  # ratio of the largest to the smallest gradient norm


class Activity(NamedTuple):
    """A population in one batch; shares are of its neurons, coverage of its neurons and ticks."""

    rate: float
    silent: float
    saturated: float
    coverage: float


class Diagnosis(NamedTuple):
    """What one batch says: activity by node, gradient norms by parameter, and what to change.

    `rate` is in spikes per tick; `silent` and `saturated` are the shares of neurons that never
    spike, or in at least nine ticks of ten; `coverage` is the share of neurons and ticks where the
    surrogate derivative is above 1 % of its peak.
    """

    activity: dict[str, Activity]
    gradients: dict[str, float]
    loss: float
    advice: tuple[str, ...]

    def __str__(self):
        lines = [f"loss {self.loss:.4g}", ""]
        if self.activity:
            lines.append(_row("population", "spikes/tick", "silent", "saturated", "coverage"))
        for name, a in self.activity.items():
            shares = (f"{share:.1%}" for share in (a.silent, a.saturated, a.coverage))
            lines.append(_row(name, f"{a.rate:.4f}", *shares))
        lines += ["", "gradient norms"]
        lines += [f"  {name}: {norm:.3g}" for name, norm in self.gradients.items()]
        lines += ["", "what to change"]
        return "\n".join(lines + [f"  - {line}" for line in self.advice or ("nothing",)])


def diagnose(
    node: Node,
    inputs: Any,
    targets: Any,
    *,
    loss: PerSample,
    dt: float,
    key,
    record: Mapping[str, Record] | None = None,
) -> Diagnosis:
    """Run one batch forward and backward and say what would keep it from learning.

    **Arguments:** `node`; `inputs` and `targets`, sample first as for `fit`; `loss`; `dt` in ms;
    `key`; `record`, what the loss needs besides the output, as for `fit`.

    **Raises:** `NeuropilError` as `fit` does.

    >>> from neuropil.cells import lif
    >>> from neuropil.connectivity import Dense
    >>> from neuropil.core import Input, Link, chain
    >>> from ._losses import cross_entropy
    >>> weak = Link(Dense(3, 4), weight=jnp.full((3, 4), 0.01))
    >>> net = chain(Input(3), weak, lif(4), key=jax.random.key(0))
    >>> x, y = np.ones((2, 10, 3), bool), np.array([0, 1])
    >>> loss = cross_entropy(lambda output: output.sum(0))
    >>> found = diagnose(net, x, y, loss=loss, dt=1.0, key=jax.random.key(1))
    >>> found.activity["output"].silent
    1.0
    >>> print(found.advice[0])
    output: 100% of the neurons never spike; use larger weights into it, a lower threshold, a longer
    membrane time constant, or BatchNorm before it.
    """
    as_instance(node, "node", Node, "a Node")
    dt, key = as_time_step(dt), as_key(key)
    as_functions({"loss": loss}, "")
    record = as_records(record)
    samples = Arrays(inputs, targets)
    x, y = samples.take(np.arange(samples.size), None)
    params, rest = eqx.partition(node, learnable_mask(node))

    def objective(params):
        _, records = simulate(eqx.combine(params, rest), x, dt=dt, key=key, record=record)
        return jnp.mean(loss(records, y))

    value, gradients = jax.value_and_grad(objective)(params)
    norms = {
        str(place(node, path)): float(jnp.linalg.norm(jnp.ravel(leaf)))
        for path, leaf in jax.tree_util.tree_leaves_with_path(gradients)
    }
    activity = _activities(node, x, dt, key)
    return Diagnosis(activity, norms, float(value), tuple(_advice(activity, norms)))


class _Watched(Cell):
    """A cell that keeps its distance to threshold, as it was before the reset."""

    cell: Cell

    def init(self, size):
        return {**self.cell.init(size), "excess": jnp.zeros(size)}

    def field(self, y, drive):
        return {**self.cell.field(_own(y), drive), "excess": jnp.zeros_like(y["excess"])}

    def excess(self, y):
        return self.cell.excess(_own(y))

    def jump(self, y, spike):
        return {**self.cell.jump(_own(y), spike), "excess": self.cell.excess(_own(y))}


def _own(y):
    return {name: value for name, value in y.items() if name != "excess"}


def _activities(node, x, dt, key):
    spiking = spiking_nodes(node)
    record = {}
    for path in spiking:
        record[f"{path} spikes"] = Record(path)
        record[f"{path} excess"] = Record("excess" if node is spiking[path] else f"{path}.excess")
    _, records = simulate(
        _watched(node, set(map(id, spiking.values()))), x, dt=dt, key=key, record=record
    )
    return {
        path: _activity(
            population, records.kept[f"{path} spikes"], records.kept[f"{path} excess"], dt
        )
        for path, population in spiking.items()
    }


def _watched(node, wanted):
    if isinstance(node, Population) and id(node) in wanted:
        return eqx.tree_at(lambda p: p.cell, node, _Watched(node.cell))
    if not isinstance(node, Network):
        return node
    inner = {name: _watched(part, wanted) for name, part in node.nodes.items()}
    return eqx.tree_at(lambda n: n.nodes, node, inner)


def _activity(population, spikes, excess, dt):
    rates = np.asarray(spikes).mean(axis=(0, 1))
    slope = _slope(population, excess, dt)
    grid = jnp.linspace(-5.0, 5.0, 1001).reshape(-1, *(1,) * len(population.size))
    everywhere = jnp.broadcast_to(grid, (1001, *population.size))
    peak = jnp.max(_slope(population, everywhere, dt), axis=0)
    return Activity(
        float(rates.mean()),
        float((rates == 0).mean()),
        float((rates >= _SATURATED).mean()),
        float(jnp.mean(slope > 0.01 * peak)),
    )


def _slope(population, u, dt):
    def emit(u):
        return population.emission.emit(u, Tick(jnp.array(0), dt, jax.random.key(0)))

    over = jax.vmap(emit) if u.ndim == len(population.size) + 1 else jax.vmap(jax.vmap(emit))
    return jnp.abs(jax.jvp(over, (u,), (jnp.ones_like(u),))[1])


def _advice(activity, norms):
    for name, a in activity.items():
        if a.silent > 0.5:
            yield (
                f"{name}: {a.silent:.0%} of the neurons never spike; use larger weights into it, "
                "a lower threshold, a longer membrane time constant, or BatchNorm before it."
            )
        if a.saturated > 0.1:
            yield (
                f"{name}: {a.saturated:.0%} of the neurons spike in nearly every tick; use smaller "
                "weights into it, a higher threshold, refractoriness, or inhibition."
            )
        if a.coverage < _LOW_COVERAGE:
            yield (
                f"{name}: the surrogate derivative reaches only {a.coverage:.1%} of neurons and "
                "ticks; use a wider surrogate (a smaller slope), or bring the potential nearer to "
                "the threshold."
            )
    largest = max(norms.values(), default=0.0)
    for name, norm in norms.items():
        if not np.isfinite(norm):
            yield (
                f"{name}: its gradient is not finite; clip it, lower the surrogate's slope, or cut "
                "it in time with truncate=."
            )
        elif norm == 0.0:
            yield (
                f"{name}: its gradient is zero; what follows it is silent, out of the surrogate's "
                "reach, or not used by the loss."
            )
        elif largest / norm > _UNEQUAL:
            yield (
                f"{name}: its gradient is {largest / norm:.0e} times smaller than the largest; "
                "scale the initial weights, or use an optimiser that adapts, such as optax.adam."
            )


def _row(name, *cells):
    return f"{name:<24}" + "".join(f"{cell:>13}" for cell in cells)
