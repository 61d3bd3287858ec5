"""Answers in columns of a table that no reader reads, such as those of a second annotator."""

import re
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import NamedTuple

from activepool.data.class_names import loose_form
from activepool.errors import first_few
from activepool.ledger.entries import normal_form
from activepool.ledger.formats.rows import CORRECTION, LABEL, OTHER_LABELS, Mistake, Row
from activepool.ledger.formats.slips import CLASS_ADVICE, NUMBER, slip_problem
from activepool.ledger.formats.typed_classes import TypedClasses
from activepool.ledger.pool_samples import PoolSamples, plain_sample

#: A word in the name of a column.
WORD = re.compile(r"[^\W\d_]+")

#: Beginnings of words that tell that a column holds corrections, or labels.
CORRECTION_STEMS = (CORRECTION, "corrected")

LABEL_STEMS = (LABEL, *CORRECTION_STEMS)

#: Other words that tell so if the cells are classes of the project: an insect has a class in biology, too.
ANSWER_WORDS = {*OTHER_LABELS, "answers", "choices", "tags", "categories"}

#: Words that tell that a column holds no answer: remarks, and what a model or an earlier list says.
OTHER_WORDS = {
    *("comment", "comments", "note", "notes", "remark", "remarks", "confidence", "certainty"),
    *("old", "previous", "previously", "earlier", "before", "former", "original", "initial"),
    *("model", "predicted", "prediction", "predictions", "suggested", "suggestion", "auto", "guess"),
}

#: The most cells that a notice quotes.
MAX_QUOTED = 3


def exchange_problem(
    row: Row, samples: PoolSamples, classes: TypedClasses, annotators: Collection[str]
) -> str | None:
    """Return which columns of a row are exchanged, or which column its label repeats; None if none is.

    A class may have the name of one of the ``annotators`` in the ledger.
    """
    if not row.label.strip() or classes.is_known(row.label):
        return None
    image = row.name or row.sample
    if image and _is_image(row.label, samples) and not _is_image(image, samples, row.may_lack_ending):
        return (
            f"label {row.label!r} is an image of the pool, and {image!r} is none; exchange what is in the "
            "columns of the image and of the label"
        )
    if row.who and row.who not in annotators and classes.is_known(row.who):
        return (
            f"label {row.label!r} is not a class, and {row.who_key} {row.who!r} is one; exchange what is in "
            f"these columns, or list {row.label!r} among the classes of the configuration"
        )
    label = normal_form(row.label)
    if label.casefold() == normal_form(row.who).casefold():
        return f"label {label!r} is the annotator of its row; {CLASS_ADVICE}"
    # An image without a number may well have the name of its class, such as ant.jpg.
    is_numbered = any(map(str.isdigit, label)) and not NUMBER.fullmatch(label)
    if is_numbered and _is_image(label, samples, may_lack_ending=True):
        return f"label {label!r} is the name of an image of the pool; {CLASS_ADVICE}"
    return None


def _is_image(text: str, samples: PoolSamples, may_lack_ending: bool = False) -> bool:
    return bool(samples.name_candidates(text, may_lack_ending)) or samples.knows(plain_sample(text))


class OtherAnswers(NamedTuple):
    """A mistake or a notice for each unread column whose answers differ from those of their rows."""

    mistakes: list[Mistake]
    notices: list[str]


class _Cell(NamedTuple):
    row: Row
    text: str


def other_answers(path: str | Path, rows: Sequence[Row], classes: TypedClasses) -> OtherAnswers:
    """Return the mistakes and notices of columns that no reader reads.

    One that is called like a column of labels and holds classes is a mistake; if only one of these is so, it
    gets a notice.
    """
    columns: dict[str, list[_Cell]] = {}
    for row in rows:
        for name, text in () if row.commented_cell else row.other_cells:
            columns.setdefault(name, []).append(_Cell(row, text))
    answers = OtherAnswers([], [])
    for name, cells in columns.items():
        words, is_correction = WORD.findall(name.casefold()), cells[0].row.is_correction
        is_of_labels = any(
            word.startswith(CORRECTION_STEMS if is_correction else LABEL_STEMS) for word in words
        )
        # Beside corrections, any other column of classes holds what was corrected.
        if OTHER_WORDS.intersection(words) or (is_correction and not is_of_labels):
            continue
        others = [cell for cell in cells if _differs(cell)]
        known = [cell for cell in others if classes.is_known(cell.text)]
        only = f"only the column {CORRECTION if is_correction else LABEL!r} is read"
        if known and (is_of_labels or ANSWER_WORDS.intersection(words)):
            answers.mistakes.append(_mistake(name, known, only))
        elif (known and _are_classes(cells, classes)) or (is_of_labels and any(map(_may_be_class, others))):
            examples = first_few(dict.fromkeys(repr(cell.text) for cell in others), MAX_QUOTED)
            answers.notices.append(f"{path}: {only}; what {name!r} has does not count: {examples}")
    return answers


def _mistake(name: str, cells: Sequence[_Cell], only: str) -> Mistake:
    row, text = cells[0]
    more = f", the first of {len(cells)} other answers" if len(cells) > 1 else ""
    return Mistake(
        row.number,
        f"{row.place}: {only}, and {name!r} has {text!r}{more}; give each answer a row of its own, with its "
        f"annotator in the column 'who', or remove {name!r}",
    )


def _differs(cell: _Cell) -> bool:
    return _form(cell.text) not in (_form(cell.row.label), _form(cell.row.who))


def _may_be_class(cell: _Cell) -> bool:
    """Return whether a cell may name a class that nobody has given yet."""
    text = normal_form(cell.text)
    return not NUMBER.fullmatch(text) and slip_problem(text) is None


def _are_classes(cells: Sequence[_Cell], classes: TypedClasses) -> bool:
    """Return whether most cells of a column are classes with a name; numbers may count anything."""
    named = [cell for cell in cells if classes.is_known(cell.text) and not NUMBER.fullmatch(cell.text)]
    return 2 * len(named) > len(cells)


def _form(text: str) -> object:
    return loose_form(normal_form(text))
