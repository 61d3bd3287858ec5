"""Files of annotations: labels that people gave after the samples were listed.

A file of annotations is a CSV with the column ``label``, and ``source`` (as in the index files), ``index`` (a
row of the train part) or both, which must then name the same sample. A label is the name of a class, or its
number (see `typed_labels.Classes`); empty if it is not known yet; or one of `MARKS` for a sample that cannot
be labelled.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from urllib.parse import unquote

from activepool.compute.arrays import IntArray, TextArray
from activepool.data.class_names import (
    letters_of,
    loose_form,
    quoted_pair,
    reads_as_missing,
    reads_as_no_label,
)
from activepool.data.label_file import LabelFile
from activepool.data.samples import UNKNOWN
from activepool.data.typed_labels import Classes
from activepool.errors import InputError
from activepool.io.csv_rows import cut_off_problem, read_table, require_different_columns, separator_hint
from activepool.io.hdf5 import texts
from activepool.io.index_files import whole_number

#: Values of the column ``label`` for a sample that cannot be labelled, unless a class has that name.
MARKS = ("?", "-1", "skip")

#: Letters of what people write in their place, such as the answers of labelling projects.
SIMILAR_LETTERS = ("canttell", "cannottell", "notours", "notoneofours", "skipped", "unlabelable")

#: The columns that are read.
COLUMNS = ("index", "source", "label")

#: The label of a sample that cannot be labelled.
UNLABELABLE = -2

#: The number of mistakes that a message lists.
MAX_LISTED = 50


def mark_hint(label: str) -> str:
    """Return what to write if a label that is not a class was meant as a mark; empty for any other."""
    form = str(loose_form(label))
    is_near = form in MARKS or letters_of(form) in SIMILAR_LETTERS
    if not (is_near or reads_as_missing(form) or reads_as_no_label(form)):
        return ""
    return f"; for a sample that cannot be labelled, write {MARKS[0]!r}"


@dataclass(frozen=True)
class Annotation:
    """A row: its line, its cells, empty where a column is missing, and the column that may be cut off."""

    line: int
    index: str
    source: str
    label: str
    may_be_cut_off: str = ""


@dataclass(frozen=True)
class Annotations:
    """A file of annotations: the rows that have a label, and the line and problem of each unreadable row."""

    path: str
    rows: list[Annotation]
    problems: list[tuple[int, str]]


@dataclass(frozen=True)
class TrainPart:
    """The samples that annotations are about: their labels (N,) int64, -1 where not known, and sources (N,).

    ``name`` is the file or folder that lists them, for messages. If they are not final, they are not yet the
    rows of ``train/features``: until unreadable images are left out, an index means nothing.
    """

    name: str
    labels: IntArray
    sources: TextArray | None
    class_names: list[str]
    is_final: bool = True

    @classmethod
    def from_file(cls, file: LabelFile) -> "TrainPart":
        """Return the train part of dataset.h5 or features.h5."""
        sources = None if file.train.sources is None else texts(file.train.sources)
        return cls(str(file.path), file.train.labels, sources, file.class_names)

    def rows_of(self, source: str) -> list[int]:
        """Return the rows of a source, normally one."""
        first_rows, repeated_rows = self._rows
        return repeated_rows.get(source) or ([first_rows[source]] if source in first_rows else [])

    @property
    def ambiguous(self) -> dict[str, list[int]]:
        """The rows of each source that has several."""
        return self._rows[1]

    @cached_property
    def likely_sources(self) -> dict[object, str]:
        """The source by its `_path_form`, to suggest one for a similar spelling."""
        return {
            _path_form(source): source for source in reversed(() if self.sources is None else self.sources)
        }

    @cached_property
    def _rows(self) -> tuple[dict[str, int], dict[str, list[int]]]:
        """The first row of each source, and all rows of those that have several."""
        first_rows: dict[str, int] = {}
        repeated_rows: dict[str, list[int]] = {}
        for row, source in enumerate(() if self.sources is None else self.sources):
            if first_rows.setdefault(source, row) != row:
                repeated_rows.setdefault(source, [first_rows[source]]).append(row)
        return first_rows, repeated_rows


class _MistakeError(Exception):
    """A mistake in a row."""


def read_annotations(path: str | Path) -> Annotations:
    """Read a file of annotations.

    Raises InputError if it is not CSV in UTF-8, or lacks the columns; mistakes in rows become `problems`.
    """
    header_line, names, rows = read_table(path)
    if not names:
        raise InputError(f"{path}: is empty; its first line must name the columns, such as source,label")
    _check_header(f"{path}:{header_line}", names)
    annotations = Annotations(str(path), [], [])
    for line, cells, problem, is_end in rows:
        if problem:
            annotations.problems.append((line, problem))
            continue
        row = dict(zip(names, cells, strict=True))
        cut_off = names[-1] if is_end and names[-1] in COLUMNS else ""
        index, source = row.get("index", "").strip(), row.get("source", "")
        annotation = Annotation(line, index, source, row["label"], cut_off)
        if annotation.label.strip() and not (annotation.index or annotation.source.strip()):
            annotations.problems.append((line, "names no sample; give its source or its index"))
        elif annotation.label.strip():
            annotations.rows.append(annotation)
    return annotations


def all_labels(samples: TrainPart, path: str | Path) -> IntArray:
    """Return all labels (N,) int64 of the train part and a file of annotations: also -1 and `UNLABELABLE`.

    Raises InputError with a line for each row that cannot be used, see `match`.
    """
    labels, problems = match(samples, read_annotations(path))
    raise_if_any(problems)
    return labels


def match(samples: TrainPart, annotations: Annotations) -> tuple[IntArray, list[str]]:
    """Return all labels (N,), completed from annotations, and a line for each row that cannot be used.

    A row cannot be used if it has too many or too few fields or may be cut off; if it names no sample, or
    several; if its label is not a class; or if it contradicts a known label or another row.
    """
    labels, classes = samples.labels.copy(), Classes(samples.class_names)
    line_of: dict[int, int] = {}
    problems = list(annotations.problems)
    for annotation in annotations.rows:
        try:
            label = _class_number(classes, annotation.label)
            row = _row(samples, annotation)
            if cut_off := _cut_off(samples, annotation):
                raise _MistakeError(cut_off)
            if row is None:
                continue
            if labels[row] not in (UNKNOWN, label):
                earlier_name = label_name(samples.class_names, labels[row])
                raise _MistakeError(_contradiction(annotation, row, earlier_name, line_of.get(row)))
            labels[row] = label
            line_of.setdefault(row, annotation.line)
        except _MistakeError as mistake:
            problems.append((annotation.line, str(mistake)))
    return labels, [f"{annotations.path}:{line}: {problem}" for line, problem in sorted(problems)]


def label_name(class_names: list[str], label: int) -> str:
    """Return the text of a label in a file of annotations."""
    return MARKS[0] if label == UNLABELABLE else class_names[label]


def raise_if_any(problems: list[str]) -> None:
    """Raise InputError with these problems, `shortened`, if there are any."""
    if problems:
        raise InputError(*shortened(problems))


def shortened(problems: list[str]) -> list[str]:
    """Return the first `MAX_LISTED` problems, and a line with the number of the others."""
    more = [f"... and {len(problems) - MAX_LISTED} more"] if len(problems) > MAX_LISTED else []
    return [*problems[:MAX_LISTED], *more]


def _check_header(where: str, names: list[str]) -> None:
    require_different_columns(where, names)
    if misspelt := [name for name in names if name not in COLUMNS and name.casefold() in COLUMNS]:
        name, meant = misspelt[0], misspelt[0].casefold()
        if meant in names:
            raise InputError(f"{where}: has the columns {meant!r} and {name!r}; leave one of them out")
        raise InputError(f"{where}: rename the column {name!r} to {meant!r}")
    if "label" not in names or not {"index", "source"} & set(names):
        raise InputError(
            f"{where}: must have the column 'label', and 'index' or 'source' "
            f"(columns: {', '.join(names)}){separator_hint(names)}"
        )


def _class_number(classes: Classes, label: str) -> int:
    for spelling in (label, label.strip()):
        number = classes.number(spelling)
        if number is not None:
            return number
    mark = label.strip().casefold()
    if mark in MARKS and mark not in map(str.casefold, classes.names):
        return UNLABELABLE
    raise _MistakeError(f"{classes.problem(label.strip())}{mark_hint(label)}")


def _cut_off(samples: TrainPart, annotation: Annotation) -> str | None:
    """Return what is wrong with the last text of a file if it may be cut off, see `cut_off_problem`."""
    column, is_named_twice = annotation.may_be_cut_off, annotation.index and annotation.source.strip()
    text = getattr(annotation, column).strip() if column else ""
    if not text or (is_named_twice and column != "label"):  # two columns that agree are whole
        return None
    whole_texts: Iterable[str] = () if samples.sources is None else samples.sources
    if column != "source":
        names = samples.class_names if column == "label" else []
        whole_texts = [*names, *map(str, range(len(names or samples.labels)))]
    return cut_off_problem(column, text, whole_texts)


def _row(samples: TrainPart, annotation: Annotation) -> int | None:
    index = _index(samples, annotation.index) if annotation.index else None
    source = annotation.source
    if not source.strip():
        return index
    if samples.sources is None:
        raise _MistakeError(f"{samples.name} has no sources; give the column 'index' instead of 'source'")
    rows = samples.rows_of(source) or samples.rows_of(source.strip())
    if not rows:
        likely = samples.likely_sources.get(_path_form(source))
        source_text, likely_text = quoted_pair(source, source if likely is None else likely)
        hint = f"; did you mean {likely_text}?" if likely is not None else ""
        raise _MistakeError(f"source {source_text} is not in the training part of {samples.name}{hint}")
    if index in rows or (index is None and len(rows) == 1):
        return rows[0] if index is None else index
    if index is not None:
        raise _MistakeError(
            f"index {index} is {samples.sources[index]!r} in {samples.name}, but the source is "
            f"{source!r}, which is {listed_rows(rows)}; correct one of them, or leave out the column "
            "'index'"
        )
    if annotation.index:  # it selects one of the rows when these are final
        return None
    raise _MistakeError(f"source {source!r} stands for {listed_rows(rows)}; give index")


def _index(samples: TrainPart, text: str) -> int | None:
    size, index = len(samples.labels), whole_number(text)
    if index is None or (samples.is_final and index >= size):
        raise _MistakeError(f"index {text!r} is not a row of train/features (0 to {size - 1})")
    return index if samples.is_final else None


def listed_rows(rows: list[int]) -> str:
    """Return the names of rows for a message."""
    if len(rows) == 1:
        return f"row {rows[0]}"
    examples = [str(row) for row in rows[:3]]
    if len(rows) > len(examples):
        return f"rows {', '.join(examples)} and {len(rows) - len(examples)} more"
    return f"rows {', '.join(examples[:-1])} and {examples[-1]}"


def _path_form(source: str) -> object:
    return loose_form(unquote(source).replace("\\", "/").strip().removeprefix("./"))


def _contradiction(annotation: Annotation, row: int, earlier_name: str, line: int | None) -> str:
    source = annotation.source.strip()
    given = f"{repr(source) if source else f'row {row}'} is given the label {annotation.label.strip()!r}, but"
    if line is None:
        return f"{given} it is already {earlier_name!r}; a label is never overwritten"
    return f"{given} line {line} says {earlier_name!r}; keep one of them"
