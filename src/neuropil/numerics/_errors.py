"""One form for every error a user can cause: what was got, what was expected, how to fix it."""

from collections.abc import Iterable
from typing import Any, NoReturn

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer


class NeuropilError(ValueError):
    """Bad input, reported as *got / expected / how to fix*."""


def fail(argument: str, got: Any, expected: str, fix: str) -> NoReturn:
    """Raise a :class:`NeuropilError` that names the argument.

    **Arguments:** `argument`, its name; `got`, the value or a description of it; `expected` and
    `fix`, phrases without a full stop.

    **Raises:** always `NeuropilError`.

    >>> fail("tau", -1.0, "a positive time constant in ms", "pass e.g. tau=20.0")
    Traceback (most recent call last):
    neuropil.numerics._errors.NeuropilError: tau: got -1.0; expected a positive time constant in ms.
    Fix: pass e.g. tau=20.0.
    """
    shown = got if isinstance(got, str) and got else repr(got)
    raise NeuropilError(f"{argument}: got {shown}; expected {expected}.\nFix: {fix}.")


def is_traced(value: Any) -> bool:
    """Whether a value is abstract, so that only its shape and type can be checked."""
    return isinstance(value, Tracer)


def as_parameter(
    value: Any,
    name: str,
    *,
    unit: str = "",
    minimum: float | None = None,
    maximum: float | None = None,
    positive: bool = False,
    may_be_empty: bool = False,
) -> jax.Array:
    """Turn a number or array into a floating-point array, refusing nonsense.

    **Arguments:** `value`, any shape; `name` and `unit`, for the message; `minimum` and `maximum`,
    the smallest and largest value allowed; `positive`, refuse zero and below;
    `may_be_empty`, take an array of no numbers, as the weights of no synapses.

    **Raises:** `NeuropilError` for text, booleans, NaN, infinities and values out of range.

    >>> as_parameter(20, "tau", unit="ms", positive=True).dtype
    dtype('float32')
    """
    in_unit = f" in {unit}" if unit else ""
    kind = "a positive" if positive else "a finite"
    expected = f"{kind} number or array{in_unit}"
    if minimum is not None:
        expected += f", at least {minimum:g}"
    if maximum is not None:
        expected += f", at most {maximum:g}"
    fix = f"pass a float or a numeric array as {name}"
    if isinstance(value, str | bytes | bool) or value is None:
        fail(name, value, expected, fix)
    try:
        array = jnp.asarray(value)
    except (TypeError, ValueError):
        fail(name, value, expected, fix)
    if not (jnp.issubdtype(array.dtype, jnp.floating) or jnp.issubdtype(array.dtype, jnp.integer)):
        fail(name, f"an array of {array.dtype}", expected, fix)
    is_real = jnp.issubdtype(array.dtype, jnp.floating)
    array = array.astype(array.dtype if is_real else jnp.result_type(float))  # of no weak type
    if array.size == 0 and not may_be_empty:
        fail(name, "an empty array", expected, fix)
    if not is_traced(array):
        host = np.asarray(array, dtype=np.float64)
        bad = ~np.isfinite(host)
        if positive:
            bad |= host <= 0
        if minimum is not None:
            bad |= host < minimum
        if maximum is not None:
            bad |= host > maximum
        if bad.any():
            where = np.unravel_index(int(np.argmax(bad)), bad.shape)
            at = f"{host[where]:g} at index {', '.join(map(str, where))}"
            fail(name, at if bad.ndim else value, expected, fix)
    return array


def as_count(value: Any, name: str, *, minimum: int = 1, what: str = "an integer") -> int:
    """Return a Python integer, refusing anything that is not one.

    **Raises:** `NeuropilError` for floats, booleans, text and values below `minimum`.

    >>> as_count(3, "channels")
    3
    """
    is_integer = isinstance(value, int | np.integer) and not isinstance(value, bool)
    if not is_integer or value < minimum:
        fail(name, value, f"{what}, at least {minimum}", f"pass {name} as an int")
    return int(value)


def as_share(value: Any, name: str) -> float:
    """Return a number from 0 to below 1, such as how many are left out, refusing anything else."""
    is_number = isinstance(value, int | float | np.integer | np.floating)
    if not is_number or isinstance(value, bool) or not 0.0 <= value < 1.0:
        fail(name, value, "a number from 0 to below 1", f"pass e.g. {name}=0.1")
    return float(value)


