"""files, seeding, compute, pool and labels."""

import json

import h5py
import numpy as np
import pandas as pd
import pytest
from threadpoolctl import threadpool_info

from activepool.compute.blocks import Compute, row_blocks
from activepool.compute.devices import resolve_device
from activepool.compute.seeds import generator, integer_seed
from activepool.data.labels import known_labels, merged_labels
from activepool.data.pool import unlabelled_pool
from activepool.errors import InputError
from activepool.features.store import FeatureFile
from activepool.io.files import read_json, write_json, write_table, written_whole
from activepool.io.index_files import read_index, write_index


class TestFiles:
    def test_a_failure_leaves_the_old_file_and_no_litter(self, tmp_path):
        path = tmp_path / "a.json"
        write_json(path, {"old": 1})
        with pytest.raises(RuntimeError), written_whole(path) as temporary:
            temporary.write_text("half")
            raise RuntimeError
        assert read_json(path) == {"old": 1}
        assert list(tmp_path.iterdir()) == [path]

    def test_what_a_killed_process_left_is_swept_and_nothing_else(self, tmp_path):
        for name in (
            *(".a.123.partial.json", ".ab.123.partial.json", ".a.123.partial.csv", "a.partial.json"),
            *(".a.b.123.partial.json", ".a.json.123.partial.gz"),
        ):
            (tmp_path / name).write_text("half")
        write_json(tmp_path / "a.json", {})
        left = sorted(path.name for path in tmp_path.iterdir())
        assert left == [
            *(".a.123.partial.csv", ".a.b.123.partial.json", ".a.json.123.partial.gz"),
            *(".ab.123.partial.json", "a.json", "a.partial.json"),
        ]

    def test_tables_keep_all_digits(self, tmp_path):
        table = pd.DataFrame({"index": [3, 1], "score": [0.1 + 0.2, 1e-17]})
        write_table(tmp_path / "t.csv", table)
        assert pd.read_csv(tmp_path / "t.csv").equals(table)

    def test_index_files_keep_the_digits_of_float32(self, tmp_path):
        """Two kernels' float64 sums of one score are written alike."""
        scores = np.array([0.1 + 0.2, 1e-17, 1234567.8])
        columns = {
            "index": np.array([3, 1, 2**40]),
            "source": np.array(["a,b.jpg", "c", "d"]),
            "score": scores,
        }
        write_index(tmp_path / "selected.csv", columns)
        found = pd.read_csv(tmp_path / "selected.csv", dtype={"score": np.float32})
        assert found.equals(pd.DataFrame(columns | {"score": scores.astype(np.float32)}))
        content = (tmp_path / "selected.csv").read_bytes()
        assert b'3,"a,b.jpg",0.3\n' in content
        write_index(tmp_path / "selected.csv", columns | {"score": scores * (1 + 1e-15)})
        assert (tmp_path / "selected.csv").read_bytes() == content

    def test_a_score_that_is_no_number_is_left_empty(self, tmp_path):
        scores = np.array([np.inf, 0.5, np.nan])
        write_index(tmp_path / "selected.csv", {"index": np.array([3, 1, 2]), "boundary": scores})
        text = (tmp_path / "selected.csv").read_text(encoding="utf-8")
        assert text == "index,boundary\n3,\n1,0.5\n2,\n"

    def test_index_files_are_joined_in_order(self, tmp_path):
        for name, rows in (("a", [5, 2]), ("b", [9])):
            write_index(tmp_path / name, {"index": np.array(rows)})
        assert read_index(tmp_path / "a", tmp_path / "b").tolist() == [5, 2, 9]
        assert read_index().tolist() == []

    @pytest.mark.parametrize(
        ("content", "words"),
        [
            ("row\n1\n", "has no column 'index' (columns: row)"),
            ("index\n1.5\n", "row 1: index '1.5' is not a whole number from 0"),
            ("index\n-2\n", "row 1: index '-2' is not a whole number from 0"),
            ("index\n4\n4\n", "index 4 was picked before"),
            ("", "not a readable CSV file"),
            ("index\n1\n\0\n", "line 3 has a NUL byte"),
        ],
    )
    def test_a_bad_index_file_is_named(self, tmp_path, content, words):
        (tmp_path / "bad.csv").write_text(content)
        with pytest.raises(InputError) as caught:
            read_index(tmp_path / "bad.csv")
        assert "bad.csv" in str(caught.value)
        assert words in str(caught.value)

    def test_a_file_that_is_no_json_is_named(self, tmp_path):
        (tmp_path / "m.json").write_text("{")
        with pytest.raises(InputError, match=r"m\.json: not a readable JSON file"):
            read_json(tmp_path / "m.json")


