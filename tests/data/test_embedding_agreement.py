"""Files of train and test that were made apart: what their labels and their columns mean."""

import h5py
import numpy as np
import pandas as pd
import pytest
import torch
from data.embedding_parts import arrays, write_hdf5

from activepool.data.embeddings import preview
from activepool.errors import InputError

CLASSES, OTHER_ORDER = ["ant", "bee", "cat"], ["bee", "ant", "cat"]
OTHER_NAMES = "its file has other class_names than the train part; number the classes of both alike"


def in_two_files(folder, train_names, test_names):
    options = {}
    for (name, (features, labels)), names in zip(arrays().items(), (train_names, test_names), strict=True):
        arrays_of_file = {"features": features, "labels": labels} | ({"class_names": names} if names else {})
        np.savez(folder / f"{name}.npz", **arrays_of_file)
        options["path" if name == "train" else "test_features"] = folder / f"{name}.npz"
    return options


def with_labels_apart(folder, train_names, test_names):
    options = {}
    for (name, (features, labels)), names in zip(arrays().items(), (train_names, test_names), strict=True):
        np.save(folder / f"{name}.npy", features)
        np.savez(folder / f"{name}_labels.npz", labels=labels, **({"class_names": names} if names else {}))
        options["path" if name == "train" else "test_features"] = folder / f"{name}.npy"
        options["labels" if name == "train" else "test_labels"] = folder / f"{name}_labels.npz"
    return options


def in_one_file(folder, train_names, test_names):
    content = {}
    for (name, (features, labels)), names in zip(arrays().items(), (train_names, test_names), strict=True):
        content[name] = {"features": torch.from_numpy(features), "labels": torch.from_numpy(labels)}
        content[name] |= {"class_names": names} if names else {}
    torch.save(content, folder / "both.pt")
    return {"path": folder / "both.pt"}


def in_two_groups(folder, train_names, test_names):
    path = write_hdf5(folder / "both.h5", arrays())
    with h5py.File(path, "a") as file:
        for name, names in (("train", train_names), ("test", test_names)):
            if names:
                file[name].attrs["class_names"] = names
    return {"path": path}


@pytest.mark.parametrize("write", [in_two_files, with_labels_apart, in_one_file, in_two_groups])
def test_numbers_mean_the_same_classes_in_both_parts(tmp_path, write):
    with pytest.raises(InputError, match=OTHER_NAMES):
        preview(**write(tmp_path, CLASSES, OTHER_ORDER))
    for names in ((CLASSES, CLASSES), (CLASSES, None), (None, CLASSES)):
        assert preview(**write(tmp_path, *names)).class_names == CLASSES
    with pytest.raises(InputError, match=OTHER_NAMES):
        preview(**write(tmp_path, None, OTHER_ORDER), class_names=OTHER_ORDER[::-1])


def test_names_in_place_of_numbers_need_no_order(tmp_path):
    options = {}
    for (name, (features, labels)), names in zip(arrays().items(), (CLASSES, OTHER_ORDER), strict=True):
        np.savez(
            tmp_path / f"{name}.npz",
            features=features,
            labels=np.array(CLASSES)[labels],
            class_names=names,
        )
        options["path" if name == "train" else "test_features"] = tmp_path / f"{name}.npz"
    assert preview(**options).class_names == CLASSES


def test_columns_of_both_parts_are_the_same_in_the_same_order(tmp_path):
    for name, (features, labels) in arrays().items():
        table = pd.DataFrame(features, columns=list("vwxyz")).assign(label=labels)
        table.to_parquet(tmp_path / f"{name}.parquet")
    table[["label", *"zwxyv"]].to_parquet(tmp_path / "other.parquet")
    pd.DataFrame({"vectors": list(features), "label": labels}).to_parquet(tmp_path / "lists.parquet")
    train = tmp_path / "train.parquet"
    for second_name in ("test", "lists"):
        assert preview(train, test_features=tmp_path / f"{second_name}.parquet").num_test == len(labels)
    with pytest.raises(InputError, match="has 'z' where the train features have 'v'; give both the"):
        preview(train, test_features=tmp_path / "other.parquet")


def test_train_vectors_cannot_be_the_test_part(tmp_path):
    options = in_two_files(tmp_path, None, None)
    (tmp_path / "link.npz").symlink_to("train.npz")
    for same in ("train.npz", "link.npz"):
        with pytest.raises(
            InputError, match=f"{same}: is given as test_features, and its vectors are those of"
        ):
            preview(**options | {"test_features": tmp_path / same})


def test_a_test_part_in_the_same_file_needs_labels_there(tmp_path):
    (features, labels), (test_features, _) = arrays().values()
    np.savez(tmp_path / "v.npz", features=features, labels=labels, test_features=test_features)
    with pytest.raises(InputError, match=r"but no `test/labels`; add them, or leave the test part out$"):
        preview(tmp_path / "v.npz")


@pytest.mark.parametrize("form", ["npz", "parquet"])
@pytest.mark.parametrize("part", ["", "test_"])
def test_labels_in_their_own_file_must_list_the_same_names_in_order(tmp_path, form, part):
    """They go together by their rows; with the names in another order, each label would be another row's."""
    options = with_labels_apart(tmp_path, None, None)
    features, labels = arrays()["test" if part else "train"]
    names = np.array([f"{row}.jpg" for row in range(len(labels))])
    vectors, apart = tmp_path / "vectors.npz", tmp_path / f"apart.{form}"
    options |= {"test_features" if part else "path": vectors, f"{part}labels": apart}
    np.savez(vectors, features=features, sources=names)
    table = pd.DataFrame({"path": names, "label": labels})
    for order in (slice(None), slice(None, None, -1)):
        if form == "npz":
            np.savez(apart, labels=labels[order], sources=names[order])
        else:
            table[order].to_parquet(apart)
        if order.step is None:
            preview(**options)
    last = len(names) - 1
    with pytest.raises(
        InputError, match=f"apart.*: row 0 is '{last}.jpg', but '0.jpg' in .*vectors.npz: sources; "
    ):
        preview(**options)
