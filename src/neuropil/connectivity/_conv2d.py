import equinox as eqx
import jax

from ..core import Connectivity
from ..numerics import as_choice, as_count, as_shape, fail, tick_by_tick
from ._delays import Delay, NoDelay
from ._dense import check_delay


class Conv2d(Connectivity):
    r"""A shared kernel moved over images: $I_{o,y,x} = \sum_{c,i,j} w_{ocij}\, s_{c,\,y+i,\,x+j}$.

    **Arguments:** `source`, `(channels, height, width)`; `channels`, of the target; `kernel`, its
    height and width; `stride`; `padding`, `"SAME"` or `"VALID"`; `groups`; `delay`, as for
    :class:`Dense`.

    **Raises:** `NeuropilError` for a source that is not three-dimensional, a kernel larger than
    the image, and groups that do not divide the channels.

    >>> Conv2d((1, 8, 8), channels=4, kernel=3).target
    (4, 8, 8)
    """

    source: tuple = eqx.field(static=True, converter=lambda value: as_shape(value, "source"))
    channels: int = eqx.field(static=True, converter=lambda value: as_count(value, "channels"))
    kernel: tuple = eqx.field(static=True, converter=lambda value: _pair(value, "kernel"))
    stride: tuple = eqx.field(
        static=True, default=1, converter=lambda value: _pair(value, "stride")
    )
    padding: str = eqx.field(
        static=True,
        default="SAME",
        converter=lambda value: as_choice(value, "padding", ("SAME", "VALID")),
    )
    groups: int = eqx.field(
        static=True, default=1, converter=lambda value: as_count(value, "groups")
    )
    delay: Delay = eqx.field(default_factory=NoDelay)

    def __check_init__(self):
        """Refuse shapes that do not convolve."""
        if len(self.source) != 3:
            fail("source", self.source, "(channels, height, width)", "add the missing axes")
        if any(k > n for k, n in zip(self.kernel, self.source[1:], strict=True)):
            fail("kernel", self.kernel, f"at most the image's {self.source[1:]}", "make it smaller")
        if self.source[0] % self.groups or self.channels % self.groups:
            fail(
                "groups",
                self.groups,
                f"a divisor of the channels {self.source[0]} and {self.channels}",
                "choose e.g. groups=1",
            )
        check_delay(self.delay, self.source)

    @property
    def target(self):
        """`(channels, height, width)` of the result."""
        weight = jax.ShapeDtypeStruct(self.weight_shape, float)
        seen = jax.ShapeDtypeStruct(self.source, float)
        return jax.eval_shape(self._convolve, weight, seen).shape

    @property
    def weight_shape(self):
        """`(channels out, channels in per group, height, width)`."""
        return (self.channels, self.source[0] // self.groups, *self.kernel)

    @property
    def fan_in(self):
        """Entries of one kernel."""
        return self.weight_shape[1] * self.kernel[0] * self.kernel[1]

    @property
    def depth(self):
        """The longest delay."""
        return self.delay.longest

    @property
    def shortest(self):
        """The shortest delay."""
        return self.delay.shortest

    def read(self, window):
        """Return the delayed image."""
        return self.delay.read(window)

    def transmit(self, weight, seen):
        """Return the convolution."""
        return self._convolve(weight, seen)

    def sweep(self, weight, past, signal):
        """Return all ticks' convolutions as one."""
        block = tick_by_tick(lambda images, weight: self._convolve_batch(weight, images))
        return block(self.delay.sweep(past, signal), weight)

    def constrained(self):
        """Return itself: nothing here is learnt."""
        return self

    def _convolve(self, weight, seen):
        return self._convolve_batch(weight, seen[None])[0]

    def _convolve_batch(self, weight, images):
        return jax.lax.conv_general_dilated(
            images.astype(weight.dtype),
            weight,
            self.stride,
            self.padding,
            feature_group_count=self.groups,
        )


def _pair(value, name):
    shape = as_shape(value, name)
    if len(shape) > 2:
        fail(name, value, "one or two positive ints", f"pass e.g. {name}=3")
    return shape * 2 if len(shape) == 1 else shape
