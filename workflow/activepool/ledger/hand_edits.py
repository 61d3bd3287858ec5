"""What a person wrote into the ledger by hand: with the checks that an answer in a label file gets."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from activepool.data.annotations import shortened
from activepool.errors import InputError
from activepool.ledger.entries import SENDINGS, Draft, Entry, Event, is_time
from activepool.ledger.formats.annotators import name_problem
from activepool.ledger.formats.rows import Row
from activepool.ledger.formats.times import WrongTimeError, utc
from activepool.ledger.formats.typed_classes import ClassNames, TypedClasses, WrongLabelError
from activepool.ledger.table import FIELDS, Line


def problems_by_hand(entry: Draft, classes: Iterable[str]) -> Iterator[str]:
    """Yield why intake would not take what a person wrote, beside what is wrong in any entry.

    Args:
        entry: that was written.
        classes: of the entries before it.
    """
    if is_time(entry.when):
        try:
            utc(entry.when)
        except WrongTimeError as error:
            yield f"when {error}"
    if entry.event not in SENDINGS and (problem := name_problem(entry.who)):
        yield f"who {problem}"
    if entry.event != Event.LABEL or not entry.label:
        return
    try:
        event, label = TypedClasses(ClassNames(list(classes))).read(Row(0, "", label=entry.label))
    except WrongLabelError as error:
        yield str(error)
        return
    if event != Event.LABEL:
        yield f"label {entry.label!r} is no class; write the event {event!s}, and no label"
    elif label != entry.label:
        yield f"label {entry.label!a} is the class {label!r}; write it so"


def corrections(
    path: Path, changed: Sequence[tuple[Line, Entry]], entries: Sequence[Entry], who: str
) -> list[Draft]:
    """Return what corrects entries to what their lines say now; a time or a number needs none.

    Args:
        path: the ledger, for messages.
        changed: the lines, and the entries as they were.
        entries: of the ledger.
        who: whose corrections they are; empty: of those whose entries they correct.

    Raises: InputError with a line for each change that cannot be entered.
    """
    classes = dict.fromkeys(entry.label for entry in entries if entry.label)
    drafts, problems = [], []
    for line, kept in changed:
        place = f"{path}:{line.line}: "
        if _says_the_same(line.entry, kept):
            continue
        if kept.is_sending:
            problems.append(
                f"{place}entry {kept.number} is a sending and cannot be corrected; use --edits undo"
            )
            continue
        now = {name: getattr(line.entry, name) for name in FIELDS}
        draft = Draft(**(now | {"who": who or line.entry.who, "replaces": kept.number, "when": ""}))
        problems += [place + problem for problem in problems_by_hand(draft, classes)]
        drafts.append(draft)
    if problems:
        raise InputError(*shortened(problems))
    return drafts


def _says_the_same(now: Entry, kept: Entry) -> bool:
    """Return whether an entry differs in its time or its number alone."""
    return replace(now, number=kept.number, when=kept.when) == kept
