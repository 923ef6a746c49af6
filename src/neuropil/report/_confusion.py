"""The confusion matrix."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ._draw import INK, one_sided, svg


def confusion(counts: np.ndarray, classes: Sequence[str]) -> bytes | None:
    """Which class was taken for which.

    **Arguments:** `counts`, `[true class, predicted class]`; `classes`, their names, or none.
    """
    square = counts.ndim == 2 and counts.shape[0] == counts.shape[1]
    if not square or not np.isfinite(counts).all() or not counts.sum():
        return None
    size = len(counts)
    names = list(classes) if len(classes) == size else [str(i) for i in range(size)]
    total = counts.sum(axis=1, keepdims=True)
    share = np.divide(counts, total, out=np.zeros(counts.shape), where=total > 0)

    def paint(figure: Any) -> None:
        axes = figure.subplots()
        # A power law keeps single mistakes visible beside full diagonals.
        axes.imshow(np.sqrt(share), cmap=one_sided(), vmin=0, vmax=1.25)
        if size <= 20:
            for row, column in np.argwhere(counts > 0):
                weight = "bold" if row == column else "normal"
                axes.text(
                    column, row, str(int(counts[row, column])), ha="center", va="center",
                    fontsize=8 if size <= 12 else 6, color=INK, fontweight=weight,
                )  # fmt: skip
        every = max(1, size // 20)
        long = max(map(len, names)) > 3
        axes.set_xticks(range(0, size, every), names[::every], rotation=60 if long else 0,
                        ha="right" if long else "center",
                        rotation_mode="anchor" if long else None)  # fmt: skip
        axes.set_yticks(range(0, size, every), names[::every])
        axes.tick_params(length=0)
        for spine in axes.spines.values():
            spine.set_visible(False)
        axes.set_title("Confusion matrix")
        axes.set_xlabel("predicted")
        axes.set_ylabel("true")

    return svg(5.0, 4.6, paint)
