import numpy as np
import pyarrow as pa
import pytest
from data.huggingface_tables import IMAGE, NAMES, table, write, write_all
from data.shard_files import features_of, picture, write_folders
from pyarrow import parquet

from activepool.data import huggingface, packed_images
from activepool.data.dataset import prepare
from activepool.data.kinds import preview
from activepool.data.samples import write_samples
from activepool.data.settings import DatasetSettings
from activepool.data.shards import Shards
from activepool.data.thumbnails import thumbnails
from activepool.errors import InputError


@pytest.mark.parametrize("ending", ["parquet", "arrow"])
def test_files_have_the_features_of_the_same_images_in_folders(tmp_path, ending):
    write_folders(tmp_path / "photos", "train", ["ant"] * 3 + ["bee"] * 3)
    write_folders(tmp_path / "photos", "test", ["ant", "bee"], first=6)
    names = write_all(tmp_path / "set", ending)
    expected = features_of(tmp_path / "of_folders", "folder", root=str(tmp_path / "photos"))
    features = features_of(tmp_path / "of_files", "huggingface", path=str(tmp_path / "set"))
    for part in ("train", "test"):
        assert features[part]["labels"] == expected[part]["labels"]
        assert features[part]["features"] == expected[part]["features"]
    assert features["train"]["sources"] == [f"{name}/{row}" for name in names[:2] for row in range(3)]
    assert features["test"]["sources"] == [f"{names[2]}/{row}" for row in range(2)]


@pytest.mark.parametrize("ending", ["parquet", "arrow"])
def test_images_are_read_in_any_order(tmp_path, ending):
    write_all(tmp_path, ending)
    samples, _ = prepare(DatasetSettings(kind="huggingface", options={"path": str(tmp_path)}))
    write_samples(tmp_path / "dataset.h5", samples)
    for rows in ([5, 0, 4, 1], [3], [2, 2, 0]):
        places = [samples.image_place(samples.train.paths[row]) for row in rows]
        assert [place.stream().read() for place in places] == [picture(row) for row in rows]
        assert len(thumbnails(tmp_path / "dataset.h5", np.array(rows), 8)) == len(rows)


def test_a_row_group_is_read_once_for_the_rows_in_a_row(tmp_path, monkeypatch):
    packed_images._row_group.cache_clear()
    write(tmp_path / "train.parquet", range(8), [0] * 8, rows=3)
    samples = huggingface.load(tmp_path, test_fraction=0.2)
    for path in samples.train.paths:
        samples.image_place(path).stream()
    assert packed_images._row_group.cache_info().misses == 3


def test_the_files_that_other_programs_write(tmp_path):
    file = pa.table(
        {"image": pa.array([picture(0), picture(1)], pa.large_binary()), "label": ["ant", " bee"]}
    )
    with (
        pa.OSFile(str(tmp_path / "train.arrow"), "wb") as stream,
        pa.ipc.new_file(stream, file.schema) as out,
    ):
        out.write_table(file)
    write(tmp_path / "test.arrow", [2], ["bee"], names=None)
    samples = huggingface.load(tmp_path)
    assert (samples.class_names, samples.train.labels.tolist()) == (["ant", "bee"], [0, 1])
    assert samples.image_place(samples.train.paths[1]).stream().read() == picture(1)


@pytest.mark.parametrize(
    ("labels", "names", "options", "expected"),
    [
        ([1, -1, None, 0], NAMES, {}, (["ant", "bee"], [1, -1, -1, 0])),
        ([1, 0, 1, 0], ["9", "8"], {}, (["9", "8"], [1, 0, 1, 0])),
        ([7, -1, 10, 9], None, {}, (["7", "9", "10"], [0, -1, 2, 1])),
        (
            [1.0, float("nan"), 0.0, 2.0],
            None,
            {"class_names": ["a", "b", "c"]},
            (["a", "b", "c"], [1, -1, 0, 2]),
        ),
        (["x", "", None, "y"], None, {}, (["x", "y"], [0, -1, -1, 1])),
    ],
)
def test_labels_are_numbers_or_names(tmp_path, labels, names, options, expected):
    write(tmp_path / "train-0.parquet", range(4), labels, names=names)
    write(tmp_path / "test-0.parquet", range(4, 5), labels[:1], names=names)
    samples = huggingface.load(tmp_path, **options)
    assert (samples.class_names, samples.train.labels.tolist()) == expected


def test_the_schema_may_number_the_names(tmp_path):
    names = {str(number): f"c{number}" for number in range(10, -1, -1)}
    write(tmp_path / "train.parquet", range(11), range(11), names=names)
    write(tmp_path / "test.parquet", [11], [10], names=names)
    assert huggingface.load(tmp_path).class_names == [f"c{number}" for number in range(11)]


