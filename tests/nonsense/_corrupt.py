"""What can be wrong with an argument, judged by a valid value of it."""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np


class Foreign:
    """An object of a kind that nothing in the library knows."""

    def __repr__(self):
        return "Foreign()"


@dataclass(frozen=True)
class Call:
    """A valid call of a public name, and what else is nonsense for it.

    `arguments` holds a valid value of every argument; `also` adds nonsense by argument to what its
    kind suggests; `allowed` takes back what its kind suggests but is fine here; `anything` are
    arguments of which every value means something; NaN `nan_passes` where only looking at every
    number would find it; `named` says by which other name an argument may be called in the error,
    where two of them do not fit together; `spread` is passed as positional arguments. `before`
    prepares the current folder. Not everything `runs`: a data set may not be there.
    """

    make: Callable
    arguments: Mapping[str, Any] = field(default_factory=dict)
    also: Mapping[str, tuple] = field(default_factory=dict)
    allowed: Mapping[str, tuple] = field(default_factory=dict)
    anything: tuple[str, ...] = ()
    nan_passes: tuple[str, ...] = ()
    named: Mapping[str, str] = field(default_factory=dict)
    spread: str = ""
    before: Callable[[], Any] = lambda: None
    runs: bool = True

    def __call__(self, **changes: Any) -> Any:
        """Call with some arguments changed."""
        arguments = {**self.arguments, **changes}
        first = arguments.pop(self.spread) if self.spread else ()
        return self.make(*first, **arguments)

    def nonsense(self) -> Iterator[tuple[str, Any]]:
        """Every argument with every wrong value for it, one at a time."""
        for name, valid in self.arguments.items():
            if name in self.anything:
                continue
            fine = self.allowed.get(name, ())
            for wrong in (*corruptions(valid), *self.also.get(name, ())):
                if name in self.nan_passes and _has_nan(wrong):
                    continue
                if not any(wrong is f or _same(wrong, f) for f in fine):
                    yield name, wrong


def _has_nan(value):
    is_real = isinstance(value, np.ndarray) and np.issubdtype(value.dtype, np.floating)
    return is_real and bool(np.isnan(value).any())


def _same(a, b):
    return type(a) is type(b) and not isinstance(a, np.ndarray | jax.Array) and a == b


def corruptions(valid: Any) -> list[Any]:
    """Wrong values for an argument of which one valid value is known."""
    if isinstance(valid, bool):
        return ["no", 2, None, math.nan]
    if isinstance(valid, int):
        return ["three", "", 1.5, math.nan, -1, True, None, [], Foreign()]
    if isinstance(valid, float):
        return ["ten", math.nan, math.inf, True, None, [], 1j, Foreign(), np.array(["a"])]
    if isinstance(valid, str):
        return [3, "", "no such name", None, Foreign()]
    if isinstance(valid, jax.Array | np.ndarray):
        return _corrupt_array(valid)
    if isinstance(valid, Mapping):
        return ["a mapping", 3, [], {}, {"no such name": next(iter(valid.values()))}, {1: 2}]
    if isinstance(valid, tuple | list) and all(isinstance(n, int) for n in valid):
        return ["three", (), (0,), (-1, 2), (1.5,), ("a",), None, Foreign()]
    if isinstance(valid, tuple | list):
        return ["a sequence", 3, (Foreign(),), (3,)]
    if callable(valid) and not isinstance(valid, eqx.Module):
        return ["a function", 3, None]
    return ["nonsense", 3, None, Foreign(), type(valid)]


def _corrupt_array(valid):
    if jnp.issubdtype(valid.dtype, jax.dtypes.prng_key):
        return [0, "key", None, 1.5, np.ones(2), Foreign()]
    wrong = ["an array", None, Foreign(), np.array(["a", "b"]), np.zeros((0, *valid.shape[1:]))]
    if np.issubdtype(valid.dtype, np.floating):
        spoilt = np.array(valid)
        spoilt.flat[0] = math.nan
        wrong.append(spoilt)
    return wrong
