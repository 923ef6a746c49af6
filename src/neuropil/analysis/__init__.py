"""Measures on what was recorded: spike statistics.

They take arrays, or `Events` for long runs, and compute in double precision with NumPy: a recording
is measured once and after the run, where nothing needs compiling or a gradient.
"""

from ._circular import circular_difference as circular_difference
from ._circular import circular_mean as circular_mean
from ._circular import circular_spread as circular_spread
from ._circular import population_vector as population_vector
from ._correlation import mean_correlation as mean_correlation
from ._correlation import pair_correlations as pair_correlations
from ._correlogram import Correlogram as Correlogram
from ._correlogram import autocorrelogram as autocorrelogram
from ._correlogram import cross_correlogram as cross_correlogram
from ._events import Events as Events
from ._events import events_of as events_of
from ._events import spikes_of as spikes_of
from ._fano_factor import fano_factor as fano_factor
from ._intervals import Intervals as Intervals
from ._intervals import coefficient_of_variation as coefficient_of_variation
from ._intervals import intervals as intervals
from ._intervals import local_variation as local_variation
from ._packing import pack_spikes as pack_spikes
from ._packing import unpack_events as unpack_events
from ._packing import unpack_spikes as unpack_spikes
from ._power_spectrum import Spectrum as Spectrum
from ._power_spectrum import power_spectrum as power_spectrum
from ._rates import binned_counts as binned_counts
from ._rates import population_rate as population_rate
from ._rates import rates as rates
from ._synchrony import synchrony as synchrony
from ._synchrony import synchrony_of_counts as synchrony_of_counts
from ._van_rossum import van_rossum_distance as van_rossum_distance
