import json
import pickle
import tracemalloc

import h5py
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import torch
from array_forms import FORMS, save
from pyarrow import parquet
from safetensors.torch import save_file

from activepool.errors import InputError
from activepool.io.array_files.opening import open_arrays

ROWS, WIDTH = 100, 6


@pytest.fixture(autouse=True)
def small_batches(monkeypatch):
    """Read tables in several batches a row group, the last one short."""
    monkeypatch.setattr("activepool.io.array_files.parquet_files.BLOCK_ROWS", 7)


def values(dtype="float32", rows=ROWS):
    return np.random.default_rng(0).normal(size=(rows, WIDTH)).astype(dtype)


def stored(path, name=None):
    """Return the array of a file of this name, or its only array; the file stays open."""
    file = open_arrays(path, separate=["labels"])
    return file.find(next(iter(file.shapes)) if name is None else name)


def name_in(form):
    return "" if form == "columns.parquet" else "features"


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_rows_of_each_form(tmp_path, form, dtype):
    expected = values(dtype)
    result = stored(save(tmp_path / form, expected, np.arange(ROWS)), name_in(form))
    assert (result.shape, result.dtype) == ((ROWS, WIDTH), dtype)
    for rows in (slice(0, ROWS), slice(3, 5), slice(90, 200), slice(38, 44), slice(5, 5), slice(0, 1)):
        read = result.read(rows)
        assert read.dtype == dtype
        np.testing.assert_array_equal(read, expected[rows])
    for rows in ([99, 3, 40, 3], list(range(ROWS)), [0]):
        np.testing.assert_array_equal(result[np.array(rows)], expected[rows])


@pytest.mark.parametrize("form", FORMS)
def test_labels_and_names_beside_them(tmp_path, form):
    labels, sources = np.arange(ROWS) % 3, [f"été {row}.jpg" for row in range(ROWS)]
    path = save(tmp_path / form, values(), labels, sources)
    assert stored(path, "labels").read(slice(10, 13)).tolist() == [1, 2, 0]
    assert stored(path, "sources").texts(slice(98, 100)) == ["été 98.jpg", "été 99.jpg"]


@pytest.mark.parametrize("form", ["f.npy", "f.npz"])
def test_arrays_in_the_order_of_columns(tmp_path, form):
    array = np.asfortranarray(values())
    (np.save if form == "f.npy" else np.savez)(tmp_path / form, array)
    np.testing.assert_array_equal(stored(tmp_path / form).read(slice(40, 60)), array[40:60])


@pytest.mark.parametrize("form", ["b.pt", "b.safetensors"])
def test_bfloat16_is_read_as_float32(tmp_path, form):
    tensor = torch.from_numpy(values()).bfloat16()
    (torch.save if form == "b.pt" else save_file)({"features": tensor}, tmp_path / form)
    result = stored(tmp_path / form, "features")
    assert result.dtype == np.float32
    np.testing.assert_array_equal(result.read(slice(2, 9)), tensor[2:9].float().numpy())


def test_other_files_of_torch(tmp_path):
    tensor = torch.from_numpy(values()).requires_grad_()
    torch.save(tensor, tmp_path / "alone.pt")
    torch.save(tensor, tmp_path / "old.pt", _use_new_zipfile_serialization=False)
    torch.save(
        {"train": {"features": tensor, "epoch": 3}, "names": ["a", "b"], "mixed": ["a", 1]}, tmp_path / "n.pt"
    )
    for path, name in (("alone.pt", ""), ("old.pt", ""), ("n.pt", "train/features")):
        np.testing.assert_array_equal(stored(tmp_path / path, name).read(slice(5, 8)), values()[5:8])
    file = open_arrays(tmp_path / "n.pt")
    assert file.shapes == {"train/features": (ROWS, WIDTH), "names": (2,)}
    assert list(file.unreadable) == ["mixed"]
    with pytest.raises(InputError, match=r"n.pt: mixed: is a list of int, str; save a tensor, or a list of"):
        file.find("mixed")


def test_lists_of_whole_numbers_that_no_type_holds(tmp_path):
    torch.save({"x": torch.zeros(2), "labels": [0, 2**70], "low": [-(2**63), 2**63 - 1]}, tmp_path / "n.pt")
    file = open_arrays(tmp_path / "n.pt")
    assert file.find("low").read(slice(None)).tolist() == [-(2**63), 2**63 - 1]
    with pytest.raises(
        InputError, match=r"n.pt: labels: has whole numbers of more than 64 bits; save them as text"
    ):
        file.find("labels")


@pytest.mark.parametrize("kind", ["uint8", "uint32", "uint64"])
def test_whole_numbers_without_signs_may_be_missing(tmp_path, kind):
    numbers = {"all": pa.array([0, 255], kind), "some": pa.array([None, 255], kind)}
    parquet.write_table(pa.table(numbers), tmp_path / "t.parquet")
    file = open_arrays(tmp_path / "t.parquet")
    assert (file.find("all").dtype, file.find("all").read(slice(None)).tolist()) == (kind, [0, 255])
    assert (file.find("some").dtype, file.find("some").read(slice(None)).tolist()) == ("int64", [-1, 255])


