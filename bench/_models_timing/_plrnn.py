"""The problem of a piecewise-linear network under forcing: weights, data, operations."""

import numpy as np

LEARNING_RATE, ALPHA = 1e-4, 0.5


def weights(sizes: dict) -> dict[str, np.ndarray]:
    """Return random weights by the names of `cells.ShallowPLRNN`."""
    random, size, hidden = np.random.default_rng(0), sizes["size"], sizes["hidden"]

    def uniform(limit, *shape):
        return random.uniform(-limit, limit, shape).astype(np.float32)

    return {
        "a": uniform(0.9, size),
        "w1": uniform(hidden**-0.5, size, hidden),
        "w2": uniform(size**-0.5, hidden, size),
        "h1": uniform(0.1, size),
        "h2": uniform(0.1, hidden),
    }


def data(sizes: dict) -> np.ndarray:
    """Return windows `[time, sample, variable]` of smooth noise."""
    shape = sizes["ticks"], sizes["batch"], sizes["size"]
    walk = np.cumsum(np.random.default_rng(1).standard_normal(shape), axis=0)
    return (walk / walk.std()).astype(np.float32)


def operations(sizes: dict) -> int:
    """Return multiplications and additions of a step's products: two forward, four backward."""
    products = sizes["batch"] * (sizes["ticks"] - 1) * sizes["size"] * sizes["hidden"]
    return 6 * 2 * products
