"""The IDX format of MNIST and its relatives."""

import gzip
import math
from pathlib import Path

import numpy as np

from ._content import digest, verify
from ._errors import damaged


def read_content(path: Path) -> bytes:
    """Return what a plain or gzipped file holds, told apart by its first bytes.

    **Raises:** `DataDamaged` if the gzip stream is broken.
    """
    raw = path.read_bytes()
    if raw[:2] != b"\x1f\x8b":
        return raw
    try:
        return gzip.decompress(raw)
    except Exception as error:  # gzip and zlib raise several unrelated kinds
        damaged(str(path), f"a broken gzip file ({error})", "a whole one", "delete and fetch again")


def parse_idx(content: bytes, what: str) -> np.ndarray:
    """Return the unsigned bytes of an IDX file as an array.

    Layout: two zero bytes, 0x08 (unsigned byte), the rank, each length as a big-endian 32-bit
    integer, then the values.

    **Raises:** `DataDamaged` for another type or a wrong size.

    >>> parse_idx(bytes([0, 0, 8, 1, 0, 0, 0, 2, 7, 9]), "labels")
    array([7, 9], dtype=uint8)
    """
    fix = "delete it and fetch it again"
    if len(content) < 4 or content[:3] != b"\0\0\x08":
        damaged(what, f"a file starting with {content[:4]!r}", "an IDX file of bytes", fix)
    start = 4 + 4 * content[3]
    shape = tuple(int(length) for length in np.frombuffer(content[4:start], ">u4"))
    if len(shape) != content[3] or len(content) != start + math.prod(shape):
        damaged(what, f"{len(content)} bytes", f"an IDX file of shape {shape}", fix)
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape)


def read_idx(path: Path, sha256: str) -> np.ndarray:
    """Read a plain or gzipped IDX file whose decompressed content has this hash.

    **Raises:** `DataDamaged`.
    """
    content = read_content(path)
    verify(str(path), digest(content), sha256)
    return parse_idx(content, str(path))
