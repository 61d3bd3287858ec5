"""Index files: written with the digits of float32, read in the order of the picks."""

import numpy as np
import pandas as pd
import pytest

from activepool.errors import InputError
from activepool.io.index_files import read_index, write_index


def test_index_files_keep_the_digits_of_float32(tmp_path):
    """Two kernels' float64 sums of one score are written alike."""
    scores = np.array([0.1 + 0.2, 1e-17, 1234567.8])
    columns = {
        "index": np.array([3, 1, 2**40]),
        "source": np.array(["a,b.jpg", "c", "d"]),
        "score": scores,
    }
    write_index(tmp_path / "selected.csv", columns)
    table = pd.read_csv(tmp_path / "selected.csv", dtype={"score": np.float32})
    assert table.equals(pd.DataFrame(columns | {"score": scores.astype(np.float32)}))
    content = (tmp_path / "selected.csv").read_bytes()
    assert b'3,"a,b.jpg",0.3\n' in content
    write_index(tmp_path / "selected.csv", columns | {"score": scores * (1 + 1e-15)})
    assert (tmp_path / "selected.csv").read_bytes() == content


def test_a_nan_score_is_left_empty(tmp_path):
    scores = np.array([np.inf, 0.5, np.nan])
    write_index(tmp_path / "selected.csv", {"index": np.array([3, 1, 2]), "boundary": scores})
    text = (tmp_path / "selected.csv").read_text(encoding="utf-8")
    assert text == "index,boundary\n3,\n1,0.5\n2,\n"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("row\n1\n", "has no column 'index' (columns: row)"),
        ("index\n1.5\n", "row 1: index '1.5' is not a whole number from 0"),
        ("index\n-2\n", "row 1: index '-2' is not a whole number from 0"),
        ("index\n4\n4\n", "row 2: index 4 was picked before, in row 1"),
        ("", "not a readable CSV file"),
        ("index\n1\n\0\n", "line 3 has a NUL byte"),
    ],
)
def test_a_bad_index_file_is_named(tmp_path, content, words):
    (tmp_path / "bad.csv").write_text(content)
    with pytest.raises(InputError) as caught:
        read_index(tmp_path / "bad.csv")
    assert "bad.csv" in str(caught.value)
    assert words in str(caught.value)
