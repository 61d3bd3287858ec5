import numpy as np
import pytest

from activepool.data.class_checks import class_notices, wrapped_unknown
from activepool.errors import InputError

NAMES = ["ant", "bee", "cow"]


def labels(*values):
    return np.array(values, dtype=np.int64)


def test_classes_of_both_parts_need_no_notice():
    assert class_notices("x", NAMES, labels(0, 1, 2, 1), labels(2, 0, 1)) == ()


def test_a_class_of_the_test_part_alone_cannot_be_learned():
    words = "^x: no train sample has the classes 'ant', 'cow', which the test part has; add train samples"
    with pytest.raises(InputError, match=words):
        class_notices("x", NAMES, labels(1), labels(0, 1, 2, 2, -1))


def test_labels_that_come_later_may_bring_it():
    (notice,) = class_notices("x", NAMES, labels(0, 1, -1), labels(0, 1, 2))
    assert notice == (
        "x: no train sample has the class 'cow', which the test part has; later labels may add it"
    )


def test_classes_that_are_not_measured_are_reported():
    (notice,) = class_notices("x", NAMES, labels(0, 1, 2, -1), labels(0, 2, -1, 0)[[0, 1, 3]])
    assert notice == "x: no test sample has the class 'bee'; balanced accuracy leaves it out"
    names = [str(number) for number in range(8)]
    (notice,) = class_notices("x", names, labels(*range(8)), labels(0))
    assert notice == (
        "x: no test sample has the classes '1', '2', '3', '4', '5' and 2 more; "
        "balanced accuracy leaves them out"
    )


def test_a_class_without_samples_is_reported():
    (notice,) = class_notices("x", NAMES, labels(0, 2, 0), labels(0, 2))
    assert notice == "x: no sample has the class 'bee'"
    (notice,) = class_notices("x", NAMES, labels(0, -1), labels(0))
    assert notice == "x: no sample has the classes 'bee', 'cow'; later labels may add it"


def test_test_samples_that_no_accuracy_counts_are_reported():
    (notice,) = class_notices("x", NAMES, labels(0, 1, 2), labels(0, -1, 1, -1, 2))
    assert notice == "x: test samples without a label: 2; no accuracy counts them"


def test_a_single_class_is_reported():
    (notice,) = class_notices("x", ["ant"], labels(0, 0, -1), labels(0))
    assert notice == "x: 'ant' is the only class, so there is nothing to learn"


def test_many_classes_are_counted():
    names = [str(number) for number in range(9)]
    with pytest.raises(
        InputError, match="has the classes '1', '2', '3', '4', '5' and 3 more, which the test"
    ):
        class_notices("x", names, labels(0), labels(*range(9)))


def test_names_that_look_alike_are_reported_together():
    names = ["1", "1.0", "caf\u00e9", "cafe\u0301", "d"]
    with pytest.raises(InputError) as raised:
        class_notices("x", names, labels(0, 1, 2, 3), labels(0, 1, 2, 3, 4))
    assert str(raised.value).splitlines() == [
        "x: the classes '1' and '1.0' differ only in how the number is written; "
        "write both alike, or rename one",
        "x: the classes 'caf\\xe9' and 'cafe\\u0301' differ only in their Unicode form; "
        "write both alike, or rename one",
        "x: no train sample has the class 'd', which the test part has; add train samples of it, "
        "or leave its test samples out",
    ]


@pytest.mark.parametrize("kind", ["uint8", "uint16", "uint32", "uint64"])
def test_the_largest_number_of_a_type_without_signs_was_minus_1(kind):
    largest = int(np.array([-1]).astype(kind)[0])
    for labels, expected in [([0, 1], largest), ([largest - 2], largest), ([largest - 1], None)]:
        present = np.array([*labels, largest], dtype=kind)
        assert wrapped_unknown(kind, present.__contains__) == expected
    assert wrapped_unknown(kind, [0, largest - 1].__contains__) is None


@pytest.mark.parametrize("kind", ["int8", "int64", "float32", "bool", "string", ""])
def test_other_types_have_no_such_label(kind):
    assert wrapped_unknown(kind, lambda number: True) is None
