"""Finding the first value that is not finite, once a step is known to have one."""

import dataclasses
from typing import Any, NoReturn

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax

from ..core import Network, Node, Record, SweepNode
from ..numerics import NeuropilError
from ._names import Place, place
from ._step import Carry, Recipe, per_sample


class NonFiniteError(NeuropilError):
    """Training met a value that is not finite.

    `epoch` and `step` (in the epoch) say when; `tick` is None where no tick can be told;
    `variable` and `owner` say what; `cause` is the likely one.

    >>> error = NonFiniteError(0, 3, 12, "v", "node 'hidden1'", "it grew.", "lower the rate")
    >>> error.tick, error.variable
    (12, 'v')
    """

    def __init__(
        self,
        epoch: int,
        step: int,
        tick: int | None,
        variable: str,
        owner: str,
        cause: str,
        fix: str,
    ):
        self.epoch, self.step, self.tick = epoch, step, tick
        self.variable, self.owner, self.cause = variable, owner, cause
        where = f"{variable} of {owner}" if owner else variable
        when = f"epoch {epoch}, step {step}" + ("" if tick is None else f", tick {tick}")
        super().__init__(
            f"{where}: got a value that is not finite in {when}; expected finite numbers.\n"
            f"Likely cause: {cause}\nFix: {fix}."
        )


def explain(
    recipe: Recipe, optimizer: Any, carry: Carry, fixed: Any, batch: tuple, epoch: int, step: int
) -> NoReturn:
    """Repeat a step that went wrong, whole and with everything recorded, and raise what it met.

    **Arguments:** `carry`, as it was before the step; `batch`, inputs, targets, weights and keys.

    **Raises:** always `NonFiniteError`.
    """
    inputs, targets, weights, keys = batch
    node = recipe.structure.fill(carry.params, fixed)

    def stop(tick, variable, owner, cause, fix) -> NoReturn:
        raise NonFiniteError(epoch, step, tick, variable, owner, cause, fix)

    _check_parameters(node, stop)
    _check_inputs(inputs, stop)
    _check_run(recipe, node, batch, stop)
    _check_loss(recipe, node, batch, stop)
    _check_gradients(recipe, optimizer, carry, fixed, batch, stop)
    stop(
        None,
        "the step",
        "",
        "repeating it gave finite values; a sum over an array overflowed, or the data or the node "
        "do not give the same for the same arguments.",
        "scale the loss down, or make them functions of their arguments",
    )


def _check_parameters(node, stop):
    found = _bad_leaf(node, eqx.filter(node, eqx.is_inexact_array))
    if found:
        cause = "it was given so, or set so by a schedule."
        stop(None, found.variable, found.owner, cause, "look at its value and the schedules")


def _check_inputs(inputs, stop):
    for path, value in jax.tree_util.tree_leaves_with_path(inputs):
        tick = _first(np.isfinite(np.asarray(value, np.float64)))
        if tick is not None:
            name = f"inputs{jax.tree_util.keystr(path)}"
            stop(tick, name, "the batch", "the data hold NaN or infinities.", "clean the data")


def _check_run(recipe, node, batch, stop):
    inputs, _, weights, keys = batch
    wishes = {path: Record(path, encode=jnp.isfinite) for path in _observables(node)}
    everything = dataclasses.replace(recipe, record=tuple(wishes.items()), spiking=())
    _, records = everything.run(node, inputs, keys)
    ticks = {path: _first(np.asarray(finite)) for path, finite in records.kept.items()}
    bad = {path: tick for path, tick in ticks.items() if tick is not None}
    if not bad:
        return
    path = min(bad, key=bad.__getitem__)
    name, _, variable = path.rpartition(".")
    if path in _outputs(node):
        name, variable = path, "output"
    stop(
        bad[path],
        variable,
        f"node {name!r}" if name else "the node",
        "values grew without bound, by weights that are too large, a time step that is too long "
        "for an explicit integrator, or an undefined operation such as 0/0 in its equations.",
        "lower the learning rate, clip gradients with optax.clip_by_global_norm, shorten dt, or "
        "use ExponentialEuler",
    )


