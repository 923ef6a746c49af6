"""Networks of which few weights are left."""

from ._keep_pruned import keep_pruned as keep_pruned
from ._magnitude import cubic_densities as cubic_densities
from ._magnitude import density as density
from ._magnitude import magnitude_mask as magnitude_mask
from ._magnitude import prune as prune
