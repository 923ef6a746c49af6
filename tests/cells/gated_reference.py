"""Gated units in NumPy, written from their equations, with their derivatives by hand."""

from typing import NamedTuple

import numpy as np


class Weights(NamedTuple):
    weight: np.ndarray
    recurrent: np.ndarray
    bias: np.ndarray
    recurrent_bias: np.ndarray
    threshold: np.ndarray


def sigmoid(x):
    return 1.0 / (1.0 + np.exp(-x))


def forward(w: Weights, x: np.ndarray, has_events: bool = True) -> list[dict[str, np.ndarray]]:
    """Return what every tick holds, of inputs [time, batch, input]."""
    n, batch = w.recurrent.shape[0], x.shape[1]
    h = y = np.zeros((batch, n))
    ticks = []
    for t in range(len(x)):
        az, ar, ag = np.split(x[t] @ w.weight + w.bias, 3, axis=1)
        uz, ur, ug = np.split(y @ w.recurrent + w.recurrent_bias, 3, axis=1)
        z, r = sigmoid(az + uz), sigmoid(ar + ur)
        g = np.tanh(ag + r * ug)
        c = z * h + (1.0 - z) * g
        e = (c > w.threshold).astype(float) if has_events else np.ones_like(c)
        held, sent = h, y
        y = e * c
        h = c - e * w.threshold if has_events else c
        ticks.append(dict(x=x[t], held=held, sent=sent, z=z, r=r, g=g, ug=ug, c=c, e=e, y=y, h=h))
    return ticks


def backward(w: Weights, ticks, by_output: np.ndarray, slope) -> Weights:
    """Return the derivatives of sum(by_output * y), where `slope` stands for that of the step."""
    found = Weights(*(np.zeros_like(part) for part in w))
    dy_next = dh = np.zeros_like(ticks[0]["y"])
    for k, by in zip(ticks[::-1], by_output[::-1], strict=True):
        dy, s = by + dy_next, slope(k["c"] - w.threshold)
        dc = dy * (k["e"] + k["c"] * s) + dh * (1.0 - w.threshold * s)
        found.threshold[:] += (-dy * k["c"] * s + dh * (w.threshold * s - k["e"])).sum(0)
        dz = dc * (k["held"] - k["g"]) * k["z"] * (1.0 - k["z"])
        dg = dc * (1.0 - k["z"]) * (1.0 - k["g"] ** 2)
        dr = dg * k["ug"] * k["r"] * (1.0 - k["r"])
        da, du = np.hstack([dz, dr, dg]), np.hstack([dz, dr, dg * k["r"]])
        found.weight[:] += k["x"].T @ da
        found.recurrent[:] += k["sent"].T @ du
        found.bias[:] += da.sum(0)
        found.recurrent_bias[:] += du.sum(0)
        dy_next, dh = du @ w.recurrent.T, dc * k["z"]
    return found