def _check_loss(recipe, node, batch, stop):
    inputs, targets, weights, keys = batch
    _, records = recipe.run(node, inputs, keys)
    for name, function in (("loss", recipe.loss), *recipe.metrics):
        values = np.asarray(per_sample(name, function, records, targets, weights))
        bad = np.flatnonzero(~np.isfinite(values) & (np.asarray(weights) > 0))
        if bad.size:
            lowest, highest = float(records.output.min()), float(records.output.max())
            stop(
                None,
                name,
                f"sample {bad[0]} of the batch",
                f"the output is finite, from {lowest:.3g} to {highest:.3g}, so the loss itself "
                "divides by zero or takes the logarithm of zero.",
                "use logits with a stable loss such as cross_entropy, or add a small number",
            )


def _check_gradients(recipe, optimizer, carry, fixed, batch, stop):
    inputs, *others = batch
    nudge = jax.tree.map(lambda x: jnp.zeros(jnp.shape(x)), inputs)

    def objective(params, nudge):
        moved = jax.tree.map(jnp.add, inputs, nudge)
        return recipe.objective(recipe.structure.fill(params, fixed), moved, *others)[0]

    loss, (gradients, at_input) = jax.value_and_grad(objective, (0, 1))(carry.params, nudge)
    node = recipe.structure.fill(carry.params, fixed)
    found = _bad_leaf(node, gradients)
    if found:
        stop(
            _last(at_input),
            f"gradient of {found.variable}",
            found.owner,
            "the gradient exploded on its way back through time, or passed an operation with an "
            "infinite derivative (a root, norm or division at zero).",
            "lower the surrogate's slope or the weights, use truncate=, or guard the operation "
            "with jnp.where on its argument",
        )
    updates, _ = optax.with_extra_args_support(optimizer).update(
        gradients, carry.optimizer, carry.params, value=loss
    )
    found = _bad_leaf(node, eqx.apply_updates(carry.params, updates))
    if found:
        stop(
            None,
            f"update of {found.variable}",
            found.owner,
            "the gradient is finite, so the optimiser's step is not: its learning rate is infinite "
            "or NaN, or so large that the parameter overflows, or it divides by zero.",
            "check the learning-rate schedule and the optimiser's eps",
        )


def _bad_leaf(node, tree) -> Place | None:
    for path, leaf in jax.tree_util.tree_leaves_with_path(tree):
        if not bool(jnp.all(jnp.isfinite(leaf))):
            return place(node, path)
    return None


def _observables(node: Node, name: str = "") -> list[str]:
    """Return what can be recorded without changing how the node is run, in order of the tick."""
    if isinstance(node, Network):
        inner = [_observables(n, f"{name}.{key}" if name else key) for key, n in node.nodes.items()]
        return [path for paths in inner for path in paths]
    output = [name or "output"]
    if isinstance(node, SweepNode):
        return output
    sensed = jax.eval_shape(lambda: dict(node.sense(node.init(key=jax.random.key(0)))))
    numbers = [key for key, x in sensed.items() if jnp.issubdtype(x.dtype, jnp.floating)]
    return [f"{name}.{key}" if name else key for key in numbers] + output


def _outputs(node: Node, name: str = "") -> set[str]:
    if not isinstance(node, Network):
        return {name or "output"}
    inner = [_outputs(n, f"{name}.{key}" if name else key) for key, n in node.nodes.items()]
    return set().union(*inner)


def _first(finite: np.ndarray) -> int | None:
    """Return the first tick with anything that is not finite."""
    ticks = np.flatnonzero(~finite.reshape(finite.shape[0], -1).all(axis=1))
    return int(ticks[0]) if ticks.size else None


def _last(gradients: Any) -> int | None:
    """Return the last tick with a gradient that is not finite: where, going back, it began."""
    bad = [
        np.flatnonzero(~np.isfinite(np.asarray(x)).reshape(x.shape[0], -1).all(axis=1))
        for x in jax.tree.leaves(gradients)
    ]
    return max((int(ticks[-1]) for ticks in bad if ticks.size), default=None)
