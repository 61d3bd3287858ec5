"""Features that somebody else has computed become features.h5."""

import tracemalloc

import h5py
import numpy as np
import pytest
from data.embedding_parts import ROWS, arrays, read, write_hdf5, write_npy

from activepool.compute.blocks import BLOCK_ROWS
from activepool.data.embeddings import preview, write_features
from activepool.data.settings import Imbalance
from activepool.data.splits import held_out_rows
from activepool.data.subset import long_tail_rows
from activepool.features.store import FeatureFile

pytestmark = pytest.mark.usefixtures("small_blocks")


@pytest.mark.parametrize("form", ["hdf5", "npy"])
@pytest.mark.parametrize(
    ("given", "stored"),
    [("float16", "float16"), ("float32", "float32"), ("float64", "float32"), (">f4", "float32")],
)
def test_values_come_through(tmp_path, form, given, stored):
    parts = arrays(given)
    if form == "hdf5":
        options = {"path": write_hdf5(tmp_path / "given.h5", parts)}
    else:
        options = write_npy(tmp_path, parts)
    write_features(tmp_path / "features.h5", **options)
    for name, (features, labels, sources) in read(tmp_path / "features.h5").items():
        np.testing.assert_array_equal(features, parts[name][0].astype(stored).astype("float32"))
        np.testing.assert_array_equal(labels, parts[name][1])
        assert sources == [f"{name}/{row}" for row in range(ROWS[name])]
    with h5py.File(tmp_path / "features.h5") as file:
        assert file["train/features"].dtype == stored
        assert file["train/features"].chunks is None
        assert file["train/labels"].dtype == np.int64
        assert list(file.attrs["class_names"]) == ["0", "1", "2"]
        assert file.attrs["backbone"] == "given"
        assert {"checkpoint_digest", "transform"} <= set(file.attrs)


def test_vectors_that_are_left_out_get_a_notice(tmp_path):
    """Such as those of the pool without labels, or of a part that nobody reads."""
    more = {"pool_features": np.ones((7, 5), "f4"), "pool_mean": np.ones(5)}
    path = write_hdf5(tmp_path / "given.h5", arrays(), **more)
    (line,) = write_features(tmp_path / "features.h5", path)
    assert line.startswith(f"{path}: vectors that are not read: `pool/features`; those of the pool without")
    assert write_features(tmp_path / "features.h5", **write_npy(tmp_path, arrays())) == ()


def test_chunked_and_compressed_features_become_contiguous(tmp_path):
    parts = arrays()
    with h5py.File(tmp_path / "given.h5", "w") as file:
        for name, (features, labels) in parts.items():
            file.create_dataset(f"{name}/features", data=features, chunks=(4, 2), compression="gzip")
            file[f"{name}/labels"] = labels
    write_features(tmp_path / "features.h5", tmp_path / "given.h5")
    np.testing.assert_array_equal(read(tmp_path / "features.h5")["train"][0], parts["train"][0])


def test_class_names_and_sources_are_kept(tmp_path):
    parts = arrays()
    path = write_hdf5(tmp_path / "given.h5", parts, train_sources=[f"{row}.jpg" for row in range(90)])
    with h5py.File(path, "a") as file:
        file.attrs["class_names"] = ["ant", "bee", "cat", "none of these"]
    write_features(tmp_path / "features.h5", path, imbalance=Imbalance(kind="step", factor=0.5))
    with FeatureFile(tmp_path / "features.h5") as file:
        assert file.class_names == ["ant", "bee", "cat", "none of these"]
    features, labels, sources = read(tmp_path / "features.h5")["train"]
    rows = [int(source.removesuffix(".jpg")) for source in sources]
    assert np.bincount(labels).tolist() == [30, 30, 15]
    np.testing.assert_array_equal(features, parts["train"][0][rows])
    np.testing.assert_array_equal(labels, parts["train"][1][rows])


def test_rows_of_the_same_name_are_a_notice(tmp_path):
    crops = [f"{row // 2}.jpg" for row in range(90)]
    path = write_hdf5(tmp_path / "given.h5", arrays(), train_sources=crops)
    (notice,) = write_features(tmp_path / "features.h5", path)
    assert notice == (
        f"{path}: train/sources: several rows have the same name "
        "(0.jpg, 1.jpg, 2.jpg, 3.jpg, 4.jpg and 40 more); "
        "only the index tells them apart, in selected.csv and in annotations"
    )
    assert read(tmp_path / "features.h5")["train"][2] == crops


def test_rows_of_both_parts_with_the_same_name_are_a_notice(tmp_path):
    parts = arrays()
    path = write_hdf5(tmp_path / "given.h5", parts, train_sources=[f"{row}.jpg" for row in range(90)])
    with h5py.File(path, "a") as file:
        file["test/sources"] = [f"{row}.jpg" for row in range(88, 88 + len(parts["test"][1]))]
    (notice,) = write_features(tmp_path / "features.h5", path)
    assert notice == (
        f"{path}: train and test rows share these names: 88.jpg, 89.jpg; if they are the same "
        "samples, accuracies count what was trained on"
    )


@pytest.mark.parametrize("form", ["hdf5", "npy"])
def test_imbalance_and_a_test_part_that_is_split_off(tmp_path, form):
    features, labels = arrays()["train"]
    labels[::9] = -1
    parts = {"train": (features, labels)}
    if form == "hdf5":
        options = {"path": write_hdf5(tmp_path / "given.h5", parts)}
    else:
        options = write_npy(tmp_path, parts)
    imbalance = Imbalance(kind="exp", factor=0.25, seed=3)
    write_features(tmp_path / "features.h5", **options, test_fraction=0.3, imbalance=imbalance)

    test_rows = held_out_rows(labels, 0.3)
    train_rows = np.setdiff1d(np.arange(90), test_rows)
    train_rows = train_rows[
        long_tail_rows(labels[train_rows], "abc", Imbalance(kind="exp", factor=0.25, seed=3))
    ]
    content = read(tmp_path / "features.h5")
    for name, rows in (("train", train_rows), ("test", test_rows)):
        np.testing.assert_array_equal(content[name][0], features[rows])
        np.testing.assert_array_equal(content[name][1], labels[rows])
        assert content[name][2] == [f"train/{row}" for row in rows]


def test_preview_counts_what_is_written(tmp_path):
    features, labels = arrays()["train"]
    labels[::9] = -1
    path = write_hdf5(tmp_path / "given.h5", {"train": (features, labels)})
    write_features(tmp_path / "features.h5", path, test_fraction=0.3)
    content = read(tmp_path / "features.h5")
    facts = preview(path, test_fraction=0.3)
    known_labels = content["train"][1][content["train"][1] >= 0]
    assert facts.train_class_counts.tolist() == np.bincount(known_labels).tolist()
    assert (facts.num_train, facts.num_test) == (len(content["train"][1]), len(content["test"][1]))


def test_no_more_than_blocks_are_in_memory(tmp_path, monkeypatch):
    monkeypatch.setattr("activepool.data.embeddings.BLOCK_ROWS", BLOCK_ROWS)
    rows, width = 60_000, 128
    with h5py.File(tmp_path / "given.h5", "w") as file:
        file["train/features"] = np.eye(rows, width, dtype="float32")
        file["train/labels"] = np.arange(rows) % 10
    tracemalloc.start()
    write_features(tmp_path / "features.h5", tmp_path / "given.h5", test_fraction=0.1)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    block, labels = BLOCK_ROWS * width * 4, rows * 8
    assert peak < 4 * block + 12 * labels < rows * width * 4 / 2
