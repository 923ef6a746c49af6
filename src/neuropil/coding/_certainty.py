"""How sure an answer is, and when it is sure enough."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from ._checks import as_recording, as_scalar


def certainty(scores: Float[Array, "*rest classes"]) -> Float[Array, "*rest"]:
    r"""Return how sure scores are, $1 - H(\mathrm{softmax}(y)) / \ln C$.

    0 where all classes are alike, 1 where there is no doubt.

    **Arguments:** `scores` y, `[..., class]`.

    **Raises:** `NeuropilError` for anything else.

    >>> certainty(jnp.array([[0.0, 0.0], [100.0, 0.0]])).tolist()
    [0.0, 1.0]

    Source: Darlow et al. 2025, https://doi.org/10.48550/arXiv.2505.05522
    """
    scores = as_recording(scores, "scores", "[..., class]")
    logarithm = jax.nn.log_softmax(scores, axis=-1)
    entropy = -jnp.sum(jnp.exp(logarithm) * logarithm, axis=-1)
    return 1.0 - entropy / jnp.log(max(scores.shape[-1], 2))


def stopping_tick(confidence: Float[Array, "time *rest"], threshold) -> Int[Array, "*rest"]:
    r"""Return the first tick whose confidence is above a threshold, else the last one.

    **Arguments:** `confidence`, `[time, ...]`, of any kind; `threshold`, one number.

    **Raises:** `NeuropilError` for anything else.

    >>> stopping_tick(jnp.array([[0.2, 0.1], [0.9, 0.2], [0.5, 0.3]]), 0.6).tolist()
    [1, 2]
    """
    confidence = as_recording(confidence, "confidence", "[time, ...]")
    enough = confidence > as_scalar(threshold, "threshold", "units of confidence", positive=False)
    last = confidence.shape[0] - 1
    return jnp.where(enough.any(axis=0), jnp.argmax(enough, axis=0), last)
