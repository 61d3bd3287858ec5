"""From the rows of a label file to answers about samples of the pool, with all mistakes at once."""

import difflib
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from activepool.data.annotations import shortened
from activepool.data.class_names import loose_form, reads_as_missing
from activepool.errors import InputError
from activepool.ledger.classes import unseen_form
from activepool.ledger.entries import Draft, Event, has_control
from activepool.ledger.formats.rows import Mistake, Parsed, Row, mark
from activepool.ledger.pool_samples import PoolSamples, UnknownSampleError

#: Numbers, which some tools write in place of the names of classes.
NUMBER = re.compile(r"[+-]?\d+([.,]\d*)?")

#: How many classes a message lists.
LISTED = 20


@dataclass(frozen=True)
class ClassNames:
    """The classes that labels may name.

    Attributes:
        names: those given and those that have arrived.
        may_grow: whether another label is a new class, and not a mistake.
    """

    names: Sequence[str] = ()
    may_grow: bool = True


@dataclass(frozen=True)
class Answers:
    """What people answered in a label file.

    Attributes:
        drafts: the answers, one for each annotator and sample; for `intake.take_in`.
        awaited: how many rows have no answer yet.
        new_classes: classes that no label had before.
        notices: what a person should know, a line each.
        mistakes: the rows that were left out, a line each; empty unless that was asked for.
    """

    drafts: tuple[Draft, ...]
    awaited: int
    new_classes: tuple[str, ...]
    notices: tuple[str, ...]
    mistakes: tuple[str, ...]


def answers_of(
    path: str | Path, parsed: Parsed, samples: PoolSamples, classes: ClassNames, who: str, skip_bad: bool
) -> Answers:
    """Return the answers that the rows of a file give.

    Args:
        path: the file, for messages.
        parsed: its rows.
        samples: of the pool.
        classes: that labels may name.
        who: the annotator, where the file names none.
        skip_bad: whether to leave out what is wrong; else one mistake and nothing is taken.

    Raises: InputError with a line for each mistake, or if the file has no row.
    """
    reading = _Reading(samples, classes, who, list(parsed.mistakes))
    for row in parsed.rows:
        reading.add(row)
    mistakes = [mistake.text for mistake in sorted(reading.mistakes, key=lambda mistake: mistake.number)]
    if not parsed.rows and not mistakes:
        raise InputError(f"{path}: has no sample in it; export the batch again")
    if mistakes and not skip_bad:
        raise InputError(
            *shortened(mistakes), f"{path}: nothing was taken from this file, for it has mistakes"
        )
    return Answers(
        drafts=tuple(draft for key, (draft, _) in reading.drafts.items() if key not in reading.unclear),
        awaited=reading.awaited,
        new_classes=tuple(reading.labels.new),
        notices=(*parsed.notices, *reading.labels.notices(path)),
        mistakes=tuple(mistakes),
    )


class _WrongLabelError(Exception):
    """What is wrong with a label."""


