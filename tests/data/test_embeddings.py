import tracemalloc

import h5py
import numpy as np
import pytest

from activepool.compute.blocks import BLOCK_ROWS
from activepool.data.embeddings import preview, write_features
from activepool.data.imbalance import kept_rows
from activepool.data.settings import Imbalance
from activepool.data.splits import held_out_rows
from activepool.errors import InputError
from activepool.features.store import FeatureFile

ROWS = {"train": 90, "test": 30}


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    """Make several blocks, the last one short, of a few rows."""
    monkeypatch.setattr("activepool.data.embeddings.BLOCK_ROWS", 7)


def arrays(dtype="float32", width=5):
    draws = np.random.default_rng(0)
    return {
        name: (draws.normal(size=(rows, width)).astype(dtype), draws.permutation(np.arange(rows) % 3))
        for name, rows in ROWS.items()
    }


def write_hdf5(path, parts, **changes):
    """Write parts as an HDF5 file; ``train_labels=...`` replaces that dataset or, if None, leaves it out."""
    datasets = {}
    for name, (features, labels) in parts.items():
        datasets |= {f"{name}/features": features, f"{name}/labels": labels}
    datasets |= {name.replace("_", "/"): values for name, values in changes.items()}
    with h5py.File(path, "w") as file:
        for name, values in datasets.items():
            if values is not None:
                file[name] = values
    return path


def write_npy(folder, parts):
    options = {}
    for name, (features, labels) in parts.items():
        prefix = "" if name == "train" else "test_"
        options[f"{prefix}features"] = folder / f"{name}.npy"
        options[f"{prefix}labels"] = folder / f"{name}_labels.npy"
        np.save(options[f"{prefix}features"], features)
        np.save(options[f"{prefix}labels"], labels)
    return {"path": options.pop("features"), **options}


def read(path):
    with FeatureFile(path) as file:
        return {
            name: (
                part.features.block(slice(0, None)),
                part.labels,
                part.sources_of(np.arange(len(part.labels))).tolist(),
            )
            for name, part in (("train", file.train), ("test", file.test))
        }


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
    train_rows = train_rows[kept_rows(labels[train_rows], 3, "exp", 0.25, 3)]
    found = read(tmp_path / "features.h5")
    for name, rows in (("train", train_rows), ("test", test_rows)):
        np.testing.assert_array_equal(found[name][0], features[rows])
        np.testing.assert_array_equal(found[name][1], labels[rows])
        assert found[name][2] == [f"train/{row}" for row in rows]


def test_preview_counts_what_is_written(tmp_path):
    features, labels = arrays()["train"]
    labels[::9] = -1
    path = write_hdf5(tmp_path / "given.h5", {"train": (features, labels)})
    write_features(tmp_path / "features.h5", path, test_fraction=0.3)
    found = read(tmp_path / "features.h5")
    counted = preview(path, test_fraction=0.3)
    known = found["train"][1][found["train"][1] >= 0]
    assert counted.train_class_counts.tolist() == np.bincount(known).tolist()
    assert (counted.num_train, counted.num_test) == (len(found["train"][1]), len(found["test"][1]))


def bad_value(row, column, value, dtype="float32"):
    features = arrays(dtype)["train"][0]
    features[row, column] = value
    return features


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {"train_features": bad_value(40, 3, np.nan)},
            "train/features: row 40, column 3 is nan; every feature",
        ),
        ({"train_features": bad_value(89, 0, -np.inf)}, "train/features: row 89, column 0 is -inf"),
        (
            {"train_features": bad_value(7, 4, np.inf, "float16")},
            "row 7, column 4 is inf; float16 ends at 65504: save these features as float32",
        ),
        (
            {"train_features": bad_value(8, 1, 1e300, "float64")},
            r"row 8, column 1 is 1e\+300; it is too large for float32",
        ),
        ({"test_features": np.zeros((30, 4), "f4")}, "test/features: has width 4, the train features have 5"),
        (
            {"train_features": np.zeros((90, 5), "i4")},
            r"train/features: is int32 of shape \(90, 5\); it must .*; save them as float32",
        ),
        ({"train_features": np.zeros(90, "i4")}, r"int32 of shape \(90,\); .*; these look like labels"),
        (
            {"train_features": np.zeros((90, 5, 1), "f4")},
            r"is float32 of shape \(90, 5, 1\); it must be float16",
        ),
        ({"train_features": np.zeros((90, 0), "f4")}, r"is float32 of shape \(90, 0\)"),
        (
            {"train_labels": np.full(90, 0.5)},
            r"train/labels: is float64 of shape \(90,\); it must be integers",
        ),
        ({"test_labels": np.zeros(29, int)}, "test/labels: 29 labels for 30 rows; there must be one"),
        ({"train_labels": np.full(90, -2)}, r"train/labels: label -2 in row 0; it must be one of"),
        ({"train_labels": np.full(90, 90)}, "train/labels: label 90 in 90 rows looks like an identifier"),
        ({"test_labels": np.arange(30) // 9}, "test/labels: label 3 in row 27; it must be one of 0..2"),
        ({"test_labels": np.full(30, -1)}, "the test part has no labelled sample"),
        (
            {"train_labels": np.full(90, -1)},
            "test/labels: label 0 in row 0; .* which has none: name all classes in class_names",
        ),
        (
            {"train_labels": None},
            "given.h5: holds .*, but no `labels`; set the option labels to a file of them",
        ),
        (
            {"train_features": None},
            r"given.h5: holds .*, but no `features`; save floats of shape .* under that name",
        ),
        (
            {"test_features": None},
            "given.h5: holds .*, but no `test/features`; add them, or leave the test part out",
        ),
        (
            {"test_features": None, "test_labels": None},
            "has no test part .* add test/features and test/labels",
        ),
        (
            {"train_sources": ["a", "b"]},
            r"train/sources: is text of shape \(2,\); it must be names of shape \(90,\), or absent",
        ),
    ],
)
def test_files_that_cannot_be_used(tmp_path, changes, words):
    path = write_hdf5(tmp_path / "given.h5", arrays(), **changes)
    with pytest.raises(InputError, match=words):
        write_features(tmp_path / "features.h5", path)
    assert [found.name for found in tmp_path.iterdir()] == ["given.h5"]


