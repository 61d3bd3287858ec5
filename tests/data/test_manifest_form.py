"""Manifests that have no rows of train images: missing files, bytes that are not text, wrong headers."""

import pytest
from data.manifests import write

from activepool.data import manifest
from activepool.errors import InputError


def test_missing_column(tmp_path):
    path = write(tmp_path, "1.jpg,a", header="path,class")
    with pytest.raises(
        InputError, match=r"samples.csv:1: column 'label' is missing; .* \(it has path, class\)"
    ):
        manifest.load(path)


def test_a_split_in_capitals_is_not_ignored(draw):
    path = write(draw("1.jpg"), "1.jpg,a,test", header="path,label,Split")
    with pytest.raises(InputError, match=r"samples.csv:1: column 'split' is missing; .* label, Split\)"):
        manifest.load(path, test_fraction=0.5)


def test_columns_in_capitals_are_to_be_renamed(tmp_path):
    path = write(tmp_path, "1.jpg,a", header="Path, Label")
    words = r"csv:1: column 'path' is missing; .*; rename 'Path' to 'path', ' ?Label' to 'label'$"
    with pytest.raises(InputError, match=words):
        manifest.load(path)


@pytest.mark.parametrize("text", ["", "\n\n"])
def test_an_empty_manifest(tmp_path, text):
    path = tmp_path / "samples.csv"
    path.write_text(text)
    with pytest.raises(InputError) as refused:
        manifest.load(path)
    needed = "its first line must name the columns: path,label,split"
    assert str(refused.value) == f"{path}: is empty; {needed}"


@pytest.mark.parametrize(
    ("rows", "found"),
    [([], "there is no row below the header"), (["1.jpg,a,test"], "all rows are of the split test")],
)
@pytest.mark.parametrize("test_fraction", [None, 0.5])
def test_a_manifest_without_train_rows(draw, rows, found, test_fraction):
    path = write(draw("1.jpg"), *rows)
    with pytest.raises(InputError) as refused:
        manifest.load(path, test_fraction=test_fraction, class_names=["a"])
    assert str(refused.value) == f"{path}: the train part is empty: {found}"


def test_missing_manifest(tmp_path):
    with pytest.raises(InputError, match="no such file; it must be a CSV file with the columns path, label"):
        manifest.is_large(tmp_path / "nowhere.csv")
    with pytest.raises(InputError, match="is not a file; it must be a CSV file with the columns path, label"):
        manifest.is_large(tmp_path)


def test_a_file_that_is_not_text(tmp_path):
    (tmp_path / "samples.csv").write_bytes(b"\xff\xfe\x00\x01")
    with pytest.raises(InputError, match="is encoded as UTF-16"):
        manifest.load(tmp_path / "samples.csv")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (
            b"path,label,split\n1.jpg,\xe9,\n",
            "line 2 is not UTF-8 (byte 0xe9); save the file as UTF-8",
        ),
        (b"path,label,split\n1.jpg,a\0,\n", "samples.csv: line 2 has a NUL byte"),
        (
            "path,label,split\n1.jpg,a,\n".encode("utf-16"),
            "samples.csv: is encoded as UTF-16; save it",
        ),
        (
            b"path,label,split\n" + b"a" * 200_000 + b",a,\n",
            "samples.csv:2: not a readable CSV file (",
        ),
        (b"path,label,split\n" + b"a" * 300 + b",a,\n", "samples.csv:2: no such file 'aaa"),
    ],
)
def test_a_file_without_lines_of_text_is_reported(tmp_path, content, words):
    path = tmp_path / "samples.csv"
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        manifest.load(path)
    assert words in str(caught.value) and "\n" not in str(caught.value)
