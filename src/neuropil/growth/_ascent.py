"""How dendrites climb."""

from dataclasses import dataclass

import optax

from ..numerics import as_count, as_instance, fail

_ADAM = optax.adam(1e-2)


@dataclass(frozen=True)
class Ascent:
    """How dendrites are trained: by which steps, how many, and on how many samples at a time.

    **Arguments:** `optimizer`, an optax transformation; `steps`, at most; `patience`, steps without
    a better mean score after which it ends, None for never; `batch_size`, None for all samples;
    `decay`, of running averages, per batch.

    **Raises:** `NeuropilError` for counts below 1, and a decay outside of 0 to 1.

    >>> Ascent(steps=100).batch_size is None
    True
    """

    optimizer: optax.GradientTransformation = _ADAM
    steps: int = 400
    patience: int | None = None
    batch_size: int | None = None
    decay: float = 0.99

    def __post_init__(self):
        """Refuse nonsense."""
        kind, what = optax.GradientTransformation, "an optax transformation"
        as_instance(self.optimizer, "optimizer", kind, what)
        as_count(self.steps, "steps")
        for name in ("patience", "batch_size"):
            if getattr(self, name) is not None:
                as_count(getattr(self, name), name)
        if not isinstance(self.decay, float) or not 0.0 <= self.decay < 1.0:
            fail("decay", self.decay, "a float from 0 to below 1", "pass e.g. decay=0.99")


USUAL = Ascent()
