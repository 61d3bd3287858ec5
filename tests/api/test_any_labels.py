"""Labels as users have them."""

import numpy as np
import pandas as pd
import pytest
import torch

from activepool.api.audits import audit
from activepool.api.labels import labelled_set, number_labels
from activepool.api.progress import agreement
from activepool.api.selection import select
from activepool.errors import InputError

UNKNOWN_ONES = {
    "minus_one": np.array([2, -1, 7, 2]),
    "floats": np.array([2.0, np.nan, 7.0, 2.0]),
    "half_floats": np.array([2, -1, 7, 2], np.float16),
    "none": [2, None, 7, 2],
    "nan_among_numbers": [2, float("nan"), 7, 2],
    "unsigned_with_none": np.array([np.uint8(2), None, np.uint8(7), np.uint8(2)], object),
    "pandas": pd.Series([2, None, 7, 2], dtype="Int64"),
    "tensor": torch.tensor([2, -1, 7, 2]),
}


@pytest.mark.parametrize("labels", UNKNOWN_ONES.values(), ids=UNKNOWN_ONES)
def test_numbers_with_unknown_labels_among_them(labels):
    numbers, classes = number_labels("labels", labels)
    assert numbers.tolist() == [0, -1, 1, 0] and numbers.dtype == np.int64
    assert classes.tolist() == [2, 7]


NAMES = {
    "list": ["bee", None, "ant", "bee"],
    "nan": np.array(["bee", np.nan, "ant", "bee"], object),
    "pandas": pd.Series(["bee", None, "ant", "bee"]),
    "pandas_strings": pd.Series(["bee", pd.NA, "ant", "bee"], dtype="string"),
    "categories": pd.Categorical(["bee", None, "ant", "bee"]),
    "empty": np.array(["bee", "", "ant", "bee"]),
    "blank_beside_none": ["bee", " ", "ant", "bee"],
    "texts_of_any_length": np.array(["bee", "", "ant", "bee"], np.dtypes.StringDType()),
    "texts_with_none": np.array(["bee", None, "ant", "bee"], np.dtypes.StringDType(na_object=None)),
    "minus_one_beside_names": np.array(["bee", -1, "ant", "bee"]),
}


@pytest.mark.parametrize("labels", NAMES.values(), ids=NAMES)
def test_names_are_numbered_as_unique_orders_them(labels):
    numbers, classes = number_labels("labels", labels)
    assert numbers.tolist() == [1, -1, 0, 1]
    assert classes.tolist() == ["ant", "bee"]


def test_names_in_bytes():
    numbers, classes = number_labels("labels", np.array([b"bee", b"", b"ant"]))
    assert numbers.tolist() == [1, -1, 0] and classes.tolist() == [b"ant", b"bee"]
    objects = np.array([b"bee", None, b"ant"], object)  # as HDF5 has texts
    assert number_labels("labels", objects)[0].tolist() == [1, -1, 0]


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        (np.array(["bee", np.nan]), "labels has 'nan', which reads like a missing value; give None where it"),
        (
            np.array([2, -1]).astype(np.uint8),
            "labels has 255, which is what -1 becomes in uint8; give a type",
        ),
        (np.array([2, -1]).astype(np.uint64), "labels has 18446744073709551615, which is what -1 becomes in"),
        (
            ["bee", "bee ", None],
            "labels has 'bee' and 'bee ', which look the same; spell both the same way, or",
        ),
        (["é", "e\u0301"], r"labels has 'e\\u0301' and '\\xe9', which look the same"),
        (np.array([2, np.inf]), "labels has inf; labels are whole numbers or names"),
        ([np.uint8(2), np.uint8(255)], "labels has 255, which is what -1 becomes in uint8; give a type"),
        (["0.0", "-1.0"], "labels has '-1.0', which is below 0; give None where it is not known"),
        (np.array([1, 2049], np.float16), "labels has 2048, where float16 does not tell whole numbers apart"),
        (np.array([1, 2**24], np.float32), "labels has 16777216, where float32 does not tell whole numbers"),
        ([2.0, 1e30], "labels has 1e\\+30; labels are whole numbers or names"),
        ([2, 2**70], "labels has numbers of more than 64 bits; number the classes from 0"),
        (
            np.ma.masked_array([2, 7], [False, True]),
            "labels has masked values; fill or remove them",
        ),
    ],
)
def test_an_unlikely_class_is_a_mistake(labels, words):
    with pytest.raises(InputError, match=words):
        number_labels("labels", labels)


NO_LABELS = {
    "ignore_index": (np.array([0, 1, 2, 255]), "255"),
    "beside_minus_one": (np.array([0, 1, 2, -1, 255]), "255"),
    "in_a_list": ([3, 0, 7, None, 65535], "65535"),
    "floats": (np.array([0.0, 1.0, 65535.0]), "65535"),
    "largest": (np.array([0, 1, 2**31 - 1], np.uint32), "2147483647"),
    "alone": (np.full(9, 255), "255"),
    "numbers_as_text": (["0", "1", "255"], "'255'"),
    "unknown": (["ant", "bee", "unknown"], "'unknown'"),
    "unlabelled": (pd.Series(["ant", "Unlabelled", "bee"]), "'Unlabelled'"),
    "bytes": (np.array([b"ant", b"no label"]), "'no label'"),
    "dash": (["ant", "-"], "'-'"),
}


