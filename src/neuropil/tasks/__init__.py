"""Data sets and synthetic tasks with fixed, hashed splits; needs NumPy only."""

from ._binning import bin_events as bin_events
from ._catalogue import where_found as where_found
from ._cochlea import Cochlea as Cochlea
from ._digits import digits as digits
from ._errors import DataDamaged as DataDamaged
from ._errors import DataNotFound as DataNotFound
from ._errors import MissingExtra as MissingExtra
from ._errors import TaskError as TaskError
from ._images import fashion_mnist as fashion_mnist
from ._images import mnist as mnist
from ._interval import interval as interval
from ._nmnist import nmnist as nmnist
from ._shd import shd as shd
from ._spoken import spoken_digits as spoken_digits
from ._task import Split as Split
from ._task import Task as Task
from ._task import batches as batches
from ._task import time_first as time_first
from ._tonic import tonic_events as tonic_events
from ._worm import Worm as Worm
from ._worm import worm as worm