def test_all_rows_with_values_that_are_not_finite_are_told(tmp_path):
    features = arrays()["train"][0]
    features[3, 1], features[51] = np.inf, np.nan
    path = write_hdf5(tmp_path / "given.h5", arrays(), train_features=features)
    words = (
        r"row 3, column 1 is inf; every feature must be a finite number \(2 rows have such values: 3, 51\)$"
    )
    with pytest.raises(InputError, match=words):
        write_features(tmp_path / "features.h5", path)


def gaps(dtype=np.int32):
    """Labels 1, 2, 3, 4 and 9, as of a file in which somebody counted from 1 and left some out."""
    parts = arrays()
    return {
        name: (features, np.array([1, 2, 3, 4, 9])[np.arange(len(labels)) % 5].astype(dtype))
        for name, (features, labels) in parts.items()
    }


@pytest.mark.parametrize("form", ["hdf5", "npy"])
def test_numbers_with_gaps_need_names(tmp_path, form):
    options = (
        {"path": write_hdf5(tmp_path / "g.h5", gaps())} if form == "hdf5" else write_npy(tmp_path, gaps())
    )
    words = (
        r"labels(\.npy)?: no row has 0, 5, 6, 7, 8; number the classes 0..C-1, or name them all in class_n"
    )
    for read_one in (preview, lambda **given: write_features(tmp_path / "features.h5", **given)):
        with pytest.raises(InputError, match=words):
            read_one(**options)
    names = list("abcdefghij")
    assert preview(**options, class_names=names).train_class_counts.tolist() == [
        0,
        18,
        18,
        18,
        18,
        0,
        0,
        0,
        0,
        18,
    ]
    assert write_features(tmp_path / "features.h5", **options, class_names=names) == ()
    with FeatureFile(tmp_path / "features.h5") as file:
        assert file.class_names == names
    with pytest.raises(InputError, match=r"label 9 in row 4; it must be one of 0..8"):
        preview(**options, class_names=names[:9])
    with pytest.raises(
        InputError, match="class_names has 'a' as class 1; each class needs a name of its own"
    ):
        preview(**options, class_names=["a"] * 10)


@pytest.mark.parametrize(
    ("dtype", "words"),
    [
        (
            "uint8",
            "no row has 3, 4, 5, 6, 7, 8, 9, 10 and 244 more; .*; 255 is what -1 becomes in uint8: save the",
        ),
        (
            "uint16",
            "label 65535 in 400 rows looks like .*; 65535 is what -1 becomes in uint16: save the labels as",
        ),
    ],
)
def test_an_unknown_label_that_became_the_largest_number(tmp_path, dtype, words):
    labels = (np.arange(400) % 3).astype(np.int64)
    labels[::4] = -1
    features = np.random.default_rng(0).normal(size=(400, 5)).astype("float32")
    changed = {"train": (features, labels.astype(dtype)), "test": arrays()["test"]}
    path = write_hdf5(tmp_path / "given.h5", changed)
    with pytest.raises(InputError, match=words):
        preview(path)
    right = write_hdf5(tmp_path / "right.h5", changed, train_labels=labels)
    assert preview(right).num_train == 400


def test_a_label_that_a_small_type_has_wrapped(tmp_path):
    labels = np.arange(90) % 3
    labels[7] = 200  # as int8: -56
    path = write_hdf5(tmp_path / "given.h5", arrays(), train_labels=labels.astype(np.int8))
    with pytest.raises(
        InputError, match=r"label -56 in row 7; .*; -56 is what 200 becomes in int8: save them as"
    ):
        preview(path)


def test_names_of_the_file_and_of_the_option(tmp_path):
    path = write_hdf5(tmp_path / "given.h5", arrays())
    with h5py.File(path, "a") as file:
        file.attrs["class_names"] = ["ant", "bee", "cat"]
    assert preview(path, class_names=["ant", "bee", "cat"]).class_names == ["ant", "bee", "cat"]
    with pytest.raises(
        InputError, match=r"given.h5: has other class_names than the option; leave the option"
    ):
        preview(path, class_names=["ant", "cat", "bee"])


