"""What people wrote into the ledger by hand, checked like an answer in a label file."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from activepool.data.annotations import raise_if_any
from activepool.ledger.entries import FIELDS, SENDINGS, Draft, Entry, Event, History, is_time
from activepool.ledger.formats.annotators import name_problem
from activepool.ledger.formats.rows import Row
from activepool.ledger.formats.times import WrongTimeError, utc
from activepool.ledger.formats.typed_classes import ClassNames, TypedClasses, WrongLabelError
from activepool.ledger.pool_samples import PoolSamples
from activepool.ledger.table import Line

#: How many digits of a sample a message shows.
SHOWN = 12


def problems_by_hand(entry: Draft, before: History) -> Iterator[str]:
    """Yield why intake would refuse an entry that a person wrote, beyond what `History.problems` finds."""
    if is_time(entry.when):
        try:
            utc(entry.when)
        except WrongTimeError as error:
            yield f"when {error}"
    if entry.event not in SENDINGS:
        if problem := name_problem(entry.who):
            yield f"who {problem}"
        if entry.batch and (entry.batch, entry.sample) not in before.sent:
            yield (
                f"{entry.source!r} did not go out in batch {entry.batch!r}; correct batch, or leave it empty"
            )
    if entry.event != Event.LABEL or not entry.label:
        return
    try:
        event, label = TypedClasses(ClassNames(list(before.classes))).read(Row(0, "", label=entry.label))
    except WrongLabelError as error:
        yield str(error)
        return
    if event != Event.LABEL:
        yield f"label {entry.label!r} is no class; write the event {event!s}, and no label"
    elif label != entry.label:
        yield f"label {entry.label!a} is the class {label!r}; write it so"


def corrections(
    changed: Sequence[tuple[Line, Entry]], entries: Sequence[Entry], who: str = ""
) -> tuple[list[Draft], list[tuple[int, str]]]:
    """Return the corrections that turn entries into their edited lines, except for times and numbers.

    With them come the line and the problem of each change that cannot be entered.

    Args:
        changed: the lines, and the entries as they were.
        who: whose corrections they are; empty: of those whose entries they correct.
    """
    before = History.from_entries(entries)
    names = {(entry.sample, entry.source) for entry in entries}
    drafts: list[Draft] = []
    problems: list[tuple[int, str]] = []
    for line, kept in changed:
        if replace(line.entry, number=kept.number, when=kept.when) == kept:
            continue
        if kept.is_sending:
            text = f"entry {kept.number} is a sending and cannot be corrected; use --edits undo"
            problems.append((line.line, text))
            continue
        now = {name: getattr(line.entry, name) for name in FIELDS}
        draft = Draft(**(now | {"who": who or line.entry.who, "replaces": kept.number, "when": ""}))
        problems += [(line.line, problem) for problem in problems_by_hand(draft, before)]
        if (draft.sample, draft.source) not in names:
            text = f"source {draft.source!r} does not name this sample; write {kept.source!r}"
            problems.append((line.line, text))
        drafts.append(draft)
    return drafts, problems


def require_known_samples(path: str | Path, added: Iterable[Line], samples: PoolSamples) -> None:
    """Raise InputError with a line for each entry whose sample or source is not known."""
    problems = []
    for line in added:
        sample, source = line.entry.sample, line.entry.source
        if not samples.knows(sample):
            problems.append(
                f"{path}:{line.line}: sample {sample[:SHOWN]}... is not in the pool; copy it from the list "
                "of a batch, or give the label in a file that comes back, with its source alone"
            )
        elif not samples.has_name(sample, source):
            problems.append(
                f"{path}:{line.line}: source {source!r} does not name this sample; write "
                f"{samples.source(sample)!r}"
            )
    raise_if_any(problems)
