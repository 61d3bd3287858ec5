"""Damaged or contradictory Parquet and Arrow files: one line for each mistake."""

import pyarrow as pa
import pytest
from data.huggingface_tables import IMAGE, table, write
from data.shard_files import picture
from pyarrow import parquet

from activepool.data import huggingface, packed_images
from activepool.data.kinds import preview
from activepool.errors import InputError


def cut(ending):
    def spoil(folder):
        path = write(folder / f"train.{ending}", range(40), [0] * 40)
        path.write_bytes(path.read_bytes()[:-900])

    return spoil


def without_bytes(ending):
    def spoil(folder):
        cells = [{"bytes": picture(0), "path": "0.png"}, {"bytes": None, "path": "1.png"}]
        write(folder / f"train.{ending}", range(2), [0, 1], images=pa.array(cells, IMAGE))

    return spoil


def compressed(folder):
    content = table(range(3), [0, 1, 0])
    options = pa.ipc.IpcWriteOptions(compression="lz4")
    with (
        pa.OSFile(str(folder / "train.arrow"), "wb") as file,
        pa.ipc.new_stream(file, content.schema, options=options) as stream,
    ):
        stream.write_table(content)


def two_of_a_kind(folder):
    second = table([0], [0], image="photo").append_column("mask", pa.array([b"x"]))
    parquet.write_table(second, folder / "train.parquet")


def of(*arguments, **options):
    return lambda folder: write(folder / "train.parquet", *arguments, **options)


def twice(ending):
    def spoil(folder):
        columns = [pa.array([picture(0)]), ["a"], ["b"]]
        path, content = folder / f"train.{ending}", pa.table(columns, names=["image", "label", "label"])
        if ending == "parquet":
            parquet.write_table(content, path)
        else:
            with pa.OSFile(str(path), "wb") as file, pa.ipc.new_stream(file, content.schema) as stream:
                stream.write_table(content)

    return spoil


def pointer(ending):
    return lambda folder: (folder / f"train.{ending}").write_text(
        "version https://git-lfs.github.com/spec/v1\n"
    )