def test_a_whole_number_beside_missing_ones_fits_64_bits_with_a_sign(tmp_path):
    parquet.write_table(pa.table({"x": pa.array([None, 2**64 - 1], "uint64")}), tmp_path / "t.parquet")
    with pytest.raises(
        InputError, match=r"t.parquet: x: beside missing values, a whole number of more than 63"
    ):
        open_arrays(tmp_path / "t.parquet").find("x").read(slice(None))


def test_tables_with_missing_values(tmp_path):
    table = pa.table(
        {
            "fixed": pa.FixedSizeListArray.from_arrays(values("float32").ravel(), WIDTH),
            "number": pa.array([None, *range(1, ROWS)], pa.int16()),
            "float": pa.array([None, *np.arange(1, ROWS)], pa.float64()),
            "name": pa.array([None, *["a"] * (ROWS - 1)]).dictionary_encode(),
            "when": pa.array([None] * ROWS, pa.timestamp("s")),
        }
    )
    parquet.write_table(table, tmp_path / "t.parquet", row_group_size=30)
    file = open_arrays(tmp_path / "t.parquet")
    assert list(file.shapes) == ["fixed", "number", "float", "name", ""]
    np.testing.assert_array_equal(file.find("fixed").read(slice(25, 70)), values()[25:70])
    assert file.find("number").read(slice(0, 2)).tolist() == [-1, 1]
    assert np.isnan(file.find("float").read(slice(0, 1))).all()
    assert file.find("name").texts(slice(0, 2)) == [None, "a"]
    assert list(file.unreadable) == ["when"]
    with pytest.raises(InputError, match=r"t.parquet: when: is a column of timestamp.*; save numbers, text"):
        file.find("when")


def test_a_text_that_stands_twice_in_a_header(tmp_path):
    path = tmp_path / "l.safetensors"
    save_file({"x": torch.zeros(3)}, path, {"labels": "[0]", "labelz": "[1]"})
    path.write_bytes(path.read_bytes().replace(b"labelz", b"labels"))
    with pytest.raises(InputError) as caught:
        open_arrays(path)
    assert (
        str(caught.value)
        == f"{path}: its header has the key 'labels' twice in one object; remove one of them"
    )


def test_lists_beside_tensors(tmp_path):
    lists = {
        "whole": [3, None, 5],
        "float": [0.0, None, 2.0],
        "text": ["a", None, "b"],
        "truth": [True, False],
    }
    strange = {"mixed": ["a", 1], "nested": [[1], [2]], "empty": []}
    torch.save({"x": torch.zeros(3), **lists, **strange}, tmp_path / "l.pt")
    metadata = {name: json.dumps(listed) for name, listed in (lists | strange).items()}
    save_file({"x": torch.zeros(3)}, tmp_path / "l.safetensors", {"format": "pt", **metadata})
    for path in (tmp_path / "l.pt", tmp_path / "l.safetensors"):
        file = open_arrays(path)
        assert file.shapes.keys() == {"x", *lists}
        assert set(file.unreadable) == {*strange}
        assert file.find("whole").read(slice(None)).tolist() == [3, -1, 5]
        np.testing.assert_array_equal(file.find("float").read(slice(None)), [0, np.nan, 2])
        assert file.find("text").texts() == ["a", None, "b"]


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ([1.0, 2.0], "x: row 57 has 2 numbers, and the first row 3"),
        ([], "x: row 57 has 0 numbers, and the first row 3"),
        (None, "x: row 57 is null; each row needs 3 numbers"),
    ],
)
def test_lists_of_other_lengths(tmp_path, wrong, words):
    lists = [[1.0, 2.0, 3.0]] * ROWS
    lists[57] = wrong
    parquet.write_table(pa.table({"x": lists}), tmp_path / "t.parquet", row_group_size=40)
    with pytest.raises(InputError, match=words):
        stored(tmp_path / "t.parquet").read(slice(50, 60))


@pytest.mark.parametrize("nulls", [1, 45])
@pytest.mark.parametrize("kind", [pa.list_(pa.float32()), pa.list_(pa.float32(), 3)])
def test_a_first_row_that_is_null(tmp_path, nulls, kind):
    lists = pa.array([None] * nulls + [[1.0, 2.0, 3.0]] * (ROWS - nulls), kind)
    parquet.write_table(pa.table({"x": lists}), tmp_path / "t.parquet", row_group_size=40)
    array = stored(tmp_path / "t.parquet")
    assert array.shape == (ROWS, 3)
    with pytest.raises(InputError, match="x: row 0 is null; each row needs 3 numbers"):
        array.read(slice(None))


def test_a_column_of_classes_is_not_among_the_floats(tmp_path):
    pd.DataFrame({"a": [1.0, 2], "labels": [0.0, None], "b": [3.0, 4]}).to_parquet(tmp_path / "t.parquet")
    assert stored(tmp_path / "t.parquet", "").read(slice(0, 2)).tolist() == [[1, 3], [2, 4]]


