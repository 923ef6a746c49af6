"""Mazes without loops, and the moves that lead through them."""

import numpy as np

from ._errors import as_count, fail
from ._samples import Samples, generator, whole

MAZE_MOVES = ("up", "down", "left", "right", "stay")
"""Names of the targets of `mazes`, by number."""

_STEPS = np.array([[-1, 0], [1, 0], [0, -1], [0, 1]])  # row, column
_STAY = 4


def mazes(samples: int, size: int = 11, steps: int | None = None, *, seed: int = 0) -> Samples:
    """Mazes grown depth first from the start, and the only way to the goal.

    Rooms lie at odd rows and columns; a walk that goes on to a random unvisited neighbour, and
    back where there is none, opens the walls between them. So there is one way between any two
    rooms. Start and goal are drawn among the rooms.

    **Arguments:** `samples`, how many; `size`, rows and columns in pixels, odd, at least 5;
    `steps`, how many moves of one pixel to list, by default as many as the longest way can have;
    `seed`, an integer, at least 0.

    **Returns:** `Samples` of inputs [sample, row, column, 3] float32, which are 1 where a pixel is
    free, at the start and at the goal, and targets [sample, step] int32, which count `MAZE_MOVES`:
    the first moves from the start, and "stay" from the goal on.

    **Raises:** `TaskError` for counts and seeds that are none, and for even sizes.

    >>> (maze,), (moves,) = mazes(1, 7)
    >>> row, column = np.argwhere(maze[..., 1])[0]
    >>> for move in moves:
    ...     row += int(move == 1) - int(move == 0)
    ...     column += int(move == 3) - int(move == 2)
    >>> float(maze[row, column, 2])
    1.0

    Source: Darlow et al. 2025, https://doi.org/10.48550/arXiv.2505.05522
    """
    count, pixels = as_count(samples, "samples"), as_count(size, "size", minimum=5)
    if pixels % 2 == 0:
        fail("size", size, "an odd number of pixels", "rooms and walls alternate: pass e.g. 11")
    side = pixels // 2
    longest = 2 * (side**2 - 1)
    length = longest if steps is None else as_count(steps, "steps")
    stream = generator(seed)
    start = whole(stream, (count,), side**2)
    goal = (start + 1 + whole(stream, (count,), side**2 - 1)) % side**2
    parent = _grow(stream, start, side)
    moves = np.repeat(_way(parent, start, goal, side), 2, axis=1)[:, :length]
    padding = ((0, 0), (0, length - moves.shape[1]))
    targets = np.pad(moves, padding, constant_values=_STAY)
    return Samples(_draw(parent, start, goal, side), targets.astype("<i4"))


def _neighbours(side: int) -> np.ndarray:
    """Return each room's neighbours by move, -1 beyond the border."""
    at = np.stack(np.divmod(np.arange(side**2), side), axis=-1)[:, None] + _STEPS
    within = ((at >= 0) & (at < side)).all(axis=-1)
    return np.where(within, at[..., 0] * side + at[..., 1], -1)


def _grow(stream: np.random.PCG64, start: np.ndarray, side: int) -> np.ndarray:
    """Return the room from which each room was first entered; the start is its own."""
    neighbours, rows, at = _neighbours(side), np.arange(len(start)), start
    parent = np.full((len(start), side**2), -1)
    parent[rows, start] = start
    for _ in range(2 * (side**2 - 1)):
        around = neighbours[at]
        is_new = (around >= 0) & (parent[rows[:, None], around] < 0)
        count = is_new.sum(axis=1)
        pick = stream.random_raw(len(start)) % np.maximum(count, 1).astype(np.uint64)
        chosen = np.argmax(np.cumsum(is_new, axis=1) > pick[:, None], axis=1)
        onward, goes_on = around[rows, chosen], count > 0
        parent[rows[goes_on], onward[goes_on]] = at[goes_on]
        at = np.where(goes_on, onward, parent[rows, at])
    return parent


def _way(parent: np.ndarray, start: np.ndarray, goal: np.ndarray, side: int) -> np.ndarray:
    """Return the moves from start to goal, room by room, [sample, room]."""
    rows, at, back = np.arange(len(start)), goal, []
    neighbours = _neighbours(side)
    length = np.zeros(len(start), np.int64)
    for _ in range(side**2 - 1):
        before = parent[rows, at]
        back.append(np.argmax(neighbours[before] == at[:, None], axis=1))
        length += at != start
        at = before
    behind = length[:, None] - 1 - np.arange(side**2 - 1)
    forth = np.take_along_axis(np.stack(back, axis=1), np.maximum(behind, 0), axis=1)
    return np.where(behind >= 0, forth, _STAY)


def _draw(parent: np.ndarray, start: np.ndarray, goal: np.ndarray, side: int) -> np.ndarray:
    """Return pictures of what is free, of the start and of the goal."""
    count = len(start)
    picture = np.zeros((count, 2 * side + 1, 2 * side + 1, 3), "<f4")
    row, column = np.divmod(np.arange(side**2), side)
    above, beside = np.divmod(parent, side)
    rows = np.arange(count)[:, None]
    picture[rows, 2 * row + 1, 2 * column + 1, 0] = 1.0
    picture[rows, row + above + 1, column + beside + 1, 0] = 1.0
    for channel, room in ((1, start), (2, goal)):
        picture[np.arange(count), 2 * row[room] + 1, 2 * column[room] + 1, channel] = 1.0
    return picture
