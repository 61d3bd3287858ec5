"""Users' labels: numbers or names, some of them unknown."""

from collections.abc import Sequence
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
from activepool.errors import InputError

#: All classes, in the order of their numbers; or how many there are, for labels 0 … C − 1.
Classes = Sequence[Any] | np.ndarray | int | None


@dataclass(frozen=True)
class Labelled:
    """The labelled set, with its labels as numbers.

    Attributes:
        rows: (m,) rows of the features.
        labels: (m,) class numbers 0 … C − 1; None if no labels are given.
        classes: (C,) the classes as the user calls them; None if neither labels nor classes are given.
        of_all: (N,) the class number of each row of the features, -1 if it is unknown; None if labels are
            given for ``rows`` alone.
    """

    rows: IntArray
    labels: IntArray | None
    classes: np.ndarray | None
    of_all: IntArray | None

    def validation_labels(self, rows: IntArray) -> IntArray:
        """Return the labels of the validation rows; raises InputError if one is not known."""
        if self.of_all is None:
            raise InputError("validation rows need labels; give one label for each row of features")
        return _known("validation", rows, self.of_all[rows])


def labelled_set(
    labels: Any, labelled: Rows | None, held_out: IntArray, samples: int, classes: Classes
) -> Labelled:
    """Return the labelled set.

    Args:
        labels: (N,), unknown ones -1, None or NaN; or (m,) of the rows ``labelled``; or None.
        labelled: rows; by default, those whose label is known and that are not held out.
        held_out: rows of other use, such as validation.
        samples: N.
        classes: see `Classes`; by default the labels that occur, as ``np.unique`` orders them.

    Raises InputError if these do not fit together.
    """
    rows = None if labelled is None else to_rows("labelled", labelled, samples)
    if rows is not None and np.isin(rows, held_out).any():
        raise InputError(f"row {rows[np.isin(rows, held_out)][0]} is both labelled and held out")
    if labels is None:
        known = None if classes is None else _class_values(classes)
        return Labelled(np.empty(0, np.int64) if rows is None else rows, None, known, None)
    numbers, known = number_labels("labels", labels, classes)
    of_all = numbers if len(numbers) == samples else None
    if rows is None:
        if of_all is None:
            raise InputError(
                f"labels has the length {len(numbers)}, and features has {samples} rows; give a label for "
                "each row (-1: unknown), or name the labelled rows by labelled"
            )
        known_rows = of_all != UNKNOWN
        known_rows[held_out] = False
        rows = np.flatnonzero(known_rows)
    if of_all is None and len(numbers) != len(rows):
        raise InputError(
            f"labels has the length {len(numbers)}; it must be {samples}, the rows of features, or "
            f"{len(rows)}, the labelled rows"
        )
    if of_all is None and isinstance(labelled, set):
        raise InputError("labelled is a set, which has no order; give a list of rows, in the order of labels")
    own = numbers if of_all is None else of_all[rows]
    return Labelled(rows, _known("labelled", rows, own), known, of_all)


def number_labels(
    name: str, labels: Any, classes: Classes = None, *, are_predicted: bool = False
) -> tuple[IntArray, np.ndarray]:
    """Return labels (n,) as class numbers, -1 for unknown ones, and the classes (C,) that they number.

    Raises InputError, using ``name``, if they are no labels, or not of ``classes``. Labels that
    somebody gave, and no model predicted, must not look like a mark for "no label", either.
    """
    values, known = _values(name, labels)
    given = values[known]
    present = np.unique(given)
    if classes is None and (problem := _doubtful_class(present)):
        raise InputError(f"{name} has {problem}")
    if classes is None and not are_predicted and (mark := _no_label_mark(present)):
        raise InputError(
            f"{name} has {mark}, which more often stands for no label than for a class; give -1 or None "
            "there or, if it is a class, name all classes by classes"
        )
    all_classes = present if classes is None else _class_values(classes)
    place = {value: number for number, value in enumerate(all_classes.tolist())}
    strange = [value for value in present.tolist() if value not in place]
    if strange:
        raise InputError(f"{name} has {strange[0]!r}, which is none of the {len(place)} classes")
    numbers = np.full(len(values), UNKNOWN, dtype=np.int64)
    of_present = np.array([place[value] for value in present.tolist()], dtype=np.int64)
    numbers[known] = of_present[np.searchsorted(present, given)]
    return numbers, all_classes


def to_list(name: str, values: Any) -> list[Any]:
    """Return labels as a list, in which names and NaN stay apart."""
    if isinstance(values, list | tuple):
        return list(values)
    listed: list[Any] = np.atleast_1d(to_array(name, values)).tolist()
    return listed


def require_one_spelling(name: str, labels: list[Any], other: str, others: list[Any]) -> None:
    """Raise InputError for names that only ``labels`` have and names that only ``others`` have, but for case.

    They would never agree; ``name`` and ``other`` are what messages call the two lists.
    """
    own, theirs = ({one for one in values if isinstance(one, str)} for values in (labels, others))
    meant = {loose_form(one): one for one in sorted(theirs - own)}
    for one in sorted(own - theirs):
        if (found := meant.get(loose_form(one))) is not None:
            raise InputError(f"{name} has {one!a}, and {other} {found!a}; write both alike")


