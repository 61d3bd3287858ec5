"""The features of a pool that grows."""

import time

import h5py
import numpy as np
import pytest

from activepool.errors import InputError
from activepool.features.store import FeatureFile, FeatureMatrix
from activepool.labelling.pool.features import copy_vectors, join_parts
from activepool.labelling.pool.table import update_pool
from activepool.labelling.pool.vectors import VectorFile, keep_removed, removed_rows, vector_files


def vectors(rows=5, width=3, dtype=np.float32, seed=0):
    return np.random.default_rng(seed).normal(size=(rows, width)).astype(dtype)


class Grown:
    """A pool of vectors whose file is written again and again."""

    def __init__(self, folder):
        self.folder, self.path = folder, folder / "v.npy"

    def update(self, values):
        np.save(self.path, values)
        files = vector_files(FeatureMatrix.from_array(values))
        pool = update_pool(self.folder / "pool", files, lambda part: True)
        copy_vectors(VectorFile(self.path), pool.samples, pool.first_sources, self.folder / "features.h5")
        with FeatureFile(self.folder / "features.h5") as file:
            return pool, file.train.features.take(np.arange(len(pool.samples)))


def test_rows_stay_where_they_are_when_vectors_are_added_in_front(tmp_path):
    grown, first, more = Grown(tmp_path), vectors(5), vectors(3, seed=1)
    before, features = grown.update(first)
    assert np.array_equal(features, first)
    pool, features = grown.update(np.concatenate([more, first[::-1]]))
    assert pool.samples[:5] == before.samples
    assert np.array_equal(features, np.concatenate([first, more]))
    assert pool.row_sources == ["7", "6", "5", "4", "3", "0", "1", "2"]


def test_equal_vectors_are_one_sample(tmp_path):
    values = vectors(4)[[0, 1, 0, 2, 2]]
    pool, features = Grown(tmp_path).update(values)
    assert (pool.first_sources, len(pool.sources)) == (["0", "1", "3"], 5)
    assert np.array_equal(features, values[[0, 1, 3]])


def test_a_vector_that_is_nowhere_is_a_mistake_of_the_copy(tmp_path):
    path = tmp_path / "v.npy"
    np.save(path, vectors(5)[:4])
    samples = [file.sample for file in vector_files(FeatureMatrix.from_array(vectors(5)))]
    with pytest.raises(
        InputError, match="lacks 1 of the pool's 5 vectors; it has changed since the run began"
    ):
        copy_vectors(VectorFile(path), samples, [""] * 5, tmp_path / "features.h5")


def test_removed_vectors_are_copied_from_where_they_are_kept(tmp_path):
    values, remaining = vectors(6), [1, 2, 4]
    removed, output = tmp_path / "removed.h5", tmp_path / "features.h5"
    samples = [file.sample for file in vector_files(FeatureMatrix.from_array(values))]
    write_part(output, values)
    # In two steps; a row that is not there, or holds another vector, is not taken.
    assert list(keep_removed(removed, output, {samples[5]: 5, samples[0]: 9})) == [samples[5]]
    assert not removed_rows(tmp_path / "none.h5")
    gone = {samples[row]: row for row in (0, 3, 5)} | {"0" * 64: 1}
    assert list(keep_removed(removed, output, gone)) == [samples[5], samples[0], samples[3]]
    assert list(removed_rows(removed)) == [samples[5], samples[0], samples[3]]
    np.save(tmp_path / "v.npy", values[remaining])
    copy_vectors(VectorFile(tmp_path / "v.npy"), samples, [""] * 6, output, removed)
    with FeatureFile(output) as file:
        assert np.array_equal(file.train.features.take(np.arange(6)), values)


def write_part(path, values, **attributes):
    with h5py.File(path, "w") as file:
        file["train/features"] = values
        file.attrs.update({"backbone": "identity", "checkpoint_digest": "", "transform": "t"} | attributes)
    return path


def test_parts_stand_one_below_the_other(tmp_path):
    pieces = [vectors(rows, dtype=np.float16, seed=rows) for rows in (5, 1, 7)]
    paths = [write_part(tmp_path / f"{len(piece)}.h5", piece) for piece in pieces]
    sources = [f"{row} é.png" for row in range(13)]
    join_parts(paths, sources, tmp_path / "features.h5")
    with FeatureFile(tmp_path / "features.h5") as file:
        features = file.train.features.take(np.arange(13))
        assert np.array_equal(features, np.concatenate(pieces))
        assert file.train.sources_of(np.arange(13)).tolist() == sources
    with h5py.File(tmp_path / "features.h5") as file:
        assert file["train/features"].dtype == np.float16
        assert file.attrs["backbone"] == "identity"


def test_the_file_does_not_record_when_it_was_written(tmp_path):
    paths = [write_part(tmp_path / "1.h5", vectors(2))]
    for name in ("a.h5", "b.h5"):
        join_parts(paths, ["x", "y"], tmp_path / name)
        time.sleep(1.1)  # HDF5 knows seconds
    assert (tmp_path / "a.h5").read_bytes() == (tmp_path / "b.h5").read_bytes()


@pytest.mark.parametrize("key", ["backbone", "checkpoint_digest", "transform"])
def test_parts_of_different_backbones_are_a_mistake(tmp_path, key):
    paths = [
        write_part(tmp_path / "1.h5", vectors(2)),
        write_part(tmp_path / "2.h5", vectors(2), **{key: "x"}),
    ]
    with pytest.raises(InputError, match=f"2.h5: {key} is 'x', but"):
        join_parts(paths, [""] * 4, tmp_path / "features.h5")
    assert not (tmp_path / "features.h5").exists()


def test_parts_of_different_widths_are_a_mistake(tmp_path):
    paths = [write_part(tmp_path / "1.h5", vectors(2)), write_part(tmp_path / "2.h5", vectors(2, 4))]
    with pytest.raises(InputError, match=r"2\.h5: has width 4, but 3 in .*1\.h5"):
        join_parts(paths, [""] * 4, tmp_path / "features.h5")


def test_parts_must_have_the_rows_of_the_pool(tmp_path):
    paths = [write_part(tmp_path / "1.h5", vectors(2))]
    with pytest.raises(InputError, match="the parts have 2 rows, and the pool 3"):
        join_parts(paths, [""] * 3, tmp_path / "features.h5")


def test_parts_that_lie_too_close_together_are_a_mistake(tmp_path):
    equal = [write_part(tmp_path / f"{rows}.h5", np.ones((rows, 3), np.float32)) for rows in (2, 3)]
    with pytest.raises(InputError, match=r"^backbone 'identity': train/features: all rows are equal"):
        join_parts(equal, [""] * 5, tmp_path / "features.h5")
    second = write_part(tmp_path / "other.h5", vectors(1))
    join_parts([*equal, second], [""] * 6, tmp_path / "features.h5")
