"""A current from outside."""

from ...core import Drive, Receptor


class Electrode(Receptor):
    """Arrivals are a current (nA) for the length of the tick."""

    def init(self, size):
        """Return no state."""
        return ()

    def step(self, state, arriving, v, tick):
        """Pass the current on."""
        return state, Drive(const=arriving)