class TestSeeding:
    def test_streams_differ_by_seed_round_and_stage_and_repeat(self):
        keys = [
            (seed, number, stage) for seed in (0, 1) for number in (0, 1) for stage in ("train", "select")
        ]
        draws = [generator(*key).integers(0, 2**62) for key in keys]
        assert len(set(draws)) == len(keys)
        assert draws == [generator(*key).integers(0, 2**62) for key in keys]
        seeds = [integer_seed(*key) for key in keys]
        assert len(set(seeds)) == len(keys)
        assert all(0 <= seed < 2**63 for seed in seeds)


class TestCompute:
    @pytest.mark.parametrize("workers", [1, 2, 7])
    def test_results_come_in_order(self, workers):
        assert list(Compute("cpu", workers).map(lambda value: value**2, range(50))) == [
            n**2 for n in range(50)
        ]

    @pytest.mark.parametrize("workers", [1, 2])
    def test_an_error_in_a_block_is_raised(self, workers):
        with pytest.raises(ZeroDivisionError):
            list(Compute("cpu", workers).map(lambda value: 1 // value, [1, 0, 2]))

    @pytest.mark.parametrize("workers", [1, 2])
    def test_blas_has_one_thread_in_each_block(self, workers):
        def threads(_):
            return {one["num_threads"] for one in threadpool_info() if one["user_api"] == "blas"}

        assert all(found == {1} for found in Compute("cpu", workers).map(threads, range(3)))

    @pytest.mark.parametrize("rows", [0, 1, 7, 8, 9])
    def test_blocks_cover_all_rows_once(self, rows):
        covered = [row for block in row_blocks(rows, 4) for row in range(rows)[block]]
        assert covered == list(range(rows))

    def test_devices(self):
        assert resolve_device("cpu") == "cpu"
        assert resolve_device("auto") in ("cpu", "cuda")
        with pytest.raises(InputError, match="'tpu' is not known; it must be auto, cpu, cuda"):
            resolve_device("tpu")


class TestPool:
    def test_the_pool_is_what_is_left(self):
        assert unlabelled_pool(8, np.array([7, 0]), np.array([3])).tolist() == [1, 2, 4, 5, 6]

    @pytest.mark.parametrize(
        ("validation", "labelled", "words"),
        [
            ([8], [], "the validation split names row 8, but train/features has 8 rows"),
            ([], [-1], "the labelled set names row -1"),
            ([2], [2], "the labelled set names row 2, which is in the validation split as well"),
        ],
    )
    def test_rows_that_do_not_fit(self, validation, labelled, words):
        with pytest.raises(InputError, match=words):
            unlabelled_pool(8, np.array(validation, dtype=int), np.array(labelled, dtype=int))


@pytest.fixture
def feature_file(tmp_path):
    with h5py.File(tmp_path / "features.h5", "w") as file:
        for part, labels in (("train", [0, -1, 1, -1, 0]), ("test", [0, 1])):
            file[f"{part}/features"] = np.arange(3 * len(labels), dtype=np.float16).reshape(-1, 3)
            file[f"{part}/labels"] = labels
        file["train/sources"] = [f"{letter}.jpg" for letter in "abcde"]
        file.attrs["class_names"] = ["cat", "dog"]
    with FeatureFile(tmp_path / "features.h5") as file:
        yield file


class TestLabels:
    def give(self, file, text):
        path = file.path.with_name("bought.csv")
        path.write_text(text)
        return path

    @pytest.mark.parametrize("text", ["index,label\n3,dog\n1,0\n", "source,label\nd.jpg,1\nb.jpg,cat\n"])
    def test_annotations_fill_in_what_is_not_known(self, feature_file, text):
        assert merged_labels(feature_file, self.give(feature_file, text)).tolist() == [0, 0, 1, 1, 0]

    def test_rows_without_a_label_yet_may_stand_in_the_file(self, feature_file):
        path = self.give(feature_file, "index,label\n3,dog\n1,\n")
        assert merged_labels(feature_file, path).tolist() == [0, -1, 1, 1, 0]

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            (
                "index,label\n2,cat\n",
                "row 2 is given the label 'cat', but it is already 'dog'; a label is never",
            ),
            ("index,label\n1,bird\n", "label 'bird' is not a class; there are cat, dog"),
            ("index,label\n1,2\n", "label '2' is not a class"),
            ("index,label\n5,cat\n", r"index '5' is not a row of train/features \(0 to 4\)"),
            ("index,label\nx,cat\n", "index 'x' is not a row"),
            ("source,label\nz.jpg,cat\n", "source 'z.jpg' is not in the training part"),
            ("index,class\n1,cat\n", "must have the column 'label', and 'index' or 'source'"),
        ],
    )
    def test_bad_annotations(self, feature_file, text, words):
        with pytest.raises(InputError, match=words) as caught:
            merged_labels(feature_file, self.give(feature_file, text))
        assert "bought.csv" in str(caught.value)

    def test_a_missing_label_is_asked_for(self, feature_file):
        assert known_labels(feature_file, np.array([2, 0])).tolist() == [1, 0]
        with pytest.raises(
            InputError, match=r"2 picked samples have no label yet \(b.jpg, d.jpg\); add them to a CSV"
        ):
            known_labels(feature_file, np.array([1, 0, 3]))


