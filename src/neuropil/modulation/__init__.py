"""Nodes that set the gain of others."""

from ._batch_norm import BatchNorm as BatchNorm
from ._batch_norm import BatchNormState as BatchNormState
from ._statistics import BatchStatistics as BatchStatistics
from ._statistics import FrozenStatistics as FrozenStatistics
from ._statistics import Statistics as Statistics
