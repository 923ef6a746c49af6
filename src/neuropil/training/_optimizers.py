"""Different optimisers for different kinds of parameters."""

from collections.abc import Mapping

import jax
import optax

from ..numerics import fail

_OTHER = "other fields"


def by_field(
    optimizers: Mapping[str, optax.GradientTransformation],
    other: optax.GradientTransformation,
) -> optax.GradientTransformationExtraArgs:
    """Return an optimiser that treats every parameter by the name of its field.

    **Arguments:** `optimizers`, by field name (`weight`, `delay`, `tau`, ...); `other`, for fields
    that are not named.

    **Raises:** `NeuropilError` for anything that is no optax transformation; when used, for a name
    that no trained parameter has.

    >>> optimizer = by_field({"delay": optax.adam(0.1)}, other=optax.adam(1e-3))
    """
    if not isinstance(optimizers, Mapping) or not optimizers:
        fail("optimizers", optimizers, "optax transformations by field name", "pass a dict")
    named = {f"optimizers[{name!r}]": optimizers[name] for name in optimizers}
    for name, transformation in {**named, "other": other}.items():
        if not isinstance(transformation, optax.GradientTransformation):
            fail(name, transformation, "an optax transformation", "pass e.g. optax.adam(1e-3)")

    def labels(params):
        fields = jax.tree_util.tree_map_with_path(lambda path, _: _field(path), params)
        unused = set(optimizers) - set(jax.tree.leaves(fields))
        if unused:
            fail(
                "optimizers",
                f"the fields {sorted(unused)}",
                f"fields that are trained, {sorted(set(jax.tree.leaves(fields)))}",
                "check the name, and that `trainable` includes it",
            )
        return jax.tree.map(lambda name: name if name in optimizers else _OTHER, fields)

    return optax.partition({**optimizers, _OTHER: other}, labels)


def _field(path):
    names = [entry.name for entry in path if isinstance(entry, jax.tree_util.GetAttrKey)]
    return names[-1] if names else ""
