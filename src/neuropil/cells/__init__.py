"""Neuron equations, emission, refractoriness, and named populations."""

from ._alif import AdaptiveLIF as AdaptiveLIF
from ._alif import adaptive_lif as adaptive_lif
from ._emission import Graded as Graded
from ._emission import Threshold as Threshold
from ._izhikevich import Izhikevich as Izhikevich
from ._izhikevich import izhikevich as izhikevich
from ._leaky_integrator import LeakyIntegrator as LeakyIntegrator
from ._leaky_integrator import leaky_integrator as leaky_integrator
from ._lif import LIF as LIF
from ._lif import lif as lif
from ._refractory import AbsoluteRefractory as AbsoluteRefractory
from ._reset import HardReset as HardReset
from ._reset import NoReset as NoReset
from ._reset import Reset as Reset
from ._reset import SoftReset as SoftReset
