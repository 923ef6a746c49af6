"""Measures on what was recorded: spike statistics, and what trajectories of chaos have in common.

They take arrays, or `Events` for long runs, and compute in double precision with NumPy: a recording
is measured once and after the run, where nothing needs compiling or a gradient.
"""

from ._attractor_distance import attractor_distance as attractor_distance
from ._attractor_distance import mixture_distance as mixture_distance
from ._circular import circular_difference as circular_difference
from ._circular import circular_mean as circular_mean
from ._circular import circular_spread as circular_spread
from ._circular import population_vector as population_vector
from ._correlation import mean_correlation as mean_correlation
from ._correlation import pair_correlations as pair_correlations
from ._correlogram import Correlogram as Correlogram
from ._correlogram import autocorrelogram as autocorrelogram
from ._correlogram import cross_correlogram as cross_correlogram
from ._delay_embedding import delay_embedding as delay_embedding
from ._events import Events as Events
from ._events import events_of as events_of
from ._events import spikes_of as spikes_of
from ._fano_factor import fano_factor as fano_factor
from ._intervals import Intervals as Intervals
from ._intervals import coefficient_of_variation as coefficient_of_variation
from ._intervals import intervals as intervals
from ._intervals import local_variation as local_variation
from ._lempel_ziv import lempel_ziv_complexity as lempel_ziv_complexity
from ._lempel_ziv import lempel_ziv_entropy_rate as lempel_ziv_entropy_rate
from ._lyapunov import LyapunovSpectrum as LyapunovSpectrum
from ._lyapunov import kaplan_yorke_dimension as kaplan_yorke_dimension
from ._lyapunov import lyapunov_spectrum as lyapunov_spectrum
from ._lyapunov import product_norms as product_norms
from ._nearest_mean import NearestMean as NearestMean
from ._packing import pack_spikes as pack_spikes
from ._packing import unpack_events as unpack_events
from ._packing import unpack_spikes as unpack_spikes
from ._power_spectrum import Spectrum as Spectrum
from ._power_spectrum import power_spectrum as power_spectrum
from ._prediction_error import prediction_error as prediction_error
from ._rates import binned_counts as binned_counts
from ._rates import population_rate as population_rate
from ._rates import rates as rates
from ._sparse_distributed import false_match as false_match
from ._sparse_distributed import missed_match as missed_match
from ._sparse_distributed import overlap_distribution as overlap_distribution
from ._sparse_distributed import union_synapses as union_synapses
from ._spectral_distance import spectral_distance as spectral_distance
from ._synchrony import synchrony as synchrony
from ._synchrony import synchrony_of_counts as synchrony_of_counts
from ._timescale import Timescale as Timescale
from ._timescale import autocorrelation as autocorrelation
from ._timescale import exponential_timescale as exponential_timescale
from ._timescale import network_timescale as network_timescale
from ._van_rossum import van_rossum_distance as van_rossum_distance
