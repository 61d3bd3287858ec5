"""Labels of the file of samples, and those that annotators gave later."""

import h5py
import numpy as np
import pytest

from activepool.data.label_file import LabelFile
from activepool.data.round_samples import known_labels, merged_labels
from activepool.errors import InputError


@pytest.fixture
def label_file(tmp_path):
    with h5py.File(tmp_path / "features.h5", "w") as file:
        file["train/labels"], file["test/labels"] = [0, -1, 1, -1, 0], [0, 1]
        file["train/sources"] = [f"{letter}.jpg" for letter in "abcde"]
        file.attrs["class_names"] = ["cat", "dog"]
    with LabelFile(tmp_path / "features.h5") as file:
        yield file


def annotations(file, text):
    path = file.path.with_name("bought.csv")
    path.write_text(text)
    return path


@pytest.mark.parametrize("text", ["index,label\n3,dog\n1,0\n", "source,label\nd.jpg,1\nb.jpg,cat\n"])
def test_annotations_fill_in_what_is_not_known(label_file, text):
    assert merged_labels(label_file, annotations(label_file, text)).tolist() == [0, 0, 1, 1, 0]


def test_rows_without_a_label_yet_may_stand_in_the_file(label_file):
    path = annotations(label_file, "index,label\n3,dog\n1,\n")
    assert merged_labels(label_file, path).tolist() == [0, -1, 1, 1, 0]


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
def test_bad_annotations(label_file, text, words):
    with pytest.raises(InputError, match=words) as caught:
        merged_labels(label_file, annotations(label_file, text))
    assert "bought.csv" in str(caught.value)


def test_a_missing_label_is_asked_for(label_file):
    assert known_labels(label_file, np.array([2, 0])).tolist() == [1, 0]
    with pytest.raises(
        InputError, match=r"2 picked samples have no label yet \(b.jpg, d.jpg\); add them to a CSV"
    ):
        known_labels(label_file, np.array([1, 0, 3]))
