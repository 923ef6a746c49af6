"""Networks that grow while they learn: what is added, what then learns, and what stands still."""

from ._add import add_dendrites as add_dendrites
from ._ascent import Ascent as Ascent
from ._correlation import dendrite_correlations as dendrite_correlations
from ._find import dendrites_of as dendrites_of
from ._fit import Grown as Grown
from ._fit import fit_with_dendrites as fit_with_dendrites
from ._masks import dendrite_mask as dendrite_mask
from ._masks import neuron_mask as neuron_mask
from ._phase import DendritePhase as DendritePhase
from ._phase import train_dendrites as train_dendrites