def as_flag(value: Any, name: str) -> bool:
    """Return a boolean, refusing anything else: `"no"` would count as true.

    **Raises:** `NeuropilError`.

    >>> as_flag(True, "guard")
    True
    """
    if not isinstance(value, bool | np.bool_):
        fail(name, value, "True or False", f"pass {name}=True or {name}=False")
    return bool(value)


def as_shape(value: Any, name: str) -> tuple[int, ...]:
    """Return a shape as a tuple of positive integers; a single integer is a vector.

    **Raises:** `NeuropilError` for empty shapes and non-positive or non-integer entries.

    >>> as_shape(5, "size"), as_shape((2, 3), "size")
    ((5,), (2, 3))
    """
    entries = (value,) if not isinstance(value, tuple | list) else tuple(value)
    good = entries and all(
        isinstance(n, int | np.integer) and not isinstance(n, bool) and n > 0 for n in entries
    )
    if not good:
        fail(name, value, "a positive int or a tuple of positive ints", f"pass e.g. {name}=100")
    return tuple(int(n) for n in entries)


def as_choice(value: Any, name: str, known: Iterable[str]) -> str:
    """Return `value` if it is among the known names, else fail with the nearest one.

    **Raises:** `NeuropilError` that lists the known names.

    >>> as_choice("exc", "source", ["exc", "inh"])
    'exc'
    """
    import difflib

    names = list(known)
    if value not in names:
        near = difflib.get_close_matches(str(value), names, n=1)
        hint = f"did you mean {near[0]!r}?" if near else "use one of the names listed"
        fail(name, value, f"one of {names}", hint.rstrip("?"))
    return value


def as_instance(value: Any, name: str, kind: type | tuple[type, ...], what: str) -> Any:
    """Return `value` if it is of the given kind, else fail.

    **Raises:** `NeuropilError`.

    >>> as_instance(1.0, "dt", float, "a time step in ms")
    1.0
    """
    if not isinstance(value, kind):
        fail(name, f"{value!r} ({type(value).__name__})", what, f"pass {what} as {name}")
    return value


def as_time_step(dt: Any) -> Any:
    """Return the time step as a float in ms.

    **Raises:** `NeuropilError` unless `dt` is one positive finite number.

    >>> as_time_step(1)
    1.0
    """
    expected = "one positive finite number in ms"
    if is_traced(dt):
        return dt
    is_number = isinstance(dt, int | float | np.integer | np.floating) and not isinstance(dt, bool)
    if not is_number or not np.isfinite(dt) or dt <= 0:
        fail("dt", dt, expected, "pass e.g. dt=1.0")
    return float(dt)


def as_keys(key: Any, name: str = "key") -> Any:
    """Return random keys (typed or raw) unchanged, refusing integers and other things.

    **Raises:** `NeuropilError`.

    >>> _ = as_keys(jax.random.split(jax.random.key(0)))
    """
    is_raw = isinstance(key, jax.Array) and key.dtype == jnp.uint32
    if not (_is_typed(key) or (is_raw and key.ndim and key.shape[-1] == _raw_size())):
        fail(name, key, "a JAX random key", "pass e.g. jax.random.key(0)")
    return key


def as_key(key: Any, name: str = "key") -> Any:
    """Return one random key (typed or raw) unchanged, refusing several, integers and other things.

    **Raises:** `NeuropilError`.

    >>> _ = as_key(jax.random.key(0))
    """
    as_keys(key, name)
    if not is_one_key(key):
        fail(name, f"keys of shape {key.shape}", "one JAX random key", "pass e.g. keys[0]")
    return key


def is_one_key(keys: Any) -> bool:
    """Whether keys (typed or raw) are a single one.

    **Raises:** `NeuropilError` for anything but keys.

    >>> is_one_key(jax.random.key(0)), is_one_key(jax.random.split(jax.random.key(0)))
    (True, False)
    """
    return as_keys(keys, "keys").ndim == (0 if _is_typed(keys) else 1)


def _raw_size():
    """Return how many numbers a raw key holds; it depends on the generator that is chosen."""
    return jax.eval_shape(lambda: jax.random.key_data(jax.random.key(0))).shape[0]


def _is_typed(key):
    return isinstance(key, jax.Array) and jnp.issubdtype(key.dtype, jax.dtypes.prng_key)
