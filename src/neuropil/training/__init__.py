"""Fitting any node to data: gradients, chunks, schedules, checkpoints, guards, diagnosis."""

from ._checkpoint import Checkpoints as Checkpoints
from ._data import Arrays as Arrays
from ._data import Batches as Batches
from ._data import Data as Data
from ._data import Encoded as Encoded
from ._diagnose import Activity as Activity
from ._diagnose import Diagnosis as Diagnosis
from ._diagnose import diagnose as diagnose
from ._evaluate import Scores as Scores
from ._evaluate import evaluate as evaluate
from ._files import load as load
from ._files import save as save
from ._fit import Fit as Fit
from ._fit import fit as fit
from ._guard import NonFiniteError as NonFiniteError
from ._losses import accuracy as accuracy
from ._losses import cross_entropy as cross_entropy
from ._losses import mean_squared_error as mean_squared_error
from ._optimizers import by_field as by_field
from ._progress import ProgressBar as ProgressBar
from ._schedules import anneal as anneal
from ._schedules import per_epoch as per_epoch
from ._statistics import freeze as freeze
from ._stopping import Stopping as Stopping
from ._truncated import simulate_truncated as simulate_truncated
