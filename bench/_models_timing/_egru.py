"""The problem of gated units of which a set share sends: weights, thresholds, inputs.

A unit with a threshold of 1 never sends; one with a threshold of 0 and a large bias of what it
proposes always does.
"""

import numpy as np

INPUTS, DENSITY = 16, 0.1


def weights(sizes: dict) -> dict[str, np.ndarray]:
    """Return random weights by the names of `cells.EGRU`."""
    random, n = np.random.default_rng(0), sizes["units"]

    def normal(rows):
        spread = np.sqrt(2.0 / (rows + n))
        return random.normal(0.0, spread, (rows, 3 * n)).astype(np.float32)

    threshold = np.ones(n, np.float32)
    threshold[random.permutation(n)[: round(sizes["activity"] * n)]] = 0.0
    bias = np.zeros(3 * n, np.float32)
    bias[2 * n :] = 5.0
    return {
        "weight": normal(INPUTS),
        "recurrent": normal(n),
        "bias": bias,
        "recurrent_bias": np.zeros(3 * n, np.float32),
        "threshold": threshold,
    }


def pruned(recurrent: np.ndarray) -> np.ndarray:
    """Return the weights without all but the largest tenth of every row."""
    least = np.quantile(np.abs(recurrent), 1.0 - DENSITY, axis=1, keepdims=True)
    return np.where(np.abs(recurrent) >= least, recurrent, 0.0).astype(np.float32)


def data(sizes: dict) -> np.ndarray:
    """Return inputs of one sample, `[time, input]`."""
    shape = sizes["ticks"], INPUTS
    return np.random.default_rng(1).standard_normal(shape).astype(np.float32)
