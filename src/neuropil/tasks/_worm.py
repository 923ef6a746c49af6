"""The connectome of C. elegans, and the responses measured between its neurons."""

import importlib.util
import io
import json
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ._content import digest, verify
from ._errors import require
from ._fetch import folders, not_found

_HASHES = {
    "aconnectome.json": "8d45df9db673ec2a03bd0ab1bd3980d16b6305920adf2332dc80b4cb5f5fb29e",
    "funatlas.h5": "53a99055667b853e1d3d6be573ec2613d38c9f6989f302ec38ecd38dd50c7975",
    "neuron_ids.txt": "e2c7e54af611c1e85aa0705588fcf096ede5f0c28f7fd1d5f0cbec5480b786cc",
}


class Worm(NamedTuple):
    """A connectome and measured responses; rows are presynaptic or stimulated neurons.

    `neurons`, names; `chemical`, numbers of synapses `[pre, post]`; `electrical`, numbers of gap
    junctions, symmetric; `signs` `[pre]`, 1 or -1; `response`, mean dF/F `[stimulated, responding]`
    in the wild type, NaN where unknown; `q`, its false discovery rate.
    """

    neurons: tuple[str, ...]
    chemical: np.ndarray
    electrical: np.ndarray
    signs: np.ndarray
    response: np.ndarray
    q: np.ndarray


def worm() -> Worm:
    """Return the connectome of C. elegans and the responses of its signal propagation atlas.

    The files are read, and `wormneuroatlas` is not imported: importing it asks for the network. Gap
    junctions counted in one direction only count in both.

    **Raises:** `DataNotFound` if the files are neither in a folder `worm` nor in an installed
    `wormneuroatlas`; `DataDamaged` if they are not those of version 0.0.7.3; `MissingExtra` without
    h5py.

    Source: Randi et al. 2023, doi:10.1038/s41586-023-06683-4; `wormneuroatlas` 0.0.7.3, GPL 3.
    """
    h5py = require("h5py", "worm")
    files = {name: (_find() / name).read_bytes() for name in _HASHES}
    for name, file in files.items():
        verify(name, digest(file), _HASHES[name])
    wiring = json.loads(files["aconnectome.json"])
    neurons = tuple(line.split()[1] for line in files["neuron_ids.txt"].decode().splitlines())
    with h5py.File(io.BytesIO(files["funatlas.h5"]), "r") as atlas:
        order = [name.decode() for name in atlas["neuron_ids"][:]]
        place = [order.index(name[:5]) for name in neurons]  # its names are cut to five letters
        # The atlas has the stimulated neuron second.
        response, q = (atlas["wt"][name][:].T[np.ix_(place, place)] for name in ("dFF", "q"))
    gaps = np.array(wiring["electrical"], float)
    return Worm(
        neurons,
        np.array(wiring["chemical"], float),
        np.maximum(gaps, gaps.T),
        np.array(wiring["chemical_sign"], float),
        response,
        q,
    )


def _find() -> Path:
    looked = list(folders("worm"))
    package = importlib.util.find_spec("wormneuroatlas")
    if package is not None:
        looked += [Path(place) / "data" for place in package.submodule_search_locations or ()]
    for folder in looked:
        if all((folder / name).is_file() for name in _HASHES):
            return folder
    fix = (
        'pip install "neuropil[worm]"; or put aconnectome.json, funatlas.h5 and neuron_ids.txt, '
        "from its folder data, into a folder worm and set NEUROPIL_DATA to the folder above it; "
        "the system worm also runs with --data synthetic"
    )
    not_found("worm", looked, [], fix)
