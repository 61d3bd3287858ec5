"""Files appear whole or not at all; tables keep their digits."""

from pathlib import Path

import pandas as pd
import pytest

from activepool.errors import InputError
from activepool.io.files import read_json, read_text, start_of, write_json, write_table, written_whole


def test_a_failure_leaves_the_old_file_and_no_litter(tmp_path):
    path = tmp_path / "a.json"
    write_json(path, {"old": 1})
    with pytest.raises(RuntimeError), written_whole(path) as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert read_json(path) == {"old": 1}
    assert list(tmp_path.iterdir()) == [path]


def test_what_a_killed_process_left_is_swept_and_nothing_else(tmp_path):
    for name in (
        *(".a.123.partial.json", ".ab.123.partial.json", ".a.123.partial.csv", "a.partial.json"),
        *(".a.b.123.partial.json", ".a.json.123.partial.gz"),
    ):
        (tmp_path / name).write_text("half")
    write_json(tmp_path / "a.json", {})
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == [
        *(".a.123.partial.csv", ".a.b.123.partial.json", ".a.json.123.partial.gz"),
        *(".ab.123.partial.json", "a.json", "a.partial.json"),
    ]


def test_tables_keep_all_digits(tmp_path):
    table = pd.DataFrame({"index": [3, 1], "score": [0.1 + 0.2, 1e-17]})
    write_table(tmp_path / "t.csv", table)
    assert pd.read_csv(tmp_path / "t.csv").equals(table)


def test_a_file_that_is_not_json_is_named(tmp_path):
    (tmp_path / "m.json").write_text("{")
    with pytest.raises(InputError, match=r"m\.json: not a readable JSON file"):
        read_json(tmp_path / "m.json")


def test_a_relative_path_says_where_it_starts():
    assert start_of(Path("a.npy")) == "; a relative path starts from the working folder"
    assert start_of(Path("/a.npy")) == ""


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"PK\x03\x04" + bytes(30), "is a zip archive, as those of Excel are; save the table as CSV UTF-8"),
        (b"\x1f\x8b\x08" + bytes(9), "is compressed by gzip; unpack it"),
        (
            b"version https://git-lfs.github.com/spec/v1\n",
            "is a pointer of Git LFS and not the file; fetch it",
        ),
    ],
    ids=["Excel", "gzip", "Git LFS"],
)
def test_a_file_that_is_not_text_is_named(tmp_path, content, problem):
    (tmp_path / "labels.csv").write_bytes(content)
    with pytest.raises(InputError, match=f"labels.csv: {problem}"):
        read_text(tmp_path / "labels.csv")
