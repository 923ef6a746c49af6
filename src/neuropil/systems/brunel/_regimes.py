"""The regimes, told apart by what activity looks like."""

from typing import NamedTuple

from ._measures import Measures
from ._network import DELAY

REGULAR, SYNCHRONOUS = 0.25, 0.7  # a CV below, a modulation above
FAST, SLOW = 1e3 / (4 * DELAY), 60.0  # Hz
AROUND = 1.5  # a fast rhythm is within this factor of one in four delays


class Regime(NamedTuple):
    """What is asked of the activity; `rhythm` is "fast", "slow" or "any"."""

    regular: bool
    synchronous: bool
    rhythm: str

    def holds(self, of: Measures) -> bool:
        """Whether activity is of this regime."""
        rhythms = {
            "fast": FAST / AROUND <= of.rhythm <= FAST * AROUND,
            "slow": of.rhythm <= SLOW,
            "any": True,
        }
        irregular, synchronous = of.cv >= REGULAR, of.modulation >= SYNCHRONOUS
        kept = (irregular != self.regular, synchronous == self.synchronous, rhythms[self.rhythm])
        return bool(all(kept) and of.cv == of.cv)


def regime_of(of: Measures) -> str:
    """Return the name of the regime of activity, `none` where too few spikes tell.

    Synchronous irregular activity is slow up to 60 Hz and fast above.
    """
    if of.cv != of.cv or of.modulation != of.modulation:
        return "none"
    regular, synchronous = of.cv < REGULAR, of.modulation >= SYNCHRONOUS
    if regular or not synchronous:
        return ("S" if synchronous else "A") + ("R" if regular else "I")
    return "SI slow" if of.rhythm <= SLOW else "SI fast"
