"""Users' labels: numbers or names, some of them unknown."""

from collections.abc import Sequence, Set
from dataclasses import dataclass
from typing import Any

import numpy as np

from activepool.api.arrays import Rows, to_array, to_rows
from activepool.compute.arrays import IntArray
from activepool.data.class_checks import exact_numbers, wrapped_unknown
from activepool.data.class_names import (
    NO_NAME,
    indistinguishable_names,
    is_negative,
    loose_form,
    no_label_marks,
    no_label_number,
    reads_as_missing,
)
from activepool.data.samples import UNKNOWN
from activepool.errors import InputError, first_few, shown

#: All classes, in the order of their numbers; or how many there are, for labels 0 … C − 1.
Classes = Sequence[Any] | np.ndarray | int | None


@dataclass(frozen=True)
class Labelled:
    """The labelled set, with its labels as numbers.

    Attributes:
        rows: (m,) rows of the features.
        labels: (m,) class numbers 0 … C − 1; None if no labels are given.
        classes: (C,) the classes as the user calls them; None if neither labels nor classes are given.
        all_labels: (N,) the class number of each row of the features, -1 if it is unknown; None if
            labels are given only for ``rows``.
    """

    rows: IntArray
    labels: IntArray | None
    classes: np.ndarray | None
    all_labels: IntArray | None

    def validation_labels(self, rows: IntArray) -> IntArray:
        """Return the labels of the validation rows; raises InputError if one is not known."""
        if self.all_labels is None:
            raise InputError("validation rows need labels; give one label for each row of features")
        return _require_known("validation", rows, self.all_labels[rows])


def labelled_set(
    labels: Any, labelled: Rows | None, held_out: IntArray, samples: int, classes: Classes
) -> Labelled:
    """Return the labelled set.

    Args:
        labels: (N,), unknown ones -1, None or NaN; or (m,) of the rows ``labelled``; or None.
        labelled: rows; by default, those whose label is known and that are not held out.
        held_out: rows for another use, such as validation.
        samples: N.
        classes: see `Classes`; by default the labels that occur, as ``np.unique`` orders them.

    Raises InputError if these do not fit together.
    """
    rows = None if labelled is None else to_rows("labelled", labelled, samples)
    if rows is not None and np.isin(rows, held_out).any():
        raise InputError(f"row {rows[np.isin(rows, held_out)][0]} is both labelled and held out")
    if labels is None:
        class_values = None if classes is None else to_classes(classes)
        return Labelled(np.empty(0, np.int64) if rows is None else rows, None, class_values, None)
    numbers, class_values = number_labels("labels", labels, classes)
    all_labels = numbers if len(numbers) == samples else None
    if rows is None:
        if all_labels is None:
            raise InputError(
                f"labels has the length {len(numbers)}, and features has {samples} rows; give a label for "
                "each row (-1: unknown), or give the labelled rows as labelled"
            )
        is_candidate = all_labels != UNKNOWN
        is_candidate[held_out] = False
        rows = np.flatnonzero(is_candidate)
    if all_labels is None and len(numbers) != len(rows):
        raise InputError(
            f"labels has the length {len(numbers)}; it must be {samples}, the rows of features, or "
            f"{len(rows)}, the labelled rows"
        )
    if all_labels is None and isinstance(labelled, Set):
        raise InputError("labelled is a set, which has no order; give a list of rows, in the order of labels")
    row_labels = numbers if all_labels is None else all_labels[rows]
    return Labelled(rows, _require_known("labelled", rows, row_labels), class_values, all_labels)


