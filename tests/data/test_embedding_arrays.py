"""The arrays that a message suggests for a key are those that the key can name."""

import json

import numpy as np
import pytest
from array_forms import save
from safetensors.numpy import save_file

from activepool.data.embeddings import preview
from activepool.errors import InputError

ROWS = 60
FEATURES = np.random.default_rng(0).normal(size=(ROWS, 4)).astype("float32")
NUMBERS, TEXTS = np.arange(ROWS) % 3, np.array(["ant", "bee", "cat"] * 20)


@pytest.mark.parametrize(
    ("arrays", "remedy"),
    [
        (
            {"norms": np.ones(ROWS), "y": NUMBERS},
            "name the array that has them, such as label_array: y, or set",
        ),
        (
            {"of_classes": np.arange(3), "species": TEXTS},
            "such as label_array: species, or set the option la",
        ),
        ({"norms": np.ones(ROWS), "path": TEXTS}, "but no `labels`; set the option labels to a file of them"),
        ({"objects": np.array([{}] * ROWS)}, "but no `labels`; set the option labels to a file of them"),
    ],
)
def test_only_an_array_that_can_be_labels_is_suggested(tmp_path, arrays, remedy):
    np.savez(tmp_path / "v.npz", features=FEATURES, **arrays)
    with pytest.raises(InputError, match=remedy):
        preview(tmp_path / "v.npz", test_fraction=0.2)


def test_a_column_of_features_is_not_suggested_as_labels(tmp_path):
    path = save(tmp_path / "columns.parquet", FEATURES, NUMBERS, names=("features", "y", "sources"))
    with pytest.raises(InputError, match="such as label_array: y, or set the option labels"):
        preview(path, test_fraction=0.2)


def test_only_an_array_that_can_be_vectors_is_suggested(tmp_path):
    np.savez(tmp_path / "v.npz", one_hot=np.eye(3, dtype=int)[NUMBERS], x=FEATURES, labels=NUMBERS)
    with pytest.raises(InputError, match=r"name the one that has the vectors, such as array: x$"):
        preview(tmp_path / "v.npz", test_fraction=0.2)


def test_a_tensor_and_a_list_of_the_same_name(tmp_path):
    arrays = {"features": np.eye(6, dtype=np.float32), "labels": np.arange(6) % 2}
    metadata = {"labels": json.dumps(["ant", "bee"] * 3), "unread": "[1]"}
    save_file(arrays | {"unread": np.arange(3)}, tmp_path / "v.safetensors", metadata)
    with pytest.raises(InputError) as caught:
        preview(tmp_path / "v.safetensors", test_fraction=0.5)
    path, problem = tmp_path / "v.safetensors", "has `labels` as a tensor and in the metadata"
    assert str(caught.value) == f"{path}: {problem}; keep the one that counts"
    save_file(arrays | {"unread": np.arange(3)}, tmp_path / "v.safetensors", {"unread": "[1]"})
    assert preview(tmp_path / "v.safetensors", test_fraction=0.5).class_names == ["0", "1"]