def test_columns_of_other_names(tmp_path):
    for part in ("train", "validation"):
        write(tmp_path / f"{part}.parquet", range(4), [0, 1, 0, 1], image="img", label="fine")
    assert huggingface.load(tmp_path).train.labels.tolist() == [0, 1, 0, 1]
    assert huggingface.load(tmp_path, image="img", label="id").class_names == ["0", "1", "2", "3"]
    with pytest.raises(InputError, match=r"no column 'coarse' \(it has id, img, fine\); say which: label"):
        huggingface.load(tmp_path, label="coarse")
    with pytest.raises(InputError, match=r"/train.parquet and 1 more: has .*; say which: label: fine$"):
        huggingface.load(tmp_path, label="fien")
    with pytest.raises(
        InputError, match=r"image: the column 'id' is string; .* of bytes and path; image: img"
    ):
        huggingface.load(tmp_path, image="id")


@pytest.mark.parametrize(
    ("columns", "options", "words"),
    [
        (("fine", "coarse"), {}, r"no column 'label' \(it has img, fine, coarse\); say which: label: fine$"),
        (
            ("number", "Label"),
            {},
            r"no column 'label' \(it has img, number, Label\); say which: label: Label$",
        ),
        (("label",), {"image": "image"}, r"no column 'image' \(it has img, label\); say which: image: img$"),
    ],
)
def test_a_column_that_is_missing_has_a_remedy(tmp_path, columns, options, words):
    image_table = table(range(2), [0, 1], image="img", names=None).select(["img"])
    for name in columns:
        image_table = image_table.append_column(name, pa.array([0, 1]))
    parquet.write_table(image_table, tmp_path / "train.parquet")
    with pytest.raises(InputError, match=words):
        huggingface.load(tmp_path, test_fraction=0.5, **options)


def test_files_that_the_datasets_package_keeps_are_left_out(tmp_path):
    write_all(tmp_path, "arrow")
    for name in ("train/cache-1234.arrow", ".cache/train.arrow"):
        write(tmp_path / name, [8], [0])
    assert len(huggingface.load(tmp_path).train) == 6
    write(tmp_path / "train.parquet", [8], [0])
    with pytest.raises(InputError, match=r"two copies, .*\.(arrow|parquet) and .*; name one by a pattern"):
        huggingface.load(tmp_path)
    assert len(huggingface.load(f"{tmp_path}/t*/*.arrow").train) == 6


@pytest.mark.parametrize("path", ["cifar10", "ylecun/mnist"])
def test_a_name_on_the_hub_is_not_a_path(tmp_path, monkeypatch, path):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError) as caught:
        preview({"kind": "huggingface", "options": {"path": path, "test_fraction": 0.5}})
    assert str(caught.value) == (
        f"{path}: no such folder or file; a name on the Hugging Face Hub is not a path: fetch its files, hf "
        f"download {path} --repo-type dataset --local-dir FOLDER, and give path: FOLDER"
    )


@pytest.mark.parametrize("names", [["x", "y"], ["ant", "bee"]])
def test_given_names_must_be_those_of_the_files(tmp_path, names):
    write(tmp_path / "train.parquet", range(6), [0, 1] * 3)
    options = {"path": str(tmp_path), "test_fraction": 0.5, "class_names": names}
    if names == NAMES:
        assert preview({"kind": "huggingface", "options": options}).class_names == NAMES
        return
    with pytest.raises(InputError, match="has other class_names than the option; leave the option out"):
        preview({"kind": "huggingface", "options": options})


def test_an_unknown_label_that_became_the_largest_number_of_its_type(tmp_path):
    def written(labels):
        write(tmp_path / "data/train-0.parquet", range(len(labels)), pa.array(labels, pa.uint8()), names=None)
        return huggingface.load(str(tmp_path), test_fraction=0.5)

    words = "data/train-0.parquet/2: label 255 is what -1 becomes in a type without signs; save the labels as"
    with pytest.raises(InputError, match=words):
        written([0, 1, 255, 255])
    assert written([254, 255, 254, 255]).class_names == ["254", "255"]
    write(tmp_path / "data/train-0.parquet", range(4), pa.array([0, 1, 255, 255]), names=None)
    assert huggingface.load(str(tmp_path), test_fraction=0.5).class_names == ["0", "1", "255"]


def test_a_class_that_the_schema_names_may_have_any_name(tmp_path):
    write(tmp_path / "train.parquet", range(4), [0, 1, 0, 1], names=["none", "anger"])
    write(tmp_path / "test.parquet", [4, 5], [0, 1], names=["none", "anger"])
    samples = huggingface.load(tmp_path)
    assert (samples.class_names, samples.train.labels.tolist()) == (["none", "anger"], [0, 1, 0, 1])


