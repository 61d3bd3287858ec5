"""Checks of lines that people wrote into the ledger by hand, like those of answers in a label file."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from activepool.data.annotations import raise_if_any
from activepool.ledger.entries import FIELDS, SAMPLE, SENDINGS, Draft, Entry, Event, History, is_time
from activepool.ledger.formats.annotators import name_problem
from activepool.ledger.formats.rows import Row
from activepool.ledger.formats.times import utc
from activepool.ledger.formats.typed_classes import ClassNames, TypedClasses
from activepool.ledger.messages import WrongCellError
from activepool.ledger.pool_samples import PoolSamples
from activepool.ledger.table import Line

#: The digits of a sample that a message quotes.
MAX_QUOTED = 12


def problems_by_hand(entry: Draft, history: History) -> Iterator[str]:
    """Yield why intake would refuse an entry that a person wrote, besides `History.problems`."""
    if is_time(entry.when):
        try:
            utc(entry.when)
        except WrongCellError as error:
            yield f"when {error}"
    if entry.event not in SENDINGS:
        if problem := name_problem(entry.who):
            yield f"who {problem}"
        is_whole = SAMPLE.fullmatch(entry.sample) is not None
        if is_whole and entry.batch and (entry.batch, entry.sample) not in history.sendings:
            yield (
                f"{entry.source!r} did not go out in batch {entry.batch!r}; correct batch, or leave it empty"
            )
    if entry.event != Event.LABEL or not entry.label:
        return
    try:
        event, label = TypedClasses(ClassNames(list(history.classes))).read(Row(0, "", label=entry.label))
    except WrongCellError as error:
        yield str(error)
        return
    if event != Event.LABEL:
        yield f"label {entry.label!r} is not a class; write the event {event!s}, and no label"
    elif label != entry.label:
        yield f"label {entry.label!a} is the class {label!r}; write it so"


def corrections(
    changed: Sequence[tuple[Line, Entry]], entries: Sequence[Entry], who: str = ""
) -> tuple[list[Draft], list[tuple[int, str]]]:
    """Return the corrections that turn entries into their edited lines, except for times and numbers.

    Also returns the line and the problem of each change that cannot be entered.

    Args:
        changed: each edited line, and the entry as it was.
        who: the author of the corrections; empty: that of each corrected entry.
    """
    history = History.from_entries(entries)
    names = {(entry.sample, entry.source) for entry in entries}
    drafts: list[Draft] = []
    problems: list[tuple[int, str]] = []
    for line, original in changed:
        if replace(line.entry, number=original.number, when=original.when) == original:
            continue
        if original.is_sending:
            text = f"entry {original.number} is a sending and cannot be corrected; use --edits undo"
            problems.append((line.line, text))
            continue
        fields = {name: getattr(line.entry, name) for name in FIELDS}
        draft = Draft(**(fields | {"who": who or line.entry.who, "replaces": original.number, "when": ""}))
        problems += [(line.line, problem) for problem in problems_by_hand(draft, history)]
        if (draft.sample, draft.source) not in names:
            text = f"source {draft.source!r} does not name this sample; write {original.source!r}"
            problems.append((line.line, text))
        drafts.append(draft)
    return drafts, problems


def require_known_samples(path: str | Path, added_lines: Iterable[Line], samples: PoolSamples) -> None:
    """Raise InputError with a line for each entry whose sample or source is not known."""
    problems = []
    for line in added_lines:
        sample, source = line.entry.sample, line.entry.source
        if not samples.knows(sample):
            problems.append(
                f"{path}:{line.line}: sample {sample[:MAX_QUOTED]}... is not in the pool; copy it from the "
                "list of a batch, or give the label in a file that comes back, with only its source"
            )
        elif not samples.has_name(sample, source):
            problems.append(
                f"{path}:{line.line}: source {source!r} does not name this sample; write "
                f"{samples.source(sample)!r}"
            )
    raise_if_any(problems)
