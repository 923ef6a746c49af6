"""How well dendrites tell the errors of their neurons."""

from collections.abc import Mapping
from typing import Any

import equinox as eqx
import jax
import numpy as np

from ..core import Network, Record
from ..numerics import as_key
from ..training import Data
from ._batches import as_samples, batch_size_of, take
from ._covariance import Covariance, covariance, nothing_yet
from ._errors import PerSample, as_judged, newest, observe
from ._find import groups_of
from ._masks import dendrite_mask


def dendrite_correlations(
    network: Network,
    data: Data | tuple[Any, Any],
    *,
    loss: PerSample,
    dt: float,
    key,
    batch_size: int | None = None,
    record: Mapping[str, Record] | None = None,
) -> dict[str, np.ndarray]:
    r"""Return the correlation of every newest dendrite with the error of its neuron.

    $\rho_i = \mathrm{corr}(d_i, \delta_i)$ over samples, ticks and places that share weights.

    **Arguments:** as for :func:`train_dendrites`; `batch_size`, samples that are run at a time,
    None for all.

    **Returns:** arrays of the shape of a node's biases, by dendrite node; NaN where one of the two
    does not vary.

    **Raises:** `NeuropilError` for wrong arguments.
    """
    names, judged = tuple(newest(network).values()), as_judged(loss, record, dt)
    samples, key = as_samples(data, "data"), as_key(key)
    size = batch_size_of(samples, batch_size)
    mask, seen, total = dendrite_mask(network, names), 0, None
    for start in range(0, samples.size, size):
        indices = np.arange(start, min(start + size, samples.size))
        found = _of_batch(network, mask, judged, *take(samples, indices, key))
        found = jax.tree.map(lambda x: np.asarray(x, np.float64), found)
        share = len(indices) / (seen + len(indices))
        total = found if total is None else {n: _merged(total[n], found[n], share) for n in names}
        seen += len(indices)
    return {name: _correlation(own) for name, own in (total or {}).items()}


@eqx.filter_jit
def _of_batch(network, mask, judged, inputs, targets, keys):
    seen, _ = observe(network, mask, judged, inputs, targets, keys)
    return {
        name: covariance(nothing_yet(groups_of(network, name)), d, seen.errors[name], 0.0)
        for name, d in seen.outputs.items()
    }


def _merged(one: Covariance, other: Covariance, share: float) -> Covariance:
    """Return the statistics of two sets together, of which the other is a share."""
    mean = Covariance(*((1.0 - share) * a + share * b for a, b in zip(one, other, strict=True)))
    between, apart = share * (1.0 - share), other.output - one.output
    error_apart = other.error - one.error
    return mean._replace(
        spread=mean.spread + between * apart**2,
        error_spread=mean.error_spread + between * error_apart**2,
        together=mean.together + between * apart * error_apart,
    )


def _correlation(own: Covariance) -> np.ndarray:
    scale = np.sqrt(own.spread * own.error_spread)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(scale > 0, own.together / scale, np.nan)