def number_labels(
    name: str, labels: Any, classes: Classes = None, *, are_predicted: bool = False
) -> tuple[IntArray, np.ndarray]:
    """Return labels (n,) as class numbers, -1 for unknown ones, and the classes (C,) that they number.

    Raises InputError, with this ``name``, if they are not labels, or not of ``classes``. Unless a model
    predicted them, they must not look like marks for "no label", either.
    """
    values, is_known = _values(name, labels)
    known_values = values[is_known]
    present = np.unique(known_values)
    if classes is None and (problem := _doubtful_class(present)):
        raise InputError(f"{name} has {problem}")
    if classes is None and not are_predicted and (mark := _no_label_mark(present)):
        raise InputError(
            f"{name} has {mark}, which usually means that there is no label; give -1 or None there "
            "or, if it is a class, name all classes in classes"
        )
    all_classes = present if classes is None else to_classes(classes)
    number_of = {value: number for number, value in enumerate(all_classes.tolist())}
    unexpected = [value for value in present.tolist() if value not in number_of]
    if unexpected:
        raise InputError(
            f"{name} has {unexpected[0]!r}, which is not one of the {len(number_of)} classes, "
            f"{first_few(map(repr, number_of))}"
        )
    numbers = np.full(len(values), UNKNOWN, dtype=np.int64)
    present_numbers = np.array([number_of[value] for value in present.tolist()], dtype=np.int64)
    numbers[is_known] = present_numbers[np.searchsorted(present, known_values)]
    return numbers, all_classes


def to_list(name: str, values: Any) -> list[Any]:
    """Return labels as a list, in which names and NaN stay apart."""
    if isinstance(values, list | tuple):
        return list(values)
    array = to_array(name, values)
    if array.dtype == object:
        _require_several(name, values, array)
    items: list[Any] = np.atleast_1d(array).tolist()
    return items


def require_one_spelling(name: str, labels: list[Any], reference_name: str, reference: list[Any]) -> None:
    """Raise InputError if a text in ``labels`` and one in ``reference`` differ only in their spelling.

    They would never agree; ``name`` and ``reference_name`` are what messages call the two lists.
    """
    texts, expected = ({item for item in items if isinstance(item, str)} for items in (labels, reference))
    spellings = {loose_form(text): text for text in sorted(expected - texts)}
    for text in sorted(texts - expected):
        if (spelling := spellings.get(loose_form(text))) is not None:
            raise InputError(
                f"{name} has {text!a}, and {reference_name} {spelling!a}; spell both the same way"
            )


def _require_known(name: str, rows: IntArray, labels: IntArray) -> IntArray:
    unknown = rows[labels == UNKNOWN]
    if unknown.size:
        more = f", nor have {unknown.size - 1} more" if unknown.size > 1 else ""
        raise InputError(f"{name} row {unknown[0]} has no label{more}")
    return labels


def to_classes(
    classes: Sequence[Any] | np.ndarray | int, name: str = "classes", remedy: str = "leave it out"
) -> np.ndarray:
    """Return the classes (C,).

    Raises InputError, with this ``name``, if there is none, if one occurs twice, or if one stands for an
    unknown label; ``remedy`` says what to do then.
    """
    values = np.arange(classes) if isinstance(classes, int | np.integer) else to_array(name, classes)
    if values.ndim != 1 or not len(values) or len(set(values.tolist())) != len(values):
        raise InputError(
            f"{name} is {shown(classes)}; it must be a list of different classes, or their number"
        )
    if unknown := [value for value in values.tolist() if _is_missing(value) or value in (UNKNOWN, *NO_NAME)]:
        raise InputError(f"{name} has {unknown[0]!r}, which stands for a label that is not known; {remedy}")
    return values


def _doubtful_class(present: np.ndarray) -> str | None:
    """Return one of sorted labels (n,) that is hardly a class, and why; None if all may be classes."""
    if present.dtype.kind in "US":
        names = _texts(present)
        if missing := next(filter(reads_as_missing, names), None):
            return f"{missing!r}, which reads like a missing value; give None where it is not known"
        if negative := next(filter(is_negative, names), None):
            return f"{negative!r}, which is below 0; give None where it is not known"
        for first, second, _ in indistinguishable_names(names):
            pair = f"{first!a} and {second!a}"
            return f"{pair}, which look the same; spell both the same way, or name both in classes"
        return None
    kind = present.dtype.name
    label = wrapped_unknown(kind, present.__contains__)
    if label is None:
        return None
    return f"{label}, which is what -1 becomes in {kind}; give a type with signs, such as int64"


def _no_label_mark(present: np.ndarray) -> str | None:
    """Return, for a message, one of sorted labels (n,) that usually means "unknown", or None."""
    if present.dtype.kind in "US":
        return next(map(repr, no_label_marks(_texts(present))), None)
    number = None if present.dtype.kind == "b" else no_label_number(present.tolist())
    return None if number is None else str(number)