def _known(name: str, rows: IntArray, labels: IntArray) -> IntArray:
    unknown = rows[labels == UNKNOWN]
    if unknown.size:
        more = f", nor have {unknown.size - 1} more" if unknown.size > 1 else ""
        raise InputError(f"{name} row {unknown[0]} has no label{more}")
    return labels


def _class_values(classes: Sequence[Any] | np.ndarray | int) -> np.ndarray:
    """Return the classes (C,); raises InputError if there is none, or one is there twice."""
    values = np.arange(classes) if isinstance(classes, int | np.integer) else to_array("classes", classes)
    if values.ndim != 1 or not len(values) or len(set(values.tolist())) != len(values):
        raise InputError(f"classes is {classes!r}; it must be a list of different classes, or their number")
    if unknown := [one for one in values.tolist() if _is_missing(one) or one in (UNKNOWN, *NO_NAME)]:
        raise InputError(
            f"classes has {unknown[0]!r}, which stands for a label that is not known; leave it out"
        )
    return values


def _doubtful_class(present: np.ndarray) -> str | None:
    """Return which label (n,) sorted is hardly a class, and why; None if each may be one."""
    if present.dtype.kind in "US":
        names = _texts(present)
        if missing := next(filter(reads_as_missing, names), None):
            return f"{missing!r}, which reads like a missing value; give None where it is not known"
        if negative := next(filter(is_negative, names), None):
            return f"{negative!r}, which is below 0; give None where it is not known"
        alike = next((f"{one!a} and {other!a}" for one, other, _ in indistinguishable_names(names)), None)
        return alike and f"{alike}, which nobody tells apart; write both alike, or name both in classes"
    kind = present.dtype.name
    label = wrapped_unknown(kind, present.__contains__)
    if label is None:
        return None
    return f"{label}, which is what -1 becomes in {kind}; give a type with signs, such as int64"


def _no_label_mark(present: np.ndarray) -> str | None:
    """Return, for a message, a label of (n,) sorted ones that usually means "unknown", or None."""
    if present.dtype.kind in "US":
        return next(map(repr, no_label_marks(_texts(present))), None)
    number = None if present.dtype.kind == "b" else no_label_number(present.tolist())
    return None if number is None else str(number)


def _texts(labels: np.ndarray) -> list[str]:
    return [one.decode(errors="replace") if isinstance(one, bytes) else one for one in labels.tolist()]


def _values(name: str, labels: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return labels (n,) of one type, whole numbers or text, and which of them are known, (n,) bool."""
    # NumPy alone would take a list of names and numbers for names.
    given = np.array(labels, dtype=object) if isinstance(labels, list | tuple) else to_array(name, labels)
    if given.ndim != 1:
        raise InputError(f"{name} has the shape {given.shape}; it must be (n,)")
    known = np.ones(len(given), dtype=bool)
    if given.dtype.kind == "O":
        known = np.array([not _is_missing(one) for one in given.tolist()], dtype=bool)
        given = _of_one_type(name, given, known)
    if given.dtype.kind == "f":
        known &= ~np.isnan(given)
        whole = np.where(known, given, UNKNOWN).astype(np.float64)
        no_label = (whole != np.rint(whole)) | (np.abs(whole) >= 2.0**63)
        if no_label.any():
            raise InputError(f"{name} has {whole[no_label][0]}; labels are whole numbers or names")
        if (inexact := np.abs(whole) > exact_numbers(given.dtype)).any():
            raise InputError(
                f"{name} has {whole[inexact][0]:.0f}, where {given.dtype} does not tell whole numbers apart; "
                "give int64"
            )
        given = whole.astype(np.int64)
    if given.dtype.kind in "iu":
        known &= given != UNKNOWN
        smallest = given.min(initial=0)
        if smallest < UNKNOWN:
            raise InputError(f"{name} has {smallest}; numbers are from 0 on, and -1 if unknown")
    elif given.dtype.kind in "US":
        known &= ~np.isin(np.char.strip(given), np.array(NO_NAME, given.dtype.kind))
    elif given.dtype.kind != "b":
        raise InputError(f"{name} is an array of {given.dtype}; labels are whole numbers or names")
    return given, known


def _of_one_type(name: str, given: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Return objects as an array of numbers or of text; what is not known is -1 or empty there."""
    items = given[known].tolist()
    for text in (str, bytes):
        if all(isinstance(item, text) for item in items):
            return np.array(
                [item if there else text() for item, there in zip(given, known, strict=True)], text
            )
    if any(isinstance(item, str | bytes) for item in items):
        raise InputError(f"{name} mixes names and numbers")
    # Beyond 2**53, floats do not tell whole numbers apart.
    is_whole = all(isinstance(item, int | np.integer) for item in items)
    if items and known.all() and all(isinstance(item, np.unsignedinteger) for item in items):
        return np.array(items)  # in whose type a -1 shows
    try:
        return np.array(
            [item if there else UNKNOWN for item, there in zip(given, known, strict=True)],
            np.int64 if is_whole else np.float64,
        )
    except OverflowError:
        raise InputError(f"{name} has numbers of more than 64 bits; number the classes from 0 on") from None
    except (TypeError, ValueError):
        raise InputError(
            f"{name} holds {type(items[0]).__name__} objects; labels are whole numbers or names"
        ) from None


def _is_missing(value: Any) -> bool:
    """Return whether a value says that there is none: None, NaN, pandas.NA, NaT."""
    return value is None or type(value).__name__ == "NAType" or bool(value != value)
