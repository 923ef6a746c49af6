"""Receptor kinetics, electrical synapses, and release: what lies between two neurons."""

from ._active_segments import ActiveSegments as ActiveSegments
from ._conductance import AlphaConductance as AlphaConductance
from ._conductance import Conductance as Conductance
from ._conductance import DoubleExponentialConductance as DoubleExponentialConductance
from ._conductance import ExponentialConductance as ExponentialConductance
from ._current import AlphaCurrent as AlphaCurrent
from ._current import DoubleExponentialCurrent as DoubleExponentialCurrent
from ._current import ExponentialCurrent as ExponentialCurrent
from ._gabab import GABAB as GABAB
from ._gap_junction import GapJunction as GapJunction
from ._gap_junction import gap_junction as gap_junction
from ._nmda import NMDA as NMDA
from ._nmda import BlockedConductance as BlockedConductance
from ._postsynaptic_potential import PostsynapticPotential as PostsynapticPotential
from ._postsynaptic_potential import PotentialState as PotentialState
from ._release import Release as Release
from ._release import ReleaseState as ReleaseState
from ._saturating_gate import SaturatingGate as SaturatingGate
