"""A leaky memory that writes what a perceptron makes of it, over time."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float


class Affine(NamedTuple):
    """What a layer of a perceptron does before its non-linearity, W x + b."""

    weight: Float[Array, "*size out in"]
    bias: Float[Array, "*size out"]


class Writer(NamedTuple):
    """A perceptron: the weights of its first layer for the memory, and its further layers."""

    first: Float[Array, "out memory"]
    others: Sequence[Affine]


def proposal(activation: Callable, squash: Callable, writer: Writer, held, drive):
    r"""Return what is to be written, and the slope of every layer's non-linearity.

    $a_1 = \\mathrm{drive} + W_1\\,\\mathrm{held}$, $a_{l+1} = W_{l+1} f(a_l) + b_{l+1}$, and the
    last of them squashed. All operands may have leading axes.
    """
    a, slopes = drive + held @ writer.first.T, []
    for weight, bias in writer.others:
        value, slope = _with_slope(activation, a)
        slopes.append(slope)
        a = value @ weight.T + bias
    value, slope = _with_slope(squash, a)
    return value, (*slopes, slope)


@partial(jax.custom_jvp, nondiff_argnums=(0, 1))
def memory_scan(
    activation: Callable, squash: Callable, writer: Writer, kept, written, memory, drive
) -> Float[Array, "time memory"]:
    r"""Return $m_t = \kappa m_{t-1} + \omega\, d(\kappa m_{t-1}, x_t)$ for all t.

    **Arguments:** `activation` and `squash`, elementwise; `writer`, of d; `kept` $\kappa$;
    `written` $\omega$; `memory`, the first; `drive` x over time.
    """

    def tick(memory, drive):
        held = kept * memory
        memory = held + written * proposal(activation, squash, writer, held, drive)[0]
        return memory, memory

    return jax.lax.scan(tick, memory, drive)[1]


@memory_scan.defjvp
def _(activation, squash, primals, tangents):
    # Only what a derivative of the memory hands on from tick to tick needs a loop. All else, also
    # what weights add to it, is done for all ticks at once from the memories that were kept; so
    # the loop of the reverse mode has the products of the forward one and stores nothing.
    writer, kept, written, memory, _ = primals
    memories = memory_scan(activation, squash, *primals)
    before = jnp.concatenate([memory[None], memories[:-1]])

    def update(writer, kept, written, drive):
        held = kept * before
        value, slopes = proposal(activation, squash, writer, held, drive)
        return held + written * value, slopes

    apart = (*primals[:3], primals[4]), (*tangents[:3], tangents[4])
    _, added, slopes = jax.jvp(update, *apart, has_aux=True)

    def tick(change, now):
        slopes, added = now
        held = kept * change
        passed = slopes[0] * (held @ writer.first.T)
        for (weight, _), slope in zip(writer.others, slopes[1:], strict=True):
            passed = slope * (passed @ weight.T)
        change = held + written * passed + added
        return change, change

    return memories, jax.lax.scan(tick, tangents[3], (slopes, added))[1]


def _with_slope(function, x):
    return jax.jvp(function, (x,), (jnp.ones_like(x),))