DAMAGED = {
    "a column twice": (twice("parquet"), "train.parquet: has several columns 'label'; rename or remove all"),
    "a column twice in Arrow": (twice("arrow"), "train.arrow: has several columns 'label'; rename or remove"),
    "a pointer": (pointer("parquet"), "train.parquet: is a pointer of Git LFS and not the file; fetch it"),
    "a pointer for Arrow": (pointer("arrow"), "train.arrow: is a pointer of Git LFS and not the file; fetch"),
    "NUL": (of([0], ["a\0"], names=None), "'train.parquet/0': its label 'a\\x00' is not text; rename it"),
    "long": (of([0], [["x " * 99]], names=None), "train.parquet/0: the label ['x x x x x x x x x x x x"),
    "a cut Parquet file": (cut("parquet"), "train.parquet: is damaged ("),
    "a cut Arrow file": (cut("arrow"), "train.arrow: is damaged after row 3"),
    "an empty file": (lambda folder: (folder / "train.parquet").touch(), "train.parquet: is damaged ("),
    "an empty Arrow file": (lambda folder: (folder / "train.arrow").touch(), "train.arrow: is damaged ("),
    "a path alone": (without_bytes("parquet"), "train.parquet/1: has no bytes in the column image; store"),
    "the same in Arrow": (without_bytes("arrow"), "train.arrow/1: has no bytes in the column image; store"),
    "compressed": (compressed, "train.arrow: is compressed, so that no image in it has a pl"),
    "two columns": (two_of_a_kind, "train.parquet: has several columns for image (photo, mask); say which"),
    "no label": (of([0], [0], label="y", names=None), "train.parquet: has no column 'label' (it has id"),
    "no class": (of([0, 1], [0, 2]), "train.parquet/1: the train part has no class '2' (its class"),
    "below 0": (of([0, 1], [0, -2]), "train.parquet/1: label '-2' is below 0, where -1 stands"),
    "lists": (of([0], [[1]], names=None), "train.parquet/0: the label [1] is neither text nor a whole"),
    "truth": (of([0], [True], names=None), "train.parquet/0: the label True is neither text nor a whole"),
    "numbers of names": (
        of([0], [0], {"1": "ant", "2": "bee"}),
        "train.parquet: its schema numbers the classes of 'label' 1, 2; it must list their names, or number "
        "them 0 to 1",
    ),
    "a key twice": (
        lambda folder: parquet.write_table(
            table([0], [0]).replace_schema_metadata({"huggingface": '{"info": {}, "info": {}}'}),
            folder / "train.parquet",
        ),
        "train.parquet: its schema has the key 'info' twice in one object; remove one of them",
    ),
    "other names": (
        lambda folder: [write(folder / f"train-{name}.parquet", [0], [0], [name]) for name in "ab"],
        "train-b.parquet: has other names of classes than train-a.parquet: 'b' only here, 'a' only there; "
        "write all files with the same names in the same order",
    ),
    "another order": (
        lambda folder: [
            write(folder / f"train-{a}.parquet", [0], [0], [a, b]) for a, b in ("ab", "ba")
        ],
        "train-b.parquet: has other names of classes than train-a.parquet: class 0 is 'b' here and 'a' there",
    ),
    "the same number": (
        of([0, 1, 2], ["1", "1.0", "1"], names=None),
        "train.parquet/1: label '1.0' differs from '1', of train.parquet/0, only in how the",
    ),
    "a column of numbers": (
        lambda folder: parquet.write_table(
            pa.table({"image": [1], "img": [b"x"], "label": [1]}), folder / "train.parquet"
        ),
        "train.parquet: image: the column 'image' is int64; it must be bytes, or structs of bytes and path; "
        "image: img is such a column",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", DAMAGED)
def test_damage_has_one_line_with_file_and_row(tmp_path, name):
    spoil, words = DAMAGED[name]
    spoil(tmp_path)
    with pytest.raises(InputError) as caught:
        preview({"kind": "huggingface", "options": {"path": str(tmp_path), "test_fraction": 0.5}})
    (line,) = str(caught.value).splitlines()
    assert line.startswith(f"{tmp_path}/{words}")


@pytest.mark.parametrize("ending", ["parquet", "arrow"])
def test_an_image_without_bytes_hides_no_other_mistake(tmp_path, ending):
    images = pa.array([picture(0), None, picture(2)])
    write(tmp_path / f"train.{ending}", range(3), [0, 1, -2], images=images)
    write(tmp_path / f"test.{ending}", [3, 4, 5], [1, None, 7])
    with pytest.raises(InputError) as caught:
        huggingface.load(tmp_path)
    missing, negative, unknown, unlabelled = str(caught.value).splitlines()
    assert missing.startswith(f"{tmp_path}/train.{ending}/1: has no bytes in the column image")
    assert negative.startswith(f"{tmp_path}/train.{ending}/2: label '-2' is below 0")
    assert unknown.startswith(f"{tmp_path}/test.{ending}/2: the train part has no class '7'")
    assert unlabelled.startswith(f"{tmp_path}/test.{ending}/1: a test image needs a label")


def test_test_images_that_all_lack_labels_are_one_line(tmp_path):
    write(tmp_path / "train.parquet", range(3), [0, 1, -2])
    write(tmp_path / "test.parquet", range(3, 40), [-1] * 37)
    with pytest.raises(InputError) as caught:
        huggingface.load(tmp_path)
    negative, unlabelled = caught.value.args
    assert negative.startswith(f"{tmp_path}/train.parquet/2: label '-2' is below 0")
    assert unlabelled == (
        f"{tmp_path}: none of the 37 test images has a label, to measure accuracy on; "
        "add labels, or leave their shards out of path (test.parquet)"
    )


def test_classes_that_a_damage_may_hide_are_not_called_unknown(tmp_path):
    cut("parquet")(tmp_path)
    write(tmp_path / "test.parquet", [0, 1], [0, -2])
    with pytest.raises(InputError) as caught:
        huggingface.load(tmp_path)
    damaged, negative = str(caught.value).splitlines()
    assert damaged.startswith(f"{tmp_path}/train.parquet: is damaged")
    assert negative.startswith(f"{tmp_path}/test.parquet/1: label '-2' is below 0")


def test_files_without_rows(tmp_path):
    write(tmp_path / "train.parquet", [], [])
    with pytest.raises(InputError, match=r"^[^\n]*: the train part holds no image$"):
        huggingface.load(tmp_path, test_fraction=0.5)


def test_a_page_that_is_damaged_later_is_a_line_too(tmp_path):
    path = write(tmp_path / "train.parquet", range(6), [0] * 6)
    samples = huggingface.load(tmp_path, test_fraction=0.2)
    content = bytearray(path.read_bytes())
    start = content.index(picture(1)[:40])
    content[start - 40 : start + 200] = bytes(240)
    path.write_bytes(content)
    packed_images._row_group.cache_clear()
    with pytest.raises(OSError, match="row group 0 is damaged"):
        for place in samples.train.paths:
            samples.image_place(place).stream()