def test_more_rows_than_a_batch_are_not_kept(tmp_path, monkeypatch):
    monkeypatch.setattr("activepool.io.array_files.parquet_files.BLOCK_ROWS", 500)
    rows = 20_000
    save(tmp_path / "list.parquet", values(rows=rows).repeat(20, axis=1))
    result = stored(tmp_path / "list.parquet")
    tracemalloc.start()
    for start in range(0, rows, 500):
        assert result.read(slice(start, start + 500)).shape == (500, 120)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 5 * 500 * 120 * 4 < rows * 120 * 4 / 5


@pytest.mark.parametrize("form", [*FORMS, "v.npy"])
@pytest.mark.parametrize("kept", [8, 100, 0.5, 0.9])
def test_files_that_were_cut(tmp_path, form, kept):
    path = tmp_path / form
    if form == "v.npy":
        np.save(path, values())
    else:
        save(path, values(), np.arange(ROWS))
    content = path.read_bytes()
    path.write_bytes(content[: kept if kept > 1 else int(len(content) * kept)])
    with pytest.raises(InputError, match=rf"{form}: ") as raised:
        stored(path, name_in(form)).read(slice(0, ROWS))
    assert len(str(raised.value).splitlines()) == 1


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("v.npy", b"", "is empty"),
        ("v.csv", b"a,b\n1,2\n", r"is not one of .npy, .npz, .*; it begins with b'a,b"),
        ("v.pt", b"version https://git-lfs.github.com/spec/v1\n", "is a pointer of Git LFS .*: git lfs pull"),
        ("v.npy.gz", b"\x1f\x8b\x08" + bytes(30), "is compressed by gzip; unpack it"),
        (
            "v.pkl",
            pickle.dumps(np.zeros((3, 2))),
            "holds the object numpy|holds a pickle that torch.save did not",
        ),
    ],
)
def test_files_of_other_forms(tmp_path, name, content, words):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=f"{name}: {words}"):
        open_arrays(tmp_path / name)


def test_python_objects_are_not_unpickled(tmp_path):
    np.savez(tmp_path / "o.npz", features=values(), sources=np.array(["a", None], dtype=object))
    assert stored(tmp_path / "o.npz", "features").shape == (ROWS, WIDTH)
    with pytest.raises(InputError, match=r"o.npz: sources holds Python objects; .* by .astype\(str\)"):
        stored(tmp_path / "o.npz", "sources")
    torch.save({"features": values()}, tmp_path / "o.pt")
    with pytest.raises(
        InputError, match=r"o.pt: holds the object numpy.*; save tensors, by torch.from_numpy"
    ):
        open_arrays(tmp_path / "o.pt")
    torch.save({"epoch": 3}, tmp_path / "n.pt")
    with pytest.raises(InputError, match=r"n.pt: holds no tensor but dict; save tensors"):
        open_arrays(tmp_path / "n.pt")


def test_what_a_file_holds(tmp_path):
    np.savez(tmp_path / "v.npz", x=np.zeros((5, 3)), y=np.zeros(5))
    assert open_arrays(tmp_path / "v.npz").content == "`x` (5, 3) and `y` (5,)"
    np.save(tmp_path / "v.npy", np.zeros((5, 3)))
    assert open_arrays(tmp_path / "v.npy").content == "one array (5, 3)"
    with h5py.File(tmp_path / "v.h5", "w"):
        pass
    assert open_arrays(tmp_path / "v.h5").content == "no array"


def test_links_that_lead_in_a_circle(tmp_path):
    with h5py.File(tmp_path / "v.h5", "w") as file:
        file["train/features"] = values()
        file["train/again"] = h5py.SoftLink("/train")
        file["nowhere"] = h5py.SoftLink("/not/there")
    np.testing.assert_array_equal(stored(tmp_path / "v.h5", "train/features").read(slice(0, 9)), values()[:9])


def test_a_compressed_array_is_read_when_a_row_is(tmp_path):
    save(tmp_path / "small.npz", values(rows=50_000), np.arange(50_000))
    tracemalloc.start()
    result = stored(tmp_path / "small.npz", "features")
    before = tracemalloc.get_traced_memory()[1]
    np.testing.assert_array_equal(result.read(slice(7, 9)), values(rows=50_000)[7:9])
    tracemalloc.stop()
    assert before < 200_000 < 50_000 * WIDTH * 4


def test_an_index_of_pandas_is_not_a_feature(tmp_path):
    table = pd.DataFrame(values(), index=np.linspace(0, 1, ROWS)).rename(columns=str)
    table.to_parquet(tmp_path / "t.parquet")
    assert len(parquet.read_schema(tmp_path / "t.parquet").names) == WIDTH + 1
    np.testing.assert_array_equal(stored(tmp_path / "t.parquet", "").read(slice(None)), values())
