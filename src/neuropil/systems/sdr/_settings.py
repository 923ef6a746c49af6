from dataclasses import dataclass

from .._settings import setting


@dataclass(frozen=True)
class Settings:
    """What is stored on segments, and how it is tested."""

    cells: int = setting(2000, "cells n", least=2, most=100_000)
    active: int = setting(40, "active cells a of a pattern", least=1)
    synapses: int = setting(20, "synapses s of a segment for every pattern it stores", least=1)
    threshold: int = setting(10, "active synapses a segment needs for a spike", least=1)
    segments: int = setting(10, "segments of a neuron", least=1, most=1000)
    stored: int = setting(1, "patterns that a segment stores", least=1, most=1000)
    neurons: int = setting(1000, "neurons, each with segments of its own", least=1, most=100_000)
    patterns: int = setting(100, "random patterns shown at each setting", least=1)
