"""Weights as rows of what is not zero."""

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from ..core import learnable
from ..numerics import Synapses, synaptic_delivery


class ListedRows(eqx.Module):
    """A matrix by rows: of each only the entries that are not zero, and their columns.

    `starts`, where the entries of each row begin, and where the last ends; `targets`, their
    columns; `weight`, their values; `columns`, how many there are.
    """

    starts: Int[Array, " row+1"]
    targets: Int[Array, " entry"]
    weight: Float[Array, " entry"] = learnable()
    columns: int = eqx.field(static=True)

    @property
    def shape(self):
        """Rows and columns of the matrix."""
        return (self.starts.shape[0] - 1, self.columns)

    @property
    def dtype(self):
        """The type of the weights."""
        return self.weight.dtype

    def times(self, events: Float[Array, " row"]) -> Float[Array, " column"]:
        """Return the product, which walks the rows of events that are not zero."""
        synapses = Synapses(self.starts, self.targets, self.weight, 0)
        return synaptic_delivery(synapses, events[None], size=self.columns, depth=0)[0]

    def walked(self, events: Float[Array, " row"]) -> Int[Array, ""]:
        """Return how many entries the rows of events that are not zero have."""
        return jnp.sum(jnp.where(events != 0, jnp.diff(self.starts), 0))


def listed_rows(matrix: Float[Array, "row column"]) -> ListedRows:
    """Return the entries that are not zero, row by row."""
    known = np.asarray(matrix)
    rows, columns = np.nonzero(known)
    starts = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=len(known)))])
    of_entries = jnp.asarray(starts, jnp.int32), jnp.asarray(columns, jnp.int32)
    return ListedRows(*of_entries, jnp.asarray(known[rows, columns]), known.shape[1])
