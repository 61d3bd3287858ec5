"""The labels of a user's embeddings: numbers of classes, or their names."""

from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from activepool.compute.arrays import IntArray
from activepool.data.class_checks import exact_numbers, wrapped_unknown
from activepool.data.class_names import (
    NO_NAME,
    label_problem,
    no_label_number,
    require_no_unknown,
    sorted_names,
)
from activepool.data.samples import UNKNOWN
from activepool.errors import InputError, first_few, require_none
from activepool.io.array_files.array_file import StoredArray
from activepool.io.files import text_problem

#: Missing classes that a message shows.
MAX_SHOWN = 8


@dataclass(frozen=True)
class RawLabels:
    """Labels as a file has them: numbers (n,) int64, or else names (n,); ``kind`` is their type in the file.

    Where a class is not known, a number is -1, and a name "".
    """

    name: str
    numbers: IntArray | None
    names: list[str] | None
    kind: np.dtype

    @classmethod
    def unknown(cls, name: str, rows: int) -> "RawLabels":
        """Return labels of rows whose classes are not known."""
        return cls(name, np.full(rows, UNKNOWN), None, np.dtype(np.int64))

    @classmethod
    def from_array(cls, stored: StoredArray, rows: int) -> "RawLabels":
        """Read labels; raises InputError unless they are ``rows`` numbers or names."""
        if stored.shape != (rows,) or stored.dtype.kind not in "iufOUS":
            raise InputError(_must_be_labels(stored, rows))
        if stored.is_text:
            names = ["" if text is None or text.strip() in NO_NAME else str(text) for text in stored.texts()]
            return cls(stored.name, None, names, stored.dtype)
        values = stored.read(slice(None))
        if values.dtype.kind == "f":  # as pandas has whole numbers beside missing ones
            values = np.where(np.isnan(values), UNKNOWN, values.astype(np.float64))
            if len(fraction_rows := np.flatnonzero(~(np.isfinite(values) & (values == np.floor(values))))):
                row = fraction_rows[0]
                raise InputError(
                    f"{stored.name}: label {values[row]:g} in row {row} is not a whole number; number the "
                    "classes 0..C-1, with -1 where a label is not known"
                )
            if len(inexact_rows := np.flatnonzero(values > exact_numbers(stored.dtype))):
                row = inexact_rows[0]
                raise InputError(
                    f"{stored.name}: label {values[row]:.0f} in row {row}, where {stored.dtype} does not "
                    "tell whole numbers apart; save the labels as int64"
                )
        overflow_rows = np.flatnonzero(values > np.iinfo(np.int64).max)
        if len(overflow_rows):
            row = overflow_rows[0]
            raise InputError(
                f"{stored.name}: label {values[row]} in row {row} is not a class; where a label is not "
                "known, write -1 in a signed type"
            )
        return cls(stored.name, values.astype(np.int64), None, stored.dtype)


def class_names_of(train: RawLabels) -> list[str]:
    """Return the classes of the train part: its names, sorted, or the numbers 0 up to the largest label.

    Raises: InputError if a number has no row.
    """
    if train.numbers is None:
        return sorted_names(set(train.names or ()) - {""})
    largest = int(train.numbers.max(initial=UNKNOWN))
    if largest >= len(train.numbers):
        raise InputError(
            f"{train.name}: label {largest} in {len(train.numbers)} rows looks like an identifier; "
            f"number the classes 0..C-1, with -1 where a label is not known{_hint(train, largest)}"
        )
    missing_numbers = np.setdiff1d(np.arange(largest + 1), train.numbers)
    if len(missing_numbers):
        raise InputError(
            f"{train.name}: no row has {first_few(missing_numbers, MAX_SHOWN)}; number the "
            f"classes 0..C-1, or name them all in class_names{_hint(train, largest)}"
        )
    return [str(number) for number in range(largest + 1)]


def label_numbers(
    labels: RawLabels, class_names: Sequence[str], declared: Container[str], may_follow: bool = False
) -> IntArray:
    """Return labels (n,) as numbers of classes, -1 where not known; raises InputError for other labels.

    A class that is ``declared``, and not just a label of the train part, may have any name but -1. See
    `no_such_class` for ``may_follow``.
    """
    require_no_unknown(labels.name, class_names)
    if labels.names is None:
        problems = [*_wrong_numbers(labels, class_names)]
    else:
        problems = [*_wrong_names(labels.name, labels.names, class_names, declared, may_follow)]
    require_none(problems, labels.name)
    if labels.numbers is not None:
        return labels.numbers
    number_of = {name: number for number, name in enumerate(class_names)} | {"": UNKNOWN}
    return np.array([number_of[name] for name in labels.names or ()], dtype=np.int64)


def _must_be_labels(stored: StoredArray, rows: int) -> str:
    if len(stored.shape) == 1 and stored.dtype.kind in "iufOUS" and stored.shape[0] != rows:
        return f"{stored.name}: {stored.shape[0]:,} labels for {rows:,} rows; there must be one for each row"
    return (
        f"{stored.name}: is {stored.form}; it must be integers or names of shape ({rows},), with -1 or an "
        "empty name where a label is not known"
    )


def _wrong_names(
    where: str, names: Sequence[str], class_names: Sequence[str], declared: Container[str], may_follow: bool
) -> Iterator[str]:
    row_of: dict[str, int] = {}
    for row, name in enumerate(names):
        row_of.setdefault(name, row)
    row_of.pop("", None)
    for name, row in row_of.items():
        if unusable := text_problem(name):
            yield f"{where}: row {row}: label {name!a} {unusable}; rename it"
        elif name not in declared and (problem := label_problem(name, class_names, class_names, may_follow)):
            yield f"{where}: row {row}: {problem}"


def _wrong_numbers(labels: RawLabels, class_names: Sequence[str]) -> Iterator[str]:
    assert labels.numbers is not None
    wrong_rows = np.flatnonzero((labels.numbers < UNKNOWN) | (labels.numbers >= len(class_names)))
    if len(wrong_rows):
        label = int(labels.numbers[wrong_rows[0]])
        numbers = f"0..{len(class_names) - 1}, " if class_names else ""
        none = "" if class_names else ", which has none: name all classes in class_names"
        yield (
            f"{labels.name}: label {label} in row {wrong_rows[0]}; it must be one of "
            f"{numbers}the classes of class_names, or else of the train part{none}, or -1 if it is not known"
            f"{_hint(labels, label)}"
        )


def _hint(labels: RawLabels, label: int) -> str:
    """Return a hint if a label looks like no label, or like one that overflowed a type too small for it."""
    assert labels.numbers is not None
    kind = labels.kind
    if label == wrapped_unknown(kind.name, labels.numbers.__contains__):
        return f"; {label} is what -1 becomes in {kind}: save the labels as int64"
    if kind.kind == "i" and label < UNKNOWN and kind.itemsize < 8:
        return f"; {label} is what {label + 2 ** (8 * kind.itemsize)} becomes in {kind}: save them as int64"
    if label == no_label_number(np.unique(labels.numbers[labels.numbers >= 0]).tolist()):
        return f"; {label} often stands for no label: write -1 there"
    return ""