@pytest.mark.parametrize("known", [True, False])
def test_a_class_of_the_test_part_alone(tmp_path, known):
    labels = arrays()["train"][1] % 2
    labels[0] = 0 if known else -1
    path = write_hdf5(tmp_path / "given.h5", arrays(), train_labels=labels)
    with h5py.File(path, "a") as file:
        file.attrs["class_names"] = ["ant", "bee", "cat"]
    words = f"{path}: no train sample has the class 'cat', which the test part has; "
    if known:
        for read_one in (preview, lambda path: write_features(tmp_path / "features.h5", path)):
            with pytest.raises(InputError, match=words):
                read_one(path)
    else:
        expected = (f"{words}later labels may add it",)
        assert preview(path).notices == write_features(tmp_path / "features.h5", path) == expected


@pytest.mark.parametrize(
    ("scale", "offset", "words"),
    [
        (1e20, 0, r"train/features: row \d+, column \d is -?\S+; its square does not fit float32: scale"),
        (1e-23, 0, r"train/features: the values lie too close together: column \d, .* underflows in float32"),
        (
            1e-4,
            1e4,
            r"train/features: the values lie too close together: column \d, .* tells apart|all rows are",
        ),
    ],
)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_features_that_float32_cannot_compute_with(tmp_path, scale, offset, words, dtype):
    parts = arrays("float64")
    parts = {name: ((offset + scale * x).astype(dtype), y) for name, (x, y) in parts.items()}
    path = write_hdf5(tmp_path / "given.h5", parts)
    with pytest.raises(InputError, match=words):
        write_features(tmp_path / "features.h5", path)
    assert [found.name for found in tmp_path.iterdir()] == ["given.h5"]


def test_both_a_test_part_and_a_fraction(tmp_path):
    path = write_hdf5(tmp_path / "given.h5", arrays())
    with pytest.raises(
        InputError, match=r"has a test part of its own .*remove it, or the option test_fraction"
    ):
        preview(path, test_fraction=0.2)


def external_link(file, original):
    file["train/features"] = h5py.ExternalLink(original, "train/features")


def external_group(file, original):
    del file["train"]
    file["train"] = h5py.ExternalLink(original, "train")


def virtual_dataset(file, original):
    layout = h5py.VirtualLayout((90, 5), "float32")
    layout[:] = h5py.VirtualSource(original, "train/features", (90, 5))
    file.create_virtual_dataset("train/features", layout)


def external_storage(file, original):
    raw = original.with_suffix(".raw")
    raw.write_bytes(bytes(90 * 5 * 4))
    file.create_dataset("train/features", (90, 5), "float32", external=[(str(raw), 0, 90 * 5 * 4)])


@pytest.mark.parametrize("place", [external_link, external_group, virtual_dataset, external_storage])
def test_features_in_another_file_are_refused(tmp_path, place):
    original = write_hdf5(tmp_path / "original.h5", arrays())
    path = write_hdf5(tmp_path / "given.h5", arrays(), train_features=None)
    with h5py.File(path, "a") as file:
        place(file, original)
    with pytest.raises(InputError, match=r"given.h5: train/features lies in another file; copy its values"):
        preview(path)


def test_options_that_do_not_go_together(tmp_path):
    options = write_npy(tmp_path, arrays())
    with pytest.raises(
        InputError, match=r"holds one array \(90, 5\), but no `labels`; set the option labels to"
    ):
        preview(options["path"])
    with pytest.raises(InputError, match="test_labels goes with test_features; set both, or neither"):
        preview(options["path"], options["labels"], test_labels=options["test_labels"])
    path = write_hdf5(tmp_path / "given.h5", arrays())
    with pytest.raises(InputError, match=r"given.h5: has labels of its own; leave out the option labels"):
        preview(path, options["labels"])
    with pytest.raises(InputError, match=r"given.h5: has a test part; leave out the options test_features"):
        preview(path, test_features=options["test_features"])


def test_files_of_other_kinds(tmp_path):
    for name in ("text.h5", "text.npy"):
        (tmp_path / name).write_text("text")
    np.save(tmp_path / "objects.npy", np.array([{}, {}], dtype=object))
    with pytest.raises(InputError, match=r"text.h5: is none of .npy, .npz, .*; it begins with b'text'"):
        preview(tmp_path / "text.h5")
    with pytest.raises(InputError, match=r"text.npy: is none of .npy"):
        preview(tmp_path / "text.npy", tmp_path / "text.npy")
    with pytest.raises(InputError, match=r"objects.npy: holds Python objects; save numbers as numbers, and"):
        preview(tmp_path / "objects.npy", tmp_path / "objects.npy")
    with pytest.raises(InputError, match=r"nowhere.h5: no such file; it must be .npy, .npz, .pt, .* or HDF5"):
        preview(tmp_path / "nowhere.h5")
    (tmp_path / "folder").mkdir()
    with pytest.raises(InputError, match=r"folder: is a folder; it must be .npy, .npz, .pt, .* or HDF5"):
        preview(tmp_path / "folder")


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
