"""Arrays on disk that grow in time: plain `.npy` files that can be read at any moment.

The header has a fixed size and says how many rows are complete. It is written after them, so that
whatever happens, what a file says of itself is true.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ..numerics import fail

HEADER = 256  # bytes


class Form(NamedTuple):
    """What is in the rows of a column: their type and shape, and each so-many-th tick it is."""

    dtype: np.dtype
    shape: tuple[int, ...]
    every: int

    @property
    def size(self) -> int:
        """The bytes of a row."""
        return self.dtype.itemsize * int(np.prod(self.shape, dtype=np.int64))

    def rows(self, ticks: int) -> int:
        """Return how many rows there are after some ticks."""
        return -(-ticks // self.every)

    def header(self, rows: int) -> bytes:
        """Return the first bytes of a file, as the format of NumPy's version 1.0 has them."""
        about = {
            "descr": np.lib.format.dtype_to_descr(self.dtype),
            "fortran_order": False,
            "shape": (rows, *self.shape),
        }
        begin = b"\x93NUMPY\x01\x00" + (HEADER - 10).to_bytes(2, "little")
        return begin + repr(about).ljust(HEADER - 11).encode() + b"\n"


class Columns:
    """Open files, one per record, that all hold the same ticks."""

    def __init__(self, files: Mapping[str, tuple[Path, Form]], ticks: int):
        """Open the files for more ticks, making those that do not exist."""
        self.forms = {name: form for name, (_, form) in files.items()}
        self.files: dict[str, int] = {}
        try:
            for name, (path, form) in files.items():
                file = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
                self.files[name] = file
                os.ftruncate(file, HEADER + form.rows(ticks) * form.size)
            self._say(ticks)
        except OSError:
            self.close()
            raise

    def append(self, rows: Mapping[str, np.ndarray], before: int, after: int) -> None:
        """Write what was kept from one tick to another."""
        for name, file in self.files.items():
            form = self.forms[name]
            begin = HEADER + form.rows(before) * form.size
            _write_at(file, np.ascontiguousarray(rows[name]), begin)
        self._say(after)

    def sync(self) -> None:
        """Have everything on disk before going on."""
        for file in self.files.values():
            os.fsync(file)

    def close(self) -> None:
        """Close the files."""
        for file in self.files.values():
            os.close(file)
        self.files = {}

    def _say(self, ticks):
        for name, file in self.files.items():
            form = self.forms[name]
            _write_at(file, form.header(form.rows(ticks)), 0)


def _write_at(file, content, begin):
    left = memoryview(content).cast("B") if len(content) else memoryview(b"")
    while left:
        written = os.pwrite(file, left, begin)
        left, begin = left[written:], begin + written


def complete_rows(path: Path, form: Form) -> int:
    """Return how many rows a file says that it has.

    **Raises:** `NeuropilError` for a file that is missing, damaged or of other numbers.
    """
    fix = "restore the file from a copy, or run again into another folder"
    try:
        with open(path, "rb") as file:
            version = np.lib.format.read_magic(file)
            header = np.lib.format.read_array_header_1_0(file)
        size = path.stat().st_size
    except (OSError, ValueError) as error:
        fail(str(path), f"a missing or damaged file ({error})", "a column of a recording", fix)
    (rows, *shape), _, dtype = header
    own = np.dtype(np.lib.format.dtype_to_descr(form.dtype))
    if version != (1, 0) or (tuple(shape), dtype) != (form.shape, own):
        fail(str(path), f"rows {dtype}{shape}", f"rows {own}{list(form.shape)}", fix)
    if size < HEADER + rows * form.size:
        fail(str(path), f"{size} bytes", f"{HEADER + rows * form.size}, for {rows} rows", fix)
    return rows


def mapped(path: Path, form: Form, rows: int) -> np.ndarray:
    """Return rows of a file, read when they are used."""
    shape = (rows, *form.shape)
    if not rows * form.size:
        return np.zeros(shape, form.dtype)
    return np.memmap(path, form.dtype, "r", HEADER, shape)