@dataclass
class _Reading:
    """The answers of a file, row after row."""

    samples: PoolSamples
    classes: ClassNames
    who: str
    mistakes: list[Mistake]
    awaited: int = 0
    drafts: dict[tuple[str, str], tuple[Draft, Row]] = field(default_factory=dict)
    unclear: set[tuple[str, str]] = field(default_factory=set)
    beginning: tuple[str, Row] | None = None

    def __post_init__(self) -> None:
        self.labels = _Labels(self.classes)

    def add(self, row: Row) -> None:
        """Take a row for an answer, an awaited one, or a mistake."""
        event, label, sample = None, "", ""
        try:
            event, label = self.labels.read(row)
        except _WrongLabelError as error:
            self._mistake(row, str(error))
        else:
            if event is None:
                self.awaited += 1
                return
        try:
            sample = self._sample(row)
        except UnknownSampleError as error:
            self._mistake(row, str(error))
        if event is not None and sample:
            self._add_answer(row, sample, event, label)

    def _add_answer(self, row: Row, sample: str, event: Event, label: str) -> None:
        draft = Draft(
            event=event,
            sample=sample,
            source=self.samples.source(sample),
            who=_plain(row.who) or self.who,
            batch=_plain(row.batch),
            label=label,
            note=_plain(row.note),
            when=row.when,
        )
        before, first = self.drafts.setdefault((draft.who, sample), (draft, row))
        if (before.event, before.label) != (event, label):
            self.unclear.add((draft.who, sample))
            self._mistake(row, _contradiction(draft, before, first))

    def _sample(self, row: Row) -> str:
        """Return the sample of a row; raises UnknownSampleError if it names none, or two different ones."""
        samples, found = self.samples, {}
        if samples.knows(row.content):
            return row.content
        if row.sample:
            found["sample"] = samples.by_content(row.sample.strip())
        if row.name:
            try:
                found["source"] = self._named(row)
            except UnknownSampleError:
                if not found:  # else the image was renamed since
                    raise
        if row.index and samples.has_stable_rows:
            found["index"] = samples.by_row(row.index)
        if row.index and not found:
            raise UnknownSampleError(
                "names its sample by its row alone, and rows move when images are added; give 'source'"
            )
        if not found:
            raise UnknownSampleError("names no sample; give its source")
        if len(set(found.values())) > 1:
            named = ", ".join(f"{key} is {samples.source(sample)!r}" for key, sample in found.items())
            raise UnknownSampleError(f"names different samples: {named}; correct it")
        return next(iter(found.values()))

    def _named(self, row: Row) -> str:
        """Return the sample that a path stands for; all paths of a file must start from one folder."""
        name = row.name
        if row.other_name and self.samples.count_sources(row.other_name):
            if self.samples.count_sources(name):
                raise UnknownSampleError(
                    f"{name!r} may be an image of this name, or {row.other_name!r} with its class before it; "
                    "export in another format"
                )
            name = row.other_name
        sample, beginning = self.samples.by_name(name, row.may_lack_ending, row.may_lack_folders)
        if row.numbered and self.samples.count_sources(row.numbered, row.may_lack_ending) > 1:
            raise UnknownSampleError(
                f"{row.name!r} is {self.samples.source(sample)!r}, or one of several {row.numbered!r} that "
                "the tool has numbered; export with the images, or with paths"
            )
        if beginning is not None and not row.sample:
            self.beginning = self.beginning or (beginning, row)
            usual, first = self.beginning
            if beginning != usual:
                raise UnknownSampleError(
                    f"{row.name!r} is {self.samples.source(sample)!r} if paths start from {beginning!r}, but "
                    f"{first.name!r} at {first.place} starts from {usual or 'the image root'!r}; give "
                    "the paths from the image root"
                )
        return sample

    def _mistake(self, row: Row, text: str) -> None:
        self.mistakes.append(Mistake(row.number, f"{row.place}: {text}"))


def _plain(text: str) -> str:
    """Return a text in one line, with blanks for what is no part of a text."""
    return " ".join("".join(" " if has_control(letter) else letter for letter in text).split())


def _contradiction(draft: Draft, before: Draft, first: Row) -> str:
    given, other = (repr(answer.label) if answer.label else answer.event for answer in (draft, before))
    return f"{draft.who} says {given} of {draft.source!r}, but {other} at {first.place}; leave one of them"


class _Labels:
    """Labels as typed, and the classes that they stand for."""

    def __init__(self, classes: ClassNames) -> None:
        self.known = list(classes.names)
        self.may_grow = classes.may_grow
        self.new: Counter[str] = Counter()
        self._exact = {unseen_form(name): name for name in reversed(self.known)}
        self._loose = {loose_form(name): name for name in reversed(self.known)}

    def read(self, row: Row) -> tuple[Event | None, str]:
        """Return the event of a row and its class; None while it is awaited."""
        if row.event is not None:
            return row.event, ""
        label = unseen_form(row.label)
        if not label:
            return None, ""
        if label in self._exact:
            name = self._exact[label]
            if name in self.new:
                self.new[name] += 1
            return Event.LABEL, name
        event = mark(label)
        if event and loose_form(label) not in self._loose:
            return event, ""
        if problem := self._problem(label):
            raise _WrongLabelError(problem)
        self._exact[label] = self._loose[loose_form(label)] = label
        self.new[label] += 1
        return Event.LABEL, label

    def _problem(self, label: str) -> str | None:
        """Return what is wrong with a label that is no class yet; None if it may become one."""
        if reads_as_missing(label):
            return f"label {label!r} reads like a missing value; leave it empty, or give cannot_tell or skip"
        if twin := self._loose.get(loose_form(label)):
            return f"label {label!a} is written nearly like the class {twin!a}; did you mean that?"
        if has_control(label):
            return f"label {label!a} has a control character; remove it"
        if NUMBER.fullmatch(label) and not all(NUMBER.fullmatch(name) for name in self.known):
            return f"label {label!r} is a number, and no class has that name; give the name of the class"
        if self.may_grow:
            return None
        near = self._near(label)
        hint = f"; did you mean {near!r}?" if near else ""
        listed = ", ".join([*self.known[:LISTED], *(["..."] if len(self.known) > LISTED else [])])
        return f"label {label!r} is not a class{hint} (there are {listed})"

    def _near(self, label: str) -> str | None:
        near = difflib.get_close_matches(label, self.known, n=1, cutoff=0.75)
        return near[0] if near else None

    def notices(self, path: str | Path) -> list[str]:
        """Return a line for each class that is new."""
        notices = []
        for name, count in self.new.items():
            near = self._near(name)
            hint = f"; if {near!r} was meant, correct it" if near else ""
            notices.append(f"{path}: the class {name!r} is new ({count} label{'s' * (count > 1)}){hint}")
        return notices
