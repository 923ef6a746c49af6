"""From data to spikes and from spikes to answers."""

from ._delta_modulation import delta_modulation as delta_modulation
from ._first_spike import FirstSpike as FirstSpike
from ._first_spike import FirstSpikeState as FirstSpikeState
from ._first_spike import first_spike as first_spike
from ._gaussian_fields import GaussianFields as GaussianFields
from ._latency import latency as latency
from ._leaky_integral import LeakyIntegral as LeakyIntegral
from ._max_over_time import MaxOverTime as MaxOverTime
from ._max_over_time import max_over_time as max_over_time
from ._ornstein_uhlenbeck import OrnsteinUhlenbeck as OrnsteinUhlenbeck
from ._poisson import PoissonCount as PoissonCount
from ._poisson import PoissonSource as PoissonSource
from ._rate import poisson_rate as poisson_rate
from ._rate import regular_rate as regular_rate
from ._softmax_over_time import softmax_over_time as softmax_over_time
from ._spike_count import SpikeCount as SpikeCount
from ._spike_count import spike_count as spike_count
from ._spike_generator import SpikeGenerator as SpikeGenerator
