"""The common form of all tools' label files: rows that name a sample and an answer."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple

from activepool.data.class_names import loose_form
from activepool.errors import InputError, first_few
from activepool.ledger.entries import Event
from activepool.ledger.messages import EXPORT_AGAIN

#: Labels of samples without a class, as people write them or tools offer them; in lower case, with ``_``.
MARKS = {
    "?": Event.CANNOT_TELL,
    "cannot_tell": Event.CANNOT_TELL,
    "can't_tell": Event.CANNOT_TELL,
    "skip": Event.SKIP,
    "not_ours": Event.NOT_OURS,
    "not_one_of_ours": Event.NOT_OURS,
}

#: Columns of tables: the answer of an annotator, or a decision in place of all answers.
LABEL, CORRECTION = "label", "correction"

#: Other names that people give the column of labels.
OTHER_LABELS = ("labels", "class", "classes", "class_name", "category", "answer", "choice", "tag")

#: Folders of pictures that have no label yet, in lower case.
UNLABELLED = ("_unlabeled", "_unlabelled", "unlabeled", "unlabelled", "no_label")

_SEPARATORS = str.maketrans("", "", " -_'")


@dataclass(frozen=True)
class Row:
    """An answer in a tool's file.

    Attributes:
        number: of its line or task, the order of messages.
        place: its file, and line or task, with which messages begin.
        label: the class, or one of `MARKS`; empty while the answer is awaited.
        sample, index, name: the content, row and path that name the sample; at least one is given.
        content: of the picture in the file, if it is there; then only it names the sample.
        pictures: the names of several pictures in the file, if any of them may be meant.
        may_lack_ending: whether the path may lack the ending of the file.
        may_lack_folders: whether the tool may have left the folders out of all paths, see `NamedSamples`.
        unnumbered_name: ``name`` without the number that a tool gives a second file of the same name; empty
            if it has none. If the pool has several such files, ``name`` may be any of them.
        other_names: names in other columns; those that the pool has must be of the same sample.
        displayed_name: the path of the picture that the annotator saw, if it may differ from the sample's.
        folders: of a picture, from the outermost on; one of them is its class, see `class_folders`.
        unterminated_field: ``label``, ``who``, ``source`` or ``index``, if the file ends in it without a line
            break, and so may have been cut off; else empty.
        event: an answer without a label; None: see ``label``.
        commented_cell: the first cell, if it begins with ``#`` like a line that was commented out; it may be
            the name of an image, or a class; else empty.
        problem: of such a row, if nobody commented it out.
        is_correction: whether the label replaces all answers.
        is_listed: whether a correction is in a list of the program, among labels that nobody changed.
        who, when, batch, note: as in the file; empty if it does not say.
        who_key, when_key: the file's names of the annotator and the time, for messages.
        other_cells: of columns that no reader reads, each with its column; see `wrong_columns`.
    """

    number: int
    place: str
    label: str = ""
    sample: str = ""
    index: str = ""
    name: str = ""
    content: str = ""
    pictures: tuple[str, ...] = ()
    may_lack_ending: bool = False
    may_lack_folders: bool = False
    unnumbered_name: str = ""
    other_names: tuple[str, ...] = ()
    displayed_name: str = ""
    folders: tuple[str, ...] = ()
    commented_cell: str = ""
    problem: str = ""
    is_correction: bool = False
    is_listed: bool = False
    unterminated_field: str = ""
    event: Event | None = None
    who: str = ""
    when: str = ""
    batch: str = ""
    note: str = ""
    who_key: str = "who"
    when_key: str = "when"
    other_cells: tuple[tuple[str, str], ...] = ()


def with_pictures(row: Row, pictures: Mapping[str, str]) -> Row:
    """Return a row with the pictures of its name in the file, by sample."""
    if len(pictures) > 1:
        return replace(row, pictures=tuple(pictures.values()))
    return replace(row, content="".join(pictures))


def without_answer(row: Row) -> Row:
    """Return a row without its answer, and without the mark that comments it out."""
    cells = {key: getattr(row, key) for key in ("sample", "index", "name", "batch")}
    names = {key: text.lstrip("# ") for key, text in cells.items() if text == row.commented_cell}
    return replace(row, label="", commented_cell="", **names)


class Notice(StrEnum):
    """Notices about the rows of a file, in their order, with a place for examples."""

    BLANK_ROWS = (
        "rows without a label, which the same person answered in another file or here before: {}; the ledger "
        "keeps these answers; to take one back, correct it to cannot_tell"
    )
    INVISIBLE_LETTERS = "annotators without the invisible characters in their names: {}"
    COMMENTED_ROWS = "lines that begin with # count as not answered: {}"
    FORMULAS = "notes that begin like a formula, and so get an apostrophe in the ledger: {}"
    REPEATED_ANSWERS = "several answers of one person, or corrections, of which the latest counts: {}"

    @classmethod
    def lines(cls, path: str | Path, examples: Mapping["Notice", Iterable[object]]) -> list[str]:
        """Return a line for each notice that has examples."""
        names = {notice: first_few(dict.fromkeys(examples.get(notice, ()))) for notice in cls}
        return [f"{path}: {notice.format(text)}" for notice, text in names.items() if text]


class Mistake(NamedTuple):
    """The mistake of a row; mistakes are reported in the order of their numbers."""

    number: int
    text: str


@dataclass
class ParsedFile:
    """A label file after reading: all rows, mistakes of those that cannot be read, and notices for a person.

    ``may_be_of_program``: whether the columns are those of a list of labels that the program writes.
    """

    rows: list[Row] = field(default_factory=list)
    mistakes: list[Mistake] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    may_be_of_program: bool = False

    def add_mistake(self, number: int, place: str, text: str) -> None:
        """Add a mistake at a place."""
        self.mistakes.append(Mistake(number, f"{place}: {text}"))


def mark_event(label: str) -> Event | None:
    """Return the event of a label that is a mark; None if it names a class."""
    return _EVENTS.get(_letters(label))


def _letters(label: str) -> str:
    """Return a label without case, and without the separators of words, which people vary."""
    return str(loose_form(label)).translate(_SEPARATORS)


_EVENTS = {_letters(written): event for written, event in MARKS.items()}


def class_list(place: object, names: Sequence[Any]) -> list[str]:
    """Return the stripped names of a list of classes; raises InputError unless all are different."""
    classes: list[str] = []
    for number, name in enumerate(names):
        if not isinstance(name, str) or not name.strip():
            raise InputError(
                f"{place}: class {number} (the first is 0) has no name that is a text{EXPORT_AGAIN}"
            )
        if name.strip() in classes:
            raise InputError(f"{place}: has the class {name.strip()!r} twice{EXPORT_AGAIN}")
        classes.append(name.strip())
    return classes
