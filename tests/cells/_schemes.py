"""Integration schemes in plain NumPy, for fields of complex numbers, and a run of one neuron model.

Derivatives are taken along the imaginary axis, which is exact to rounding: a field must be written
with operations that are analytic, and compare real parts only.
"""

import numpy as np

TINY = 1e-30


def euler(field, y, dt):
    return y + dt * field(y)


def sequential(field, y, dt):
    y = y.copy()
    for i in range(len(y)):
        y[i] += dt * field(y)[i]
    return y


def heun(field, y, dt):
    first = field(y)
    return y + 0.5 * dt * (first + field(y + dt * first))


def rk4(field, y, dt):
    a = field(y)
    b = field(y + 0.5 * dt * a)
    c = field(y + 0.5 * dt * b)
    d = field(y + dt * c)
    return y + dt / 6.0 * (a + 2 * b + 2 * c + d)


def jacobian(field, y):
    """The matrix of derivatives `[result, argument, neuron]`."""
    n = len(y)
    moved = np.repeat(y[:, None].astype(complex), n, 1)  # [variable, direction, neuron]
    moved[np.arange(n), np.arange(n)] += 1j * TINY
    return np.imag(field(moved)) / TINY


def exponential(field, y, dt):
    n = len(y)
    own = dt * jacobian(field, y)[np.arange(n), np.arange(n)]
    safe = np.where(own == 0.0, 1.0, own)
    with np.errstate(over="ignore", invalid="ignore"):  # in the tick of a spike
        growth = np.where(own == 0.0, 1.0, np.expm1(np.minimum(safe, 40.0)) / np.minimum(safe, 40))
        return y + dt * growth * field(y)


def implicit(field, y, dt, together=()):
    """Backward Euler with one Newton step: a dense solve, in which diagonals outweigh their rows.

    Besides those in `together`, variables do not see each other move.
    """
    matrices = np.moveaxis(jacobian(field, y), -1, 0)
    kept = np.eye(len(y), dtype=bool)
    kept[np.ix_(together, together)] = True
    matrices = np.where(kept, matrices, 0.0)
    own = np.arange(len(y))
    others = np.abs(matrices).sum(-1) - np.abs(matrices[:, own, own])
    matrices[:, own, own] = np.minimum(matrices[:, own, own], -others)
    change = dt * field(y)
    return y + np.linalg.solve(np.eye(len(y)) - dt * matrices, change.T[..., None])[..., 0].T


def run(field, start, current, dt, scheme, spikes, reset):
    """Return spikes `[time, neuron]` and all variables over time `[time, variable, neuron]`.

    `field(y, i)`; `spikes(y, before)` tells who spikes; `reset(y, spike)` returns what follows.
    """
    y, found, kept = np.array(start, float), [], []
    for now in current:
        before = y
        y = scheme(lambda z, now=now: field(z, now), y, dt)
        spike = spikes(y, before)
        y = reset(y, spike)
        found.append(spike)
        kept.append(y)
    return np.array(found), np.array(kept)


def crossing(threshold):
    """One spike where the first variable comes through the threshold from below."""
    return lambda y, before: (y[0] >= threshold) & (before[0] < threshold)


def above(threshold):
    return lambda y, before: y[0] >= threshold


def nothing(y, spike):
    return y


def step_and_noise(ticks, dt, step, mean, spread, seed=0):
    """A step in the middle four fifths for neuron 0, and for neuron 1 noise of 1 ms steps."""
    held = round(1.0 / dt)
    noise = np.repeat(np.random.default_rng(seed).normal(mean, spread, ticks // held + 1), held)
    inside = (np.arange(ticks) > 0.1 * ticks) & (np.arange(ticks) < 0.9 * ticks)
    return np.stack([np.where(inside, step, 0.0), noise[:ticks]], 1)
