"""Checks of the classes of a dataset of any kind: their names, and the train part against the test part."""

from collections.abc import Callable, Sequence

import numpy as np

from activepool.compute.arrays import IntArray
from activepool.data.class_names import indistinguishable_names, name_notices
from activepool.data.samples import UNKNOWN
from activepool.errors import MAX_NAMES, InputError, first_few


def class_notices(
    where: object, class_names: Sequence[str], train_labels: IntArray, test_labels: IntArray
) -> tuple[str, ...]:
    """Return notices about the classes of a dataset, a line each; ``where`` is its name in messages.

    Raises: InputError, with a line for each, for names that look the same, and for classes of the test part
    that the train part does not have and, without unlabelled samples, cannot have.
    """
    problems = [
        f"{where}: the classes {first!a} and {second!a} differ only in {difference}; "
        "write both alike, or rename one"
        for first, second, difference in indistinguishable_names(class_names)
    ]
    test_classes = np.setdiff1d(test_labels, np.append(train_labels, UNKNOWN))
    unused_classes = np.setdiff1d(np.arange(len(class_names)), np.append(train_labels, test_labels))
    may_follow = "; later labels may add it" if (train_labels == UNKNOWN).any() else ""
    notices = list(name_notices(class_names))
    if len(class_names) == 1:
        notices.append(f"{class_names[0]!r} is the only class, so there is nothing to learn")
    if len(test_classes):
        text = f"no train sample has {_class_list(test_classes, class_names)}, which the test part has"
        if may_follow:
            notices.append(f"{text}{may_follow}")
        else:
            problems.append(f"{where}: {text}; add train samples of it, or leave its test samples out")
    if len(unused_classes):
        notices.append(f"no sample has {_class_list(unused_classes, class_names)}{may_follow}")
    unmeasured_classes = np.setdiff1d(train_labels, np.append(test_labels, UNKNOWN))
    if len(unmeasured_classes) and (test_labels != UNKNOWN).any():
        text = f"no test sample has {_class_list(unmeasured_classes, class_names)}"
        notices.append(f"{text}; balanced accuracy leaves {_them(unmeasured_classes)} out")
    if unlabelled := int((test_labels == UNKNOWN).sum()):
        notices.append(f"test samples without a label: {unlabelled:,}; no accuracy counts them")
    if problems:
        raise InputError(*problems)
    return tuple(f"{where}: {notice}" for notice in notices)


def wrapped_unknown(kind: str, has_label: Callable[[int], bool]) -> int | None:
    """Return what -1 becomes in an unsigned type such as ``uint8``; None if no label looks like it.

    The largest number of the type stands for -1, unless the number before it is a label, too.
    """
    if not kind.startswith("uint"):
        return None
    largest = int(np.iinfo(kind).max)
    return largest if has_label(largest) and not has_label(largest - 1) else None


def exact_numbers(kind: np.dtype) -> int:
    """Return the largest whole number to which a float type rounds no other: 2047 for float16."""
    return (1 << int(np.finfo(kind).nmant) + 1) - 1


def _them(classes: IntArray) -> str:
    return "it" if len(classes) == 1 else "them"


def _class_list(classes: IntArray, class_names: Sequence[str]) -> str:
    names = [repr(class_names[number]) for number in classes[:MAX_NAMES]]
    return f"the class{'es' * (len(classes) > 1)} {first_few(names, total=len(classes))}"
