import equinox as eqx
import jax
import jax.numpy as jnp

from ..core import Connectivity
from ..numerics import as_choice, as_count, as_shape, fail
from ._delays import join


class DelayedConv2d(Connectivity):
    r"""Kernels in space and delay: every neuron hears its surroundings at many delays.

    $$I_{o,t}(y, x) = \sum_{c,d,i,j} w_{ocdij}\; s_{c,\,t-d}(y - i, x - j),\qquad d = 0 \ldots D-1$$

    with offsets i and j from $-\lfloor k/2 \rfloor$ on. There is a synapse for every delay: what
    moves by v in a tick arrives all at once where the weights lie along $(i, j) = d\,v$.

    **Arguments:** `source`, `(channels, height, width)`; `channels`, of the target; `kernel`, its
    height and width, odd; `delays` D, in ticks; `padding`, `"SAME"`, silence beyond the border, or
    `"WRAP"`, a torus.

    **Raises:** `NeuropilError` for a source that is not three-dimensional, kernels that are even
    or larger than the image, and no delays.

    >>> kind = DelayedConv2d((1, 5, 5), channels=2, kernel=3, delays=4)
    >>> kind.weight_shape, kind.target, kind.depth
    ((2, 1, 4, 3, 3), (2, 5, 5), 3)

    Source: Grimaldi and Perrinet 2023, https://doi.org/10.1007/s00422-023-00975-8
    """

    source: tuple = eqx.field(static=True, converter=lambda value: as_shape(value, "source"))
    channels: int = eqx.field(static=True, converter=lambda value: as_count(value, "channels"))
    kernel: tuple = eqx.field(static=True, converter=lambda value: _pair(value))
    delays: int = eqx.field(static=True, converter=lambda value: as_count(value, "delays"))
    padding: str = eqx.field(
        static=True,
        default="SAME",
        converter=lambda value: as_choice(value, "padding", ("SAME", "WRAP")),
    )

    def __check_init__(self):
        """Refuse shapes that do not convolve."""
        if len(self.source) != 3:
            fail("source", self.source, "(channels, height, width)", "add the missing axes")
        fits = all(k <= n and k % 2 for k, n in zip(self.kernel, self.source[1:], strict=True))
        if not fits:
            expected = f"odd numbers, at most the image's {self.source[1:]}"
            fail("kernel", self.kernel, expected, "pass e.g. kernel=7")

    @property
    def target(self):
        """`(channels, height, width)` of the result."""
        return (self.channels, *self.source[1:])

    @property
    def weight_shape(self):
        """`(channels out, channels in, delay, height, width)`."""
        return (self.channels, self.source[0], self.delays, *self.kernel)

    @property
    def fan_in(self):
        """Entries of one kernel."""
        return self.source[0] * self.delays * self.kernel[0] * self.kernel[1]

    @property
    def depth(self):
        """The longest delay."""
        return self.delays - 1

    @property
    def shortest(self):
        """No delay: there is a synapse without."""
        return 0

    def read(self, window):
        """Return the images of all delays, `[delay, channel, height, width]`."""
        return window[: self.delays]

    def transmit(self, weight, seen):
        """Return the arrivals of all delays."""
        return self._convolve(weight, seen[None])[0]

    def sweep(self, weight, past, signal):
        """Return all ticks' arrivals as one convolution."""
        full, ticks = join(past, signal), signal.shape[0]
        late = [full[self.depth - d : self.depth - d + ticks] for d in range(self.delays)]
        return self._convolve(weight, jnp.stack(late, axis=1))

    def constrained(self):
        """Return itself: nothing here is learnt."""
        return self

    def _convolve(self, weight, images):
        """Return the convolution of images `[n, delay, channel, height, width]`."""
        merged = images.reshape(images.shape[0], -1, *self.source[1:]).astype(weight.dtype)
        margins = [(k // 2, k // 2) for k in self.kernel]
        if self.padding == "WRAP":
            merged = jnp.pad(merged, ((0, 0), (0, 0), *margins), mode="wrap")
            margins = [(0, 0), (0, 0)]
        turned = jnp.flip(weight.swapaxes(1, 2), axis=(-2, -1))  # XLA correlates
        kernels = turned.reshape(self.channels, -1, *self.kernel)
        return jax.lax.conv_general_dilated(merged, kernels, (1, 1), margins)


def _pair(value):
    shape = as_shape(value, "kernel")
    if len(shape) > 2:
        fail("kernel", value, "one or two odd numbers", "pass e.g. kernel=7")
    return shape * 2 if len(shape) == 1 else shape
