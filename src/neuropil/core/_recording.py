"""What a run streamed to disk, read from there."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
from jax.numpy import dtype as dtype_of
from jaxtyping import Float

from ..numerics import as_choice, as_path, fail
from ._columns import Form, complete_rows, mapped

ABOUT, STATE, SCHEMA = "recording.json", "state.safetensors", 1


@dataclass(frozen=True, eq=False)
class Recording:
    """What a run keeps in a folder, while it goes on, after it ended or after it was killed.

    `kept`, by name, arrays `[time, *batch, *value]` that are mapped from their files: only what is
    used of them is read. `first`, the index of the tick at which the recording begins; `ticks`, how
    many are complete, of those `wanted`; `every`, by name, the ticks from one entry to the next;
    `dt` in ms.
    """

    folder: Path
    kept: dict[str, np.ndarray] = field(repr=False)
    every: dict[str, int]
    dt: float
    first: int
    ticks: int
    wanted: int

    @property
    def is_complete(self) -> bool:
        """Whether the run has ended."""
        return self.ticks == self.wanted

    @property
    def state(self) -> Path:
        """The file of the state to go on from, for `load_state`."""
        return self.folder / STATE

    def times(self, name: str) -> Float[np.ndarray, " time"]:
        """Return the times in ms of what is kept under a name; of averages, when they begin.

        **Raises:** `NeuropilError` for a name under which nothing is kept.
        """
        as_choice(name, "name", self.kept)
        return (self.first + self.every[name] * np.arange(len(self.kept[name]))) * self.dt


def open_recording(folder: str | Path) -> Recording:
    """Return what `simulate_to` wrote, or has written so far.

    **Arguments:** `folder`, as given to `simulate_to`.

    **Raises:** `NeuropilError` for a folder without a recording, and for damaged files.

    >>> import tempfile
    >>> import jax
    >>> from neuropil.cells import lif
    >>> from neuropil.core import Record, simulate_to
    >>> folder, record = tempfile.mkdtemp(), {"v": Record("v", every=5)}
    >>> options = {"dt": 0.1, "key": jax.random.key(0), "ticks": 1000, "record": record}
    >>> _ = simulate_to(folder, lif(3), None, **options)
    >>> open_recording(folder).kept["v"].shape
    (200, 3)
    """
    folder = as_path(folder, "folder")
    about = read_about(folder)
    forms = forms_of(about)
    wanted, piece = about["ticks"], about["piece"]
    rows = {name: complete_rows(file_of(folder, name), form) for name, form in forms.items()}
    # A run that was killed may have said of some files that a piece is complete and not of others.
    ticks = min(
        wanted if rows[name] >= form.rows(wanted) else rows[name] * form.every // piece * piece
        for name, form in forms.items()
    )
    kept = {
        name: mapped(file_of(folder, name), form, form.rows(ticks)) for name, form in forms.items()
    }
    every = {name: form.every for name, form in forms.items()}
    return Recording(folder, kept, every, about["dt"], about["first"], ticks, wanted)


def file_of(folder: Path, name: str) -> Path:
    """Return the file of a record: its name, with `%2F` for a slash and so on."""
    return folder / f"{quote(name, safe=' ')}.npy"


def forms_of(about: dict[str, Any]) -> dict[str, Form]:
    """Return what the rows of every record are."""
    return {
        name: Form(dtype_of(of["dtype"]), tuple(of["shape"]), of["every"])
        for name, of in about["records"].items()
    }


def read_about(folder: Path) -> dict[str, Any]:
    """Return what the folder says of its recording.

    **Raises:** `NeuropilError` for a folder without a recording, a damaged one, and one of another
    schema.
    """
    path, what = folder / ABOUT, "the folder of a recording"
    try:
        about = json.loads(path.read_text(encoding="utf-8"))
        kind, schema = about["kind"], about["schema"]
    except OSError:
        fail("folder", str(folder), what, "pass the folder that was given to simulate_to")
    except (ValueError, KeyError, TypeError):
        fail(str(path), "a damaged file", "what simulate_to wrote", "restore it from a copy")
    if (kind, schema) != ("recording", SCHEMA):
        got, expected = f"{kind!r} of schema {schema}", f"a recording of schema {SCHEMA}"
        fail(str(path), got, expected, "use the version that wrote it")
    return about
