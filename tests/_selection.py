"""Which cases of a test the quick selection keeps."""

import pytest


def mostly_slow(quick, *others) -> list:
    """Return parameters for pytest: the first in every run, the others in the whole run only."""
    return [quick, *(pytest.param(other, marks=pytest.mark.slow) for other in others)]
