"""Where data is looked for, and a resumable download that is checked before it is used."""

import os
import shutil
import tempfile
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from http.client import HTTPException
from pathlib import Path
from typing import NoReturn

from ._errors import DataDamaged, DataNotFound, describe_problem

_BLOCK = 1 << 20
_TIMEOUT = 30.0  # seconds without a byte


def cache_folder() -> Path:
    """Return the folder for downloads and encoded data; it need not exist.

    `NEUROPIL_CACHE` where set, else `neuropil` in `XDG_CACHE_HOME`, else `~/.cache/neuropil`.
    """
    if own := os.environ.get("NEUROPIL_CACHE"):
        return Path(own).expanduser()
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "neuropil"


def folders(name: str) -> tuple[Path, ...]:
    """Return the folders in which a data set may lie, in the order of looking.

    `NEUROPIL_DATA`, the cache, then `datasets` in each of `XDG_DATA_DIRS`, where Linux
    distributions put packaged data.
    """
    bases = []
    if own := os.environ.get("NEUROPIL_DATA"):
        bases.append(Path(own).expanduser())
    bases.append(cache_folder())
    shared = os.environ.get("XDG_DATA_DIRS") or "/usr/local/share:/usr/share"
    bases += [Path(entry) / "datasets" for entry in shared.split(":") if entry]
    return tuple(base / name for base in bases)


def not_found(name: str, looked: Sequence[Path], problems: Sequence[str], fix: str) -> NoReturn:
    """Raise a `DataNotFound` that lists every place and every address that was tried."""
    places = "".join(f"\n  - {place}" for place in [*looked, *problems])
    expected = "the data in one of these places"
    raise DataNotFound(describe_problem(name, f"nothing in{places}\n", expected, fix))


def transfer(url: str, part: Path) -> None:
    """Download into `part`, carrying on after the bytes that are already there.

    A server that ignores the range, or that refuses it, makes the download start again.

    **Raises:** `OSError` when the connection fails or ends early; the bytes so far are kept.
    """
    part.parent.mkdir(parents=True, exist_ok=True)
    start = part.stat().st_size if part.exists() else 0
    request = urllib.request.Request(url, headers={"User-Agent": "neuropil"})
    if start:
        request.add_header("Range", f"bytes={start}-")
    try:
        reply = urllib.request.urlopen(request, timeout=_TIMEOUT)
    except urllib.error.HTTPError as error:
        if error.code != 416 or not start:
            raise
        part.unlink()
        return transfer(url, part)
    try:
        with reply, open(part, "ab" if reply.status == 206 else "wb") as sink:
            expected = reply.headers.get("Content-Length")
            before = sink.tell()
            shutil.copyfileobj(reply, sink, _BLOCK)
            received = sink.tell() - before
    except HTTPException as error:
        raise ConnectionError(f"broken off: {error!r}") from error
    if expected is not None and received != int(expected):
        raise ConnectionError(f"got {received} of {expected} bytes")


def obtain(urls: Sequence[str], target: Path, unpack: Callable[[Path, Path], None]) -> list[str]:
    """Download the first reachable address and put the verified result at `target`.

    **Arguments:** `urls`, addresses of the same thing; `target`, the file or folder to make;
    `unpack(download, temporary)`, which writes what belongs at `target` to `temporary` and raises
    `DataDamaged` when it is not what it should be.

    Returns the problems met, one line each; empty when `target` is in place. An interrupted
    download is resumed by the next call. Nothing unverified ever stands at `target`.

    **Raises:** `DataDamaged` when a complete download is not the data it should be.
    """
    part = target.with_name(f"{target.name}.part")
    problems = []
    for url in urls:
        resumed = part.exists()
        try:
            try:
                _fetch_once(url, part, target, unpack)
            except DataDamaged:
                if not resumed:
                    raise
                # The bytes that were already there may have come from an older file.
                _fetch_once(url, part, target, unpack)
        except OSError as error:
            problems.append(f"{url} ({error})")
        else:
            return []
    return problems


def _fetch_once(url: str, part: Path, target: Path, unpack: Callable[[Path, Path], None]) -> None:
    transfer(url, part)
    try:
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".unpacking-") as room:
            temporary = Path(room) / target.name
            unpack(part, temporary)
            os.replace(temporary, target)
    finally:
        part.unlink()
