"""What a reconstructed system is judged by."""

import functools
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from ...analysis import (
    LyapunovSpectrum,
    attractor_distance,
    lyapunov_spectrum,
    mixture_distance,
    prediction_error,
    spectral_distance,
)
from ...cells import ShallowPLRNN
from ._series import Series, load

EXPONENT_STEPS, TRANSIENT, SEGMENTS = 20_000, 1000, 20


class Judged(NamedTuple):
    """A free run, and how far it is from the test part."""

    generated: np.ndarray
    attractor: float
    spectrum: float
    prediction: float


def free_run(model: ShallowPLRNN, start: Any, steps: int) -> np.ndarray:
    """Return the model's own trajectory, from a state on."""
    return np.asarray(_path(model, jnp.asarray(start, jnp.float32), steps), np.float64)


def forecast(model: ShallowPLRNN, points: np.ndarray, steps: int) -> np.ndarray:
    """Return where points are some steps later."""
    return np.asarray(_moved(model, jnp.asarray(points, jnp.float32), steps))


@eqx.filter_jit
def _path(model, start, steps):
    return jax.lax.scan(lambda z, _: (model.advance(z), z), start, None, steps)[1]


@eqx.filter_jit
def _moved(model, points, steps):
    step = jax.vmap(model.advance)
    return jax.lax.scan(lambda z, _: (step(z), None), points, None, steps)[0]


def judge(model: ShallowPLRNN, series: Series, bins: int) -> Judged:
    """Return the measures of a free run from the first test point, as long as the test part."""
    true = series.test
    generated = free_run(model, true[0], len(true))
    if bins:
        attractor = attractor_distance(true, generated, bins=bins)
    else:
        attractor = mixture_distance(true, generated, key=jax.random.key(0))
    error = prediction_error(lambda points, n: forecast(model, points, n), true, 20)
    return Judged(generated, attractor, spectral_distance(true, generated), error)


def exponents_of_model(model: ShallowPLRNN, series: Series) -> LyapunovSpectrum:
    """Return the Lyapunov spectrum of the free-running model."""
    return lyapunov_spectrum(
        model.advance,
        series.test[0],
        steps=EXPONENT_STEPS,
        transient=TRANSIENT,
        segments=SEGMENTS,
        dt=series.dt,
    )


@functools.cache
def exponents_of_source(data: str) -> LyapunovSpectrum | None:
    """Return the Lyapunov spectrum of the equations, or None where there are none."""
    series = load(data)
    if series.flow is None:
        return None
    return lyapunov_spectrum(
        series.flow,
        series.restored(series.test[0]),
        steps=EXPONENT_STEPS,
        transient=TRANSIENT,
        segments=SEGMENTS,
        dt=series.dt,
    )