@pytest.mark.parametrize(("labels", "mark"), NO_LABELS.values(), ids=NO_LABELS)
def test_a_usual_mark_of_a_missing_label_is_a_mistake_unless_named(labels, mark):
    with pytest.raises(InputError) as raised:
        number_labels("labels", labels)
    assert str(raised.value) == (
        f"labels has {mark}, which usually means that there is no label; give -1 or None "
        "there or, if it is a class, name all classes in classes"
    )
    present = sorted({label for label in labels if label is not None and label != -1})
    for classes, are_predicted in ((present, False), (None, True)):
        assert number_labels("labels", labels, classes, are_predicted=are_predicted)[1].tolist() == present


@pytest.mark.parametrize(
    "labels",
    [
        range(256),
        [*range(990), 999, 1000],
        [0, 128, 255],
        [2, 600, 999],
        [0, 3, 999],
        [0, 1, 200],
        ["+", "-"],
    ],
)
def test_numbers_close_to_the_others_are_classes(labels):
    assert len(number_labels("labels", list(labels))[1]) == len(labels)


@pytest.mark.parametrize("label", [255, 3])
def test_a_mark_on_every_unlabelled_row_is_a_mistake(label):
    """Its rows all count as labelled, so that none can be picked."""
    words = "labels has 255, which usually means" if label == 255 else "budget is 2, but only 0 rows"
    with pytest.raises(InputError, match=words):
        select("base", np.eye(6), labels=np.array([0, 1, 2, label, label, label]), budget=2)


def test_a_model_may_predict_any_declared_class():
    assert agreement(["ant", "unknown"], ["ant", "unknown"]) == agreement([0, 255], [0, 255]) == 1
    assert audit(["ant", "bee"], ["ant", "unknown"]).accuracy.value == 0.5
    with pytest.raises(InputError, match="truth has 'unknown', which usually means that there is no label"):
        audit(["ant", "unknown"], ["ant", "ant"])


def test_a_declared_class_is_a_class():
    assert number_labels("labels", ["nan", "bee"], ["bee", "nan"])[0].tolist() == [1, 0]
    assert number_labels("labels", np.array([255, 0], np.uint8), 256)[0].tolist() == [255, 0]
    assert number_labels("labels", np.array([255, 254], np.uint8))[0].tolist() == [1, 0]


def test_large_whole_numbers_stay_apart():
    """Floats, which hold None beside numbers in other places, would join the two classes."""
    numbers, classes = number_labels("labels", [2**53, 2**53 + 1, None])
    assert numbers.tolist() == [0, 1, -1] and classes.tolist() == [2**53, 2**53 + 1]


@pytest.mark.parametrize("unknown", [-1, None, float("nan"), "", " -1"[1:], pd.NA])
def test_the_mark_of_an_unknown_label_is_not_a_class(unknown):
    with pytest.raises(InputError, match=r"classes has .*, which stands for a label that is not known"):
        number_labels("labels", ["ant"], np.array(["ant", unknown], object))


def test_a_set_has_no_order_for_labels():
    for rows in ({5, 3}, frozenset({5, 3}), {5: 0, 3: 0}.keys()):
        with pytest.raises(InputError, match="labelled is a set, which has no order; give a list"):
            labelled_set(["a", "b"], rows, np.array([], int), 9, None)
    assert labelled_set(list("abcdefghi"), {5, 3}, np.array([], int), 9, None).labels.tolist() == [3, 5]


def test_booleans_are_two_classes():
    assert number_labels("labels", np.array([True, False]))[0].tolist() == [1, 0]


@pytest.mark.parametrize("labels", [[True, None, False], pd.Series([True, None, False], dtype="boolean")])
def test_booleans_beside_unknown_labels_stay_booleans(labels):
    numbers, classes = number_labels("labels", labels)
    assert numbers.tolist() == [1, -1, 0] and classes.dtype == np.bool_


def test_classes_keep_their_order():
    numbers, classes = number_labels("labels", ["b", "a", None], ["c", "b", "a"])
    assert numbers.tolist() == [1, 2, -1] and classes.tolist() == ["c", "b", "a"]
    numbers, classes = number_labels("labels", [3, 0], 4)
    assert numbers.tolist() == [3, 0] and classes.tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize("labels", [[], [None], np.array([-1, -1])])
def test_no_known_label(labels):
    numbers, classes = number_labels("labels", labels)
    assert (numbers == -1).all() and len(numbers) == len(labels) and len(classes) == 0


@pytest.mark.parametrize("seed", range(5))
def test_the_labelled_set_by_brute_force(seed):
    random = np.random.default_rng(seed)
    truth = random.integers(0, 4, 40)
    labels = np.where(random.random(40) < 0.5, truth, -1)
    held_out = np.flatnonzero(labels >= 0)[:3]
    result = labelled_set(labels, None, held_out, 40, None)
    expected = [row for row in range(40) if labels[row] >= 0 and row not in held_out]
    assert result.rows.tolist() == expected
    assert result.classes[result.labels].tolist() == labels[expected].tolist()
    assert result.classes[result.validation_labels(held_out)].tolist() == labels[held_out].tolist()