@pytest.mark.parametrize("ending", ["parquet", "arrow"])
def test_a_file_of_unlabelled_images_needs_no_labels(tmp_path, ending):
    write_all(tmp_path, ending)
    unlabelled = table([8, 9, 10], [0, 0, 0]).select(["image"])
    if ending == "parquet":
        parquet.write_table(unlabelled, tmp_path / "data/unlabeled-0-of-1.parquet")
    else:
        (tmp_path / "unlabeled").mkdir()
        path = str(tmp_path / "unlabeled/data.arrow")
        with pa.OSFile(path, "wb") as file, pa.ipc.new_stream(file, unlabelled.schema) as stream:
            stream.write_table(unlabelled)
    samples = huggingface.load(tmp_path)
    assert (samples.class_names, samples.notices) == (["ant", "bee"], ())
    assert samples.train.labels.tolist() == [0, 0, 0, 1, 1, 1, -1, -1, -1]
    assert samples.image_place(samples.train.paths[-1]).stream().read() == picture(10)


def test_parquet_is_known_by_its_content_and_in_capitals(tmp_path):
    path = write(tmp_path / "data/train.parquet", [0, 1], [0, 1])
    path.rename(tmp_path / "data/train.PARQUET")
    write(tmp_path / "data/test.parquet", [2], [1])
    assert huggingface.load(tmp_path).train.labels.tolist() == [0, 1]
    renamed = (tmp_path / "data/test.parquet").rename(tmp_path / "all.pq")
    write(tmp_path / "x.parquet", [0, 1, 2, 3], [0, 0, 1, 1]).rename(renamed)
    assert len(huggingface.load(renamed, test_fraction=0.5).train) == 2


def test_numbers_are_never_names_of_the_schema(tmp_path):
    write(tmp_path / "train.parquet", range(4), [0, 1, 2, -1], names=["-1", "2", "0"])
    write(tmp_path / "test.parquet", [4], [2], names=["-1", "2", "0"])
    assert huggingface.load(tmp_path).train.labels.tolist() == [0, 1, 2, -1]
    write(tmp_path / "train.parquet", range(3), [0, 1.0, 3.0], names=["1", "3"])
    words = (
        r"train.parquet/2: the label 3 is the name of class 1 in the schema; write the number of the class, 0"
    )
    with pytest.raises(InputError, match=words):
        huggingface.load(tmp_path)


def test_numbers_are_not_classes_of_a_train_part_with_names(tmp_path):
    write(tmp_path / "train.parquet", range(2), ["ant", "bee"], names=None)
    write(tmp_path / "test.parquet", [2], [0], names=None)
    with pytest.raises(
        InputError, match=r"test.parquet/0: the train part has no class '0' \(its classes: ant, bee"
    ):
        huggingface.load(tmp_path)
    assert huggingface.load(tmp_path, class_names=["ant", "bee"]).test.labels.tolist() == [0]


def test_the_name_of_unknown_labels_is_not_a_class(tmp_path):
    write(tmp_path / "train.parquet", range(2), ["-1", "1"], names=None)
    with pytest.raises(
        InputError, match="class_names has '-1' as class 0, but the label '-1' stands for one that"
    ):
        huggingface.load(tmp_path, test_fraction=0.5, class_names=["-1", "1"])


@pytest.mark.parametrize("ending", ["parquet", "arrow"])
@pytest.mark.parametrize("padding", [0, 5_000])  # Parquet has no statistics of images beyond 4,096 bytes
def test_images_of_0_bytes_are_counted_before_they_are_read(tmp_path, ending, padding):
    images = [picture(0) + bytes(padding), b"", picture(2)]
    cells = pa.array([{"bytes": image, "path": "a.png"} for image in images], IMAGE)
    write(tmp_path / f"train.{ending}", range(3), [0, 1, 0], images=cells)
    write(tmp_path / f"test.{ending}", [3, 4], [0, 1])
    notice = f"{tmp_path}: images of 0 bytes, which are unreadable: 1 (train.{ending}/1)"
    assert huggingface.load(tmp_path).notices == (notice,)


def test_large_parquet_files_are_not_read_to_find_images_of_0_bytes(tmp_path, monkeypatch):
    monkeypatch.setattr(Shards, "is_large", True)
    images = pa.array([picture(0) + bytes(5_000), b"", picture(2)])
    write(tmp_path / "train.parquet", range(3), [0, 1, 0], images=images)
    write(tmp_path / "test.parquet", [3, 4], [0, 1])
    assert huggingface.load(tmp_path).notices == ()
