"""Rows of features are the same, however they are stored and whichever are asked for."""

import h5py
import numpy as np
import pytest

from activepool.errors import InputError
from activepool.features.store import MAX_SPACING, MIN_RUN_ROWS, FeatureMatrix

SIZE, WIDTH = 40 * MIN_RUN_ROWS, 7

SELECTIONS = {
    "all": np.arange(SIZE),
    "one row": np.array([SIZE - 1]),
    "long runs": np.delete(np.arange(SIZE), [5, 3 * MIN_RUN_ROWS, 3 * MIN_RUN_ROWS + 1, SIZE - 2]),
    "long runs, the later first": np.concatenate([np.arange(300, 400), np.arange(100, 300)]),
    "a run twice": np.concatenate([np.arange(100, 200), np.arange(150, 250)]),
    "descending": np.arange(SIZE)[::-1],
    "short runs": np.delete(np.arange(SIZE), np.arange(0, SIZE, MIN_RUN_ROWS // 2)),
    "every other": np.arange(1, SIZE, 2),
    "few, far apart": np.arange(3, SIZE, 2 * MAX_SPACING),
    "runs far apart": np.concatenate([np.arange(MIN_RUN_ROWS), np.arange(SIZE - MIN_RUN_ROWS, SIZE)]),
    "in disorder, with repeats": np.random.default_rng(0).integers(0, SIZE, 2 * SIZE),
}


@pytest.fixture(scope="module", params=["float16", "float32"])
def stored(request):
    return np.random.default_rng(1).normal(size=(SIZE, WIDTH)).astype(request.param)


@pytest.fixture(params=["array", "contiguous", "chunked"])
def features(request, stored, tmp_path):
    if request.param == "array":
        yield FeatureMatrix.from_array(stored)
        return
    with h5py.File(tmp_path / "rows.h5", "w") as file:
        file.create_dataset("rows", data=stored, chunks=(9, WIDTH) if request.param == "chunked" else None)
    with h5py.File(tmp_path / "rows.h5") as file:
        yield FeatureMatrix.from_dataset(file["rows"])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("selection", SELECTIONS)
def test_the_rows_asked_for_are_taken_in_their_order(features, stored, selection, dtype):
    rows = SELECTIONS[selection]
    rows_taken = features.take(rows, dtype)
    assert rows_taken.dtype == dtype
    np.testing.assert_array_equal(rows_taken, stored[rows].astype(dtype))


def test_what_was_taken_stays_when_more_is_taken(features, stored):
    first = features.take(SELECTIONS["long runs"])
    features.take(SELECTIONS["a run twice"])
    np.testing.assert_array_equal(first, stored[SELECTIONS["long runs"]].astype(np.float32))


def test_taking_no_rows_gives_an_empty_array(features):
    assert features.take(np.empty(0, dtype=np.int64)).shape == (0, WIDTH)


@pytest.mark.parametrize(
    "rows",
    [
        SELECTIONS["in disorder, with repeats"],
        [3, -1, 0],
        np.arange(SIZE) % 3 == 1,
        np.array([[0, 5], [SIZE - 1, 5]]),
        slice(7, None, 5),
        -2,
        [],
    ],
    ids=["numbers", "a list, with one from the end", "a mask", "a table", "a slice", "one row", "none"],
)
def test_rows_are_chosen_as_in_an_array(features, stored, rows):
    expected = stored[rows].astype(np.float32)
    np.testing.assert_array_equal(features[rows], expected, strict=True)


def test_rows_that_are_not_there_and_loops_are_errors(features):
    with pytest.raises(IndexError, match=f"index {SIZE} is out of bounds"):
        features[[0, SIZE]]
    with pytest.raises(TypeError, match="not iterable"):
        iter(features)


def test_a_damaged_chunk_is_named(tmp_path):
    path = tmp_path / "features.h5"
    with h5py.File(path, "w") as file:
        values = np.arange(16, dtype=np.float32).reshape(8, 2)
        dataset = file.create_dataset("vectors", data=values, chunks=(4, 2), compression="gzip")
        place = dataset.id.get_chunk_info(1).byte_offset
    content = bytearray(path.read_bytes())
    content[place : place + 8] = b"\xff" * 8
    path.write_bytes(content)
    with h5py.File(path) as file:
        matrix = FeatureMatrix.from_dataset(file["vectors"])
        for read in (lambda: matrix.take(np.array([7, 0])), lambda: matrix.block(slice(4, 8))):
            with pytest.raises(InputError, match=r"features\.h5: vectors is damaged"):
                read()
