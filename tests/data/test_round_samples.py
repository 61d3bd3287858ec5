"""The samples of a round: which rows train, which choose, which can still be picked."""

import h5py
import numpy as np
import pytest

from activepool.data.label_file import LabelFile
from activepool.data.round_samples import Labelled, read_pool, read_round_samples
from activepool.errors import InputError
from activepool.io.index_files import write_index

LABELS = np.array([0, 1, 0, 1, -1, -1, 0, -1, 1, 0])


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """Ten samples, three without a label, two of which are picked."""
    monkeypatch.chdir(tmp_path)
    with h5py.File("samples.h5", "w") as file:
        file["train/labels"], file["test/labels"] = LABELS, [0, 1]
        file.attrs["class_names"] = ["ant", "bee"]
    write_index("validation.csv", {"index": np.array([9, 8])})
    write_index("labelled.csv", {"index": np.array([3, 5, 0, 4])})
    return tmp_path


def read(annotations=None, labelled="labelled.csv", validation="validation.csv"):
    with LabelFile("samples.h5") as file:
        return read_round_samples(file, validation, labelled, annotations)


def test_the_pool_is_what_is_in_neither_file():
    labelled, unlabelled = read_pool(10, "validation.csv", "labelled.csv")
    assert labelled.tolist() == [3, 5, 0, 4]
    assert unlabelled.tolist() == [1, 2, 6, 7]
    with pytest.raises(InputError, match="names row 9, but train/features has 9 rows"):
        read_pool(9, "validation.csv", "labelled.csv")
    write_index("validation.csv", {"index": np.array([3])})
    with pytest.raises(InputError, match="names row 3, which is in the validation split as well"):
        read_pool(10, "validation.csv", "labelled.csv")


def test_labels_that_came_later_are_merged_and_noted(folder):
    (folder / "bought.csv").write_text("index,label\n5,bee\n4,ant\n7,ant\n")
    samples = read("bought.csv")
    assert (samples.labelled.rows.tolist(), samples.labelled.labels.tolist()) == ([3, 5, 0, 4], [1, 1, 0, 0])
    assert (samples.validation.rows.tolist(), samples.validation.labels.tolist()) == ([9, 8], [0, 1])
    assert samples.unlabelled.tolist() == [1, 2, 6, 7]
    assert samples.used_labels.labels == {"4": "ant", "5": "bee"}
    assert samples.used_labels.annotations == "bought.csv"


def test_picks_that_cannot_be_labelled_are_in_none_of_the_sets(folder):
    (folder / "bought.csv").write_text("index,label\n5,?\n4,ant\n")
    samples = read("bought.csv")
    assert (samples.labelled.rows.tolist(), samples.labelled.labels.tolist()) == ([3, 0, 4], [1, 0, 0])
    assert samples.unlabelled.tolist() == [1, 2, 6, 7]
    assert samples.used_labels.labels == {"4": "ant", "5": "?"}


def test_without_annotations_none_are_noted():
    write_index("labelled.csv", {"index": np.array([3, 0])})
    samples = read()
    assert samples.used_labels is None
    assert samples.unlabelled.tolist() == [1, 2, 4, 5, 6, 7]


def test_a_label_that_is_not_there_yet_is_waited_for():
    with pytest.raises(InputError, match="2 picked samples have no label yet"):
        read()


@pytest.mark.parametrize("name", ["labelled.csv", "validation.csv"])
def test_an_empty_set_is_named(folder, name):
    (folder / "bought.csv").write_text("index,label\n5,bee\n4,ant\n")
    write_index(name, {"index": np.array([], dtype=np.int64)})
    with pytest.raises(InputError, match=f"{name}: has no rows; a head needs at least one labelled"):
        read("bought.csv")


def test_a_set_of_samples_that_cannot_be_labelled_is_named(folder):
    write_index("labelled.csv", {"index": np.array([5, 4])})
    (folder / "bought.csv").write_text("index,label\n5,?\n4,?\n")
    with pytest.raises(InputError, match=r"labelled\.csv: has no row that can be labelled; a head needs"):
        read("bought.csv")


def test_rows_whose_label_is_not_known_are_left_out():
    known = Labelled.known(np.array([-1, 2, 0, -1, 2]))
    assert known.rows.tolist() == [1, 2, 4]
    assert known.labels.tolist() == [2, 0, 2]
