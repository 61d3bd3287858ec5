"""What the label files of all tools have in common: rows that name a sample and an answer."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from activepool.data.class_names import loose_form
from activepool.ledger.entries import Event

#: What people write, or tools offer as a choice, where a sample gets no class; in lower case, with ``_``.
MARKS = {
    "?": Event.CANNOT_TELL,
    "cannot_tell": Event.CANNOT_TELL,
    "can't_tell": Event.CANNOT_TELL,
    "skip": Event.SKIP,
    "not_ours": Event.NOT_OURS,
    "not_one_of_ours": Event.NOT_OURS,
}

#: Columns of tables that hold what was answered: by an annotator, or in place of what anybody answered.
LABEL, CORRECTION = "label", "correction"

#: Other names that people give to the column of the labels.
OTHER_LABELS = ("labels", "class", "classes", "class_name", "category", "answer", "choice", "tag")

#: Folders of pictures that have no label yet, in lower case.
UNLABELLED = ("_unlabeled", "_unlabelled", "unlabeled", "unlabelled", "no_label")


@dataclass(frozen=True)
class Row:
    """An answer as a tool's file has it.

    Attributes:
        number: of its line or task; rows are reported in this order.
        place: where it stands, as messages begin: file, and line or task.
        label: the class, or one of `MARKS`; empty while no answer has come.
        sample, index, name: what names the sample: its content, its row, its path; at least one is given.
        content: of the picture in the file, if it is there; it alone names the sample then.
        pictures: the names of several pictures in the file, any of which may be meant.
        may_lack_ending: whether the path may lack the ending of the file.
        may_lack_folders: whether the tool may have left the folders out of all paths, see `NamedSamples`.
        numbered: what ``name`` is without the number that a tool gives a second file of one name; empty if it
            has none. If the pool has several such files, ``name`` may be any of them.
        also: names in other columns; one that the pool has must be of the same sample.
        seen: the path of the picture that the annotator saw, where it may be another than the sample's.
        folders: that a picture lies in, from the outermost on; one of them is its class, see `class_folders`.
        may_be_cut_off: ``label``, ``who``, ``source`` or ``index``, if the file ends in it, without a line
            break; else empty.
        event: what was said instead of a label; None: see ``label``.
        is_commented: whether it begins with ``#``, like a line that somebody commented out.
        is_correction: whether the label stands in place of what anybody answered.
        is_listed: whether a correction stands in a list of the program, among labels that nobody changed.
        who, when, batch, note: as they are written; empty if the file does not say it.
        who_key, when_key: what the file calls the annotator and the time, for messages.
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
    numbered: str = ""
    also: tuple[str, ...] = ()
    seen: str = ""
    folders: tuple[str, ...] = ()
    is_commented: bool = False
    is_correction: bool = False
    is_listed: bool = False
    may_be_cut_off: str = ""
    event: Event | None = None
    who: str = ""
    when: str = ""
    batch: str = ""
    note: str = ""
    who_key: str = "who"
    when_key: str = "when"


def with_pictures(row: Row, found: Mapping[str, str]) -> Row:
    """Return a row with the pictures of its name in the file, each by the sample that it is."""
    if len(found) > 1:
        return replace(row, pictures=tuple(found.values()))
    return replace(row, content="".join(found))


def without_answer(row: Row) -> Row:
    """Return a row without its answer, and without the mark that comments it out."""
    names = {key: getattr(row, key).lstrip("# ") for key in ("sample", "index", "name")}
    return replace(row, label="", is_commented=False, **names)


class Mistake(NamedTuple):
    """What is wrong with a row; mistakes are reported in the order of their numbers."""

    number: int
    text: str


@dataclass
class Parsed:
    """What was read of a label file.

    Attributes:
        rows: all of them, with and without an answer.
        mistakes: of rows that cannot be read.
        notices: what a person should know, a line each.
        may_be_of_program: whether the columns are those of a list of labels that the program writes.
    """

    rows: list[Row] = field(default_factory=list)
    mistakes: list[Mistake] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    may_be_of_program: bool = False

    def mistake(self, number: int, place: str, text: str) -> None:
        """Note what is wrong at a place."""
        self.mistakes.append(Mistake(number, f"{place}: {text}"))


def mark(label: str) -> Event | None:
    """Return the event that a label stands for, None if it names a class."""
    return _BY_LETTERS.get(_letters(label))


def _letters(label: str) -> str:
    """Return a label without case, and without what people write between words in several ways."""
    return str(loose_form(label)).translate(_BETWEEN)


_BETWEEN = str.maketrans("", "", " -_'")

_BY_LETTERS = {_letters(written): event for written, event in MARKS.items()}
