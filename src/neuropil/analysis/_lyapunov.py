"""How fast nearby trajectories part: the Lyapunov spectrum, and what follows from it."""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree
from jaxtyping import Float
from numpy.typing import ArrayLike

from ..numerics import as_count, as_time_step, fail
from ._checks import as_traces


class LyapunovSpectrum(NamedTuple):
    """Lyapunov exponents, the largest first, and what every segment of the run gave.

    `segments`, `[segment, exponent]`; all per unit of the time step that was passed.
    """

    segments: Float[np.ndarray, "segments exponents"]

    @property
    def exponents(self) -> Float[np.ndarray, " exponents"]:
        """The mean over segments."""
        return self.segments.mean(axis=0)

    @property
    def standard_error(self) -> Float[np.ndarray, " exponents"]:
        """The standard error of the mean over segments, which takes them to be independent."""
        if not np.isfinite(self.segments).all():
            return np.full(self.segments.shape[1], np.inf)
        return self.segments.std(axis=0, ddof=1) / np.sqrt(len(self.segments))


def lyapunov_spectrum(
    step: Callable[[Any], Any],
    state: Any,
    *,
    steps: int,
    transient: int = 0,
    segments: int = 10,
    exponents: int | None = None,
    dt: float = 1.0,
) -> LyapunovSpectrum:
    r"""Return the Lyapunov spectrum of a map, by orthonormal tangents.

    $$J(z_{t-1})\, Q_{t-1} = Q_t R_t, \qquad
      \lambda_i = \frac{1}{T \Delta t} \sum_t \log |R_{t,ii}|$$

    It is computed in double precision, with the derivative of `step` along the tangents only.

    **Arguments:** `step`, a JAX function from a state to the next; of a node it is `lambda s:
    node.step(s, inputs, tick)[0]`; `state`, an array or a tree of them, of floats; `steps` T;
    `transient`, how many steps to leave out before; `segments`, in how many equal parts the run is
    cut for the error of the mean; `exponents`, how many, or None for all; `dt`, how long a step is,
    in any unit.

    **Returns:** a `LyapunovSpectrum`; infinite where the run diverges.

    **Raises:** `NeuropilError` for a step that returns another kind of state, and counts that do
    not fit.

    >>> henon = lambda z: jnp.stack([1.0 - 1.4 * z[0] ** 2 + z[1], 0.3 * z[0]])
    >>> found = lyapunov_spectrum(henon, jnp.zeros(2), steps=20_000, transient=100)
    >>> bool(abs(found.exponents[0] - 0.419) < 0.01)
    True

    Source: Benettin et al. 1980, https://doi.org/10.1007/BF02128236
    """
    if not callable(step):
        fail("step", step, "a function from a state to the next", "pass e.g. model.advance")
    steps, segments = as_count(steps, "steps"), as_count(segments, "segments", minimum=2)
    transient, dt = as_count(transient, "transient", minimum=0), as_time_step(dt)
    if steps % segments:
        near = max(1, steps // segments) * segments
        fail("steps", steps, f"a multiple of {segments} segments", f"pass steps={near}")
    leaves = jax.tree.leaves(state)
    if not leaves or not all(_is_real(x) for x in leaves):
        fail("state", f"{state!r}", "arrays of finite floats", "pass the state to start from")
    with jax.enable_x64(True):
        state = jax.tree.map(lambda x: jnp.asarray(np.asarray(x), jnp.float64), state)
        flat, unravel = ravel_pytree(state)
        found = jax.eval_shape(lambda state: step(state), state)
        if jax.tree.map(jnp.shape, found) != jax.tree.map(jnp.shape, state):
            shown = jax.tree.map(jnp.shape, found)
            fail("step", f"a function that returns {shown}", "a state like the one it is given",
                 "return what the next call starts from")  # fmt: skip
        count = flat.size if exponents is None else as_count(exponents, "exponents")
        if count > flat.size:
            fail("exponents", count, f"at most {flat.size}, the size of the state", "pass fewer")

        def flat_step(z):
            return ravel_pytree(step(unravel(z)))[0].astype(jnp.float64)

        run = partial(_run, flat_step, count, transient, segments, steps // segments)
        logs = np.asarray(jax.jit(run)(flat))
    logs = logs / (steps // segments * dt)
    return LyapunovSpectrum(logs if np.isfinite(logs).all() else np.full_like(logs, np.inf))


def _run(step, count, transient, segments, length, z):
    """Return the sums of logarithms of every segment."""

    def advance(carry, _):
        z, tangents = carry
        after, push = jax.linearize(step, z)
        tangents, stretch = jnp.linalg.qr(jax.vmap(push, 1, 1)(tangents))
        return (after, tangents), jnp.log(jnp.abs(jnp.diag(stretch)))

    def segment(carry, _):
        carry, logs = jax.lax.scan(advance, carry, None, length)
        return carry, jnp.where(jnp.isfinite(carry[0]).all(), jnp.sum(logs, axis=0), jnp.inf)

    # Tangents in no special direction, so that the first of them grow as the fastest ones do.
    carry = z, jnp.linalg.qr(np.random.default_rng(0).normal(size=(z.size, count)))[0]
    carry, _ = jax.lax.scan(lambda c, _: (advance(c, None)[0], None), carry, None, transient)
    return jax.lax.scan(segment, carry, None, segments)[1]


def kaplan_yorke_dimension(exponents: ArrayLike) -> float:
    r"""Return the dimension of an attractor that its Lyapunov exponents suggest.

    $$D = k + \frac{\sum_{i \le k} \lambda_i}{|\lambda_{k+1}|}$$

    with the largest k of which the sum is not negative; all dimensions if it never is.

    **Arguments:** `exponents`, `[exponent]`, in any order.

    **Raises:** `NeuropilError` for what is not finite.

    >>> round(kaplan_yorke_dimension([0.906, 0.0, -14.57]), 3)
    2.062
    """
    ordered = np.sort(as_traces(exponents, "exponents", "[exponent]", 1))[::-1]
    sums = np.cumsum(ordered)
    if sums[0] < 0:
        return 0.0
    whole = int(np.flatnonzero(sums >= 0)[-1]) + 1
    if whole == len(ordered):
        return float(whole)
    return float(whole + sums[whole - 1] / abs(ordered[whole]))


def product_norms(jacobians: ArrayLike) -> Float[np.ndarray, " time"]:
    r"""Return how large products of Jacobians become, as $\log_{10} \|J_t \cdots J_1\|_2$.

    A gradient that goes back through t ticks grows by at most this; what would not fit in a number
    does as a logarithm. A product of 0 gives minus infinity.

    **Arguments:** `jacobians`, `[time, size, size]`.

    **Raises:** `NeuropilError` for matrices that are not square or not finite.

    >>> product_norms(np.tile(10.0 * np.eye(2), (400, 1, 1)))[[0, -1]]
    array([  1., 400.])
    """
    matrices = as_traces(jacobians, "jacobians", "[time, size, size]", 3)
    size = matrices.shape[-1]
    if matrices.shape[1] != size:
        fail("jacobians", f"shape {matrices.shape}", "[time, size, size]", "pass square matrices")
    found, product, scale = np.full(len(matrices), -np.inf), np.eye(size), 0.0
    for t, matrix in enumerate(matrices):
        product = matrix @ product
        norm = np.linalg.norm(product, 2)
        if norm == 0.0:
            break
        product, scale = product / norm, scale + np.log10(norm)
        found[t] = scale
    return found


def _is_real(x):
    try:
        array = np.asarray(x)
        return array.dtype.kind in "fiu" and array.size > 0 and bool(np.isfinite(array).all())
    except (TypeError, ValueError):
        return False
