"""Random counts, faster than the general form where few are expected."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

UNROLLED = 6  # steps that are one loop over the numbers; few means take more
MOST = 32.0  # e^-32 and the sums that start with it are ordinary numbers in single precision


def poisson_counts(key, mean: Float[Array, "..."], size: tuple[int, ...]) -> Float[Array, "*n"]:
    """Return numbers with the Poisson distribution of the means, which broadcast to `size`.

    A large mean is drawn in parts, since the sum of such numbers is such a number.
    """
    parts = jnp.ceil(jnp.max(mean) / MOST).astype(jnp.int32)
    share = mean / jnp.maximum(parts, 1)

    def add(part, total):
        return total + _by_inversion(jax.random.fold_in(key, part), share, size)

    return jax.lax.fori_loop(0, parts, add, jnp.zeros(size, mean.dtype))


def _by_inversion(key, mean, size):
    """Walk up the distribution until it has reached a random share, for all at once."""
    share = jax.random.uniform(key, size, mean.dtype)
    least = jnp.finfo(mean.dtype).eps / 64.0  # shares are not told apart more finely than that

    def is_short(carry):
        _, probability, reached, k = carry
        return (reached <= share) & ((probability > least) | (k < mean))

    def one_more(carry):
        count, probability, reached, k = carry
        probability = probability * mean / (k + 1.0)
        return count + is_short(carry), probability, reached + probability, k + 1.0

    none = jnp.broadcast_to(jnp.exp(-mean), size)
    start = jnp.zeros(size, mean.dtype), none, none, jnp.zeros((), mean.dtype)
    for _ in range(UNROLLED):
        start = one_more(start)
    return jax.lax.while_loop(lambda carry: jnp.any(is_short(carry)), one_more, start)[0]
