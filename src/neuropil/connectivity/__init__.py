"""Where synapses are, how late they are, and their first weights."""

from ._conv2d import Conv2d as Conv2d
from ._delays import AxonalDelay as AxonalDelay
from ._delays import Delay as Delay
from ._delays import NoDelay as NoDelay
from ._delays import ProjectionDelay as ProjectionDelay
from ._delays import ticks_of as ticks_of
from ._dense import Dense as Dense
from ._initialisers import constant as constant
from ._initialisers import dale_signs as dale_signs
from ._initialisers import kaiming_uniform as kaiming_uniform
from ._initialisers import lecun_uniform as lecun_uniform
from ._initialisers import normal as normal
from ._learnable_delays import GaussianInterpolation as GaussianInterpolation
from ._learnable_delays import Interpolation as Interpolation
from ._learnable_delays import LearnableDelays as LearnableDelays
from ._learnable_delays import LinearInterpolation as LinearInterpolation
from ._one_to_one import OneToOne as OneToOne
from ._sparse import Sparse as Sparse
from ._sparse import from_edges as from_edges
from ._synaptic_delays import DelayedDense as DelayedDense