def _texts(labels: np.ndarray) -> list[str]:
    texts = labels.tolist()
    return [text.decode(errors="replace") if isinstance(text, bytes) else text for text in texts]


def _values(name: str, labels: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return labels (n,) of one type, whole numbers or text, and which of them are known, (n,) bool."""
    # NumPy would turn a list of names and numbers into names.
    values = np.array(labels, dtype=object) if isinstance(labels, list | tuple) else to_array(name, labels)
    _require_several(name, labels, values)
    if values.ndim != 1:
        raise InputError(f"{name} has the shape {values.shape}; it must be (n,)")
    if values.dtype.kind == "T":  # NumPy's texts of any length
        values = values.astype(object)
    is_known = np.ones(len(values), dtype=bool)
    if values.dtype.kind == "O":
        for value in values.tolist():
            if isinstance(value, list) or (isinstance(value, np.ndarray) and value.ndim):
                kind = type(value).__name__
                raise InputError(f"{name} holds {kind} objects; labels are whole numbers or names")
        is_known = np.array([not _is_missing(value) for value in values.tolist()], dtype=bool)
        values = _of_one_type(name, values, is_known)
    if values.dtype.kind == "f":
        is_known &= ~np.isnan(values)
        whole = np.where(is_known, values, UNKNOWN).astype(np.float64)
        is_invalid = (whole != np.rint(whole)) | (np.abs(whole) >= 2.0**63)
        if is_invalid.any():
            raise InputError(f"{name} has {whole[is_invalid][0]}; labels are whole numbers or names")
        if (is_inexact := np.abs(whole) > exact_numbers(values.dtype)).any():
            raise InputError(
                f"{name} has {whole[is_inexact][0]:.0f}, where {values.dtype} does not tell whole numbers "
                "apart; give int64"
            )
        values = whole.astype(np.int64)
    if values.dtype.kind in "iu":
        is_known &= values != UNKNOWN
        smallest = values.min(initial=0)
        if smallest < UNKNOWN:
            raise InputError(f"{name} has {smallest}; numbers start from 0, and -1 means unknown")
    elif values.dtype.kind in "US":
        is_known &= ~np.isin(np.char.strip(values), np.array(NO_NAME, values.dtype.kind))
    elif values.dtype.kind != "b":
        raise InputError(f"{name} is an array of {values.dtype}; labels are whole numbers or names")
    return values, is_known


def _require_several(name: str, labels: Any, array: np.ndarray) -> None:
    """Raise InputError unless ``labels`` are a list: NumPy turns a generator or a set into one object."""
    if not array.ndim:
        raise InputError(f"{name} is {shown(labels)}; it must be a list or an array, (n,)")


def _of_one_type(name: str, values: np.ndarray, is_known: np.ndarray) -> np.ndarray:
    """Return objects as an array of numbers or of text; unknown values are -1 or empty there."""
    items = values[is_known].tolist()
    for text in (str, bytes):
        if all(isinstance(item, text) for item in items):
            return np.array(
                [item if known else text() for item, known in zip(values, is_known, strict=True)], text
            )
    if any(isinstance(item, str | bytes) for item in items):
        raise InputError(f"{name} mixes names and numbers")
    if items and all(isinstance(item, bool | np.bool_) for item in items):
        return np.where(is_known, values, False).astype(bool)
    # Beyond 2**53, floats do not tell whole numbers apart.
    is_whole = all(isinstance(item, int | np.integer) for item in items)
    if items and is_known.all() and all(isinstance(item, np.unsignedinteger) for item in items):
        return np.array(items)  # in whose type a -1 shows
    try:
        return np.array(
            [item if known else UNKNOWN for item, known in zip(values, is_known, strict=True)],
            np.int64 if is_whole else np.float64,
        )
    except OverflowError:
        raise InputError(f"{name} has numbers of more than 64 bits; number the classes from 0") from None
    except (TypeError, ValueError):
        raise InputError(
            f"{name} holds {type(items[0]).__name__} objects; labels are whole numbers or names"
        ) from None


def _is_missing(value: Any) -> bool:
    """Return whether a value stands for a missing one: None, NaN, pandas.NA, NaT."""
    return value is None or type(value).__name__ == "NAType" or bool(value != value)
