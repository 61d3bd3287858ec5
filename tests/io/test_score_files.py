"""scores.h5 comes back as it was written, and what is wrong in it is named."""

import time

import h5py
import numpy as np
import pytest

from activepool.errors import InputError
from activepool.io.score_files import ScoreTable, read_scores, write_scores

INDEX = np.array([2, 5, 9])


def table(**changes):
    columns = {
        "index": INDEX,
        "predicted": np.array([1, 0, 1], dtype=np.int32),
        "scores": {"margin": np.array([0.5, 0.25, 1], np.float32), "boundary": np.ones(3, np.float32)},
        "nearest": (np.array([[2, 5], [9, -1]]), np.array([[0.5, 1], [2, np.inf]], np.float32)),
        "per_sample": {"code": np.arange(12).reshape(3, 4), "norm": np.array([0.5, np.nan, 2])},
    }
    return ScoreTable(**columns | changes)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "scores.h5"


def test_a_table_comes_back_as_it_was_written(path):
    write_scores(path, table())
    scores = read_scores(path)
    np.testing.assert_array_equal(scores.index, INDEX)
    np.testing.assert_array_equal(scores.predicted, [1, 0, 1])
    assert scores.predicted.dtype == np.int32
    for name in ("scores", "per_sample"):
        written, read = getattr(table(), name), getattr(scores, name)
        assert read.keys() == written.keys()
        for key, values in written.items():
            np.testing.assert_array_equal(read[key], values)
            assert read[key].dtype == values.dtype
    for read, values in zip(scores.nearest, table().nearest, strict=True):
        np.testing.assert_array_equal(read, values)


def test_the_file_is_laid_out_as_the_contract_says(path):
    write_scores(path, table())
    names = []
    with h5py.File(path) as file:
        file.visititems(lambda name, item: names.append(name) if isinstance(item, h5py.Dataset) else None)
    assert sorted(names) == [
        *("boundary", "index", "margin", "nearest/distance", "nearest/index"),
        *("per_sample/code", "per_sample/norm", "predicted"),
    ]


def test_the_same_table_makes_the_same_bytes_at_another_time(path):
    contents = []
    for seconds in (0, 1.1):  # HDF5 would note the time in seconds
        time.sleep(seconds)
        write_scores(path, table())
        contents.append(path.read_bytes())
    assert contents[0] == contents[1]


def test_all_but_the_index_may_be_missing(path):
    write_scores(path, ScoreTable(INDEX))
    with h5py.File(path) as file:
        assert list(file) == ["index"]
    scores = read_scores(path)
    assert (scores.predicted, scores.nearest, scores.scores, scores.per_sample) == (None, None, {}, {})


def test_without_a_head_there_may_be_what_was_precomputed(path):
    write_scores(path, ScoreTable(INDEX, per_sample={"code": np.zeros((3, 2))}))
    scores = read_scores(path)
    assert scores.predicted is None
    assert scores.per_sample["code"].shape == (3, 2)


def test_an_empty_pool_comes_back(path):
    nothing = np.empty(0, np.int64)
    write_scores(path, ScoreTable(nothing, nothing, {"margin": np.empty(0, np.float32)}))
    assert read_scores(path).scores["margin"].shape == (0,)


@pytest.mark.parametrize("part", ["scores", "per_sample"])
def test_an_unknown_name_is_reported(path, part):
    write_scores(path, table())
    with pytest.raises(InputError, match=r"scores\.h5: dataset 'entropy' is missing; delete the file"):
        getattr(read_scores(path), part)["entropy"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"predicted": np.array([1, 0])}, "predicted has 2 rows, index 3; delete the file"),
        ({"scores": {"margin": np.zeros(4, np.float32)}}, "margin has 4 rows, index 3; delete the file"),
        ({"per_sample": {"code": np.zeros((2, 3))}}, "code has 2 rows, index 3; delete the file"),
        ({"per_sample": {"code": np.float64(1)}}, "not a scores file: per_sample/code is not an array"),
        ({"scores": {"margin": np.array([1, np.nan, 2])}}, "margin holds NaN; delete the file"),
        ({"scores": {"margin": np.arange(3)}}, r"margin is int64 of shape \(3,\); it must be floats"),
        ({"predicted": np.zeros(3)}, r"predicted is float64 of shape \(3,\); it must be whole numbers"),
        (
            {"nearest": (np.zeros((2, 3), int), np.zeros((2, 2)))},
            "nearest/index and nearest/distance differ in shape",
        ),
    ],
)
def test_what_does_not_fit_is_named(path, changes, words):
    write_scores(path, table(**changes))
    with pytest.raises(InputError, match=words):
        read_scores(path)


def test_a_file_without_an_index_is_no_scores_file(path):
    with h5py.File(path, "w") as file:
        file["margin"] = np.zeros(3)
    with pytest.raises(InputError, match="not a scores file: index is missing"):
        read_scores(path)