class TestFeatureFile:
    def test_rows_and_blocks(self, feature_file):
        features = feature_file.train.features
        assert features.shape == (5, 3)
        assert features.block(slice(1, 3)).tolist() == [[3, 4, 5], [6, 7, 8]]
        assert features.take(np.array([4, 0, 4]), np.float64).tolist() == [
            [12, 13, 14],
            [0, 1, 2],
            [12, 13, 14],
        ]
        assert feature_file.train.sources_of(np.array([3, 1])).tolist() == ["d.jpg", "b.jpg"]

    def test_chunked_and_compressed_files_are_read_alike(self, feature_file, tmp_path):
        rows = np.array([4, 0, 2, 0])
        with h5py.File(tmp_path / "chunked.h5", "w") as file:
            for part in ("train", "test"):
                split = getattr(feature_file, part)
                stored = split.features.block(slice(None)).astype(np.float16)
                file.create_dataset(f"{part}/features", data=stored, chunks=(2, 3), compression="gzip")
                file[f"{part}/labels"] = split.labels
        with FeatureFile(tmp_path / "chunked.h5") as chunked:
            assert np.array_equal(chunked.train.features.take(rows), feature_file.train.features.take(rows))
            assert chunked.class_names == ["0", "1"]

    @pytest.mark.parametrize(
        ("change", "words"),
        [
            (lambda file: file.pop("test/features"), "dataset 'test/features' is missing"),
            (lambda file: file.__setitem__("train/labels", [0, 1]), r"train/labels is int64 of shape \(2,\)"),
            (
                lambda file: file.__setitem__("train/features", np.ones(5)),
                "train/features is float64 of shape",
            ),
            (
                lambda file: file.__setitem__("train/labels", [0, -2, 1, 1, 0]),
                "train/labels holds -2; labels must be -1",
            ),
        ],
    )
    def test_what_does_not_fit_is_named(self, feature_file, tmp_path, change, words):
        with h5py.File(tmp_path / "bad.h5", "w") as bad, h5py.File(feature_file.path) as good:
            for part in ("train", "test"):
                good.copy(part, bad)
            for name in ("train/labels", "train/features"):
                if words.startswith(name):
                    del bad[name]
            change(bad)
        with pytest.raises(InputError, match=words):
            FeatureFile(tmp_path / "bad.h5")

    def test_a_file_that_is_no_hdf5(self, tmp_path):
        (tmp_path / "f.h5").write_text(json.dumps({}))
        with pytest.raises(InputError, match=r"f\.h5: not a readable HDF5 file"):
            FeatureFile(tmp_path / "f.h5")
