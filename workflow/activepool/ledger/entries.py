"""The entries of the ledger, and the checks that make them valid."""

import difflib
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from enum import StrEnum
from typing import NamedTuple

from activepool.data.class_names import reads_as_missing

#: The name of a sample: the SHA-256 of its content.
SAMPLE = re.compile(r"[0-9a-f]{64}")

#: A time in UTC, ISO 8601.
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z", re.ASCII)


class Event(StrEnum):
    """What an entry says.

    A sample went out in a batch (``sent``) or for the audit set (``audit``); a person gave it a ``label``,
    ``cannot_tell``, passed over it (``skip``), or said that it does not belong to the pool (``not_ours``); or
    somebody withdraws an earlier entry (``withdraw``).
    """

    SENT = "sent"
    AUDIT = "audit"
    LABEL = "label"
    CANNOT_TELL = "cannot_tell"
    SKIP = "skip"
    NOT_OURS = "not_ours"
    WITHDRAW = "withdraw"


#: Events by which a sample goes out to people.
SENDINGS = (Event.SENT, Event.AUDIT)

#: Events that are people's answers.
ANSWERS = (Event.LABEL, Event.CANNOT_TELL, Event.SKIP, Event.NOT_OURS)


@dataclass(frozen=True, kw_only=True)
class Draft:
    """An entry to be made.

    Attributes:
        event: one of `Event`.
        sample: the SHA-256, in hexadecimal, of the image file's content, or of the row of embeddings.
        source: the path of the image relative to the image root, or the row.
        who: the annotator, or the program for what it sends.
        batch: the batch in which the sample went out; empty for an answer that nobody asked for.
        label: the name of the class; empty for all events except ``label``.
        note: any text in one line.
        replaces: the number of the entry that this one corrects or withdraws.
        when: the time in UTC, ISO 8601; empty: the time of the append.
    """

    event: str
    sample: str
    source: str
    who: str
    batch: str = ""
    label: str = ""
    note: str = ""
    replaces: int | None = None
    when: str = ""

    @property
    def named_class(self) -> str:
        """The class, in Unicode's form NFC; empty if it names none."""
        return class_name(self.label)

    @property
    def opinion(self) -> tuple[str, str]:
        """The event and the class: equal for answers that say the same."""
        return self.event, self.named_class

    @property
    def words(self) -> str:
        """The class in quotes, or the event, for messages."""
        return repr(self.label) if self.label else str(self.event)


#: The names of an entry's fields without its number; all except ``replaces`` are texts.
FIELDS = tuple(cell.name for cell in fields(Draft))
TEXTS = tuple(name for name in FIELDS if name != "replaces")


@dataclass(frozen=True, kw_only=True)
class Correction(Draft):
    """A person's decision about a sample, in place of what anybody answered, see `intake`.

    ``is_listed``: whether it comes from a list of the program, where most labels are unchanged.
    """

    is_listed: bool = False


@dataclass(frozen=True, kw_only=True)
class Entry(Draft):
    """An entry of the ledger, with its ``number``; the first is 1."""

    number: int

    @property
    def is_answer(self) -> bool:
        """Whether a person answered."""
        return self.event in ANSWERS

    @property
    def is_sending(self) -> bool:
        """Whether the sample went out to people."""
        return self.event in SENDINGS


def as_entry(draft: Draft, number: int) -> Entry:
    """Return the entry with this number that a draft makes."""
    return Entry(number=number, **{name: getattr(draft, name) for name in FIELDS})


def class_name(text: str) -> str:
    """Return the name of a class in Unicode's form NFC."""
    return unicodedata.normalize("NFC", text)


def normal_form(name: str) -> str:
    """Return a form that is equal for names that differ only in blanks or in their Unicode form."""
    return " ".join(class_name(name).split())


def now() -> str:
    """Return the time in UTC, to the second, in the form of entries."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass
class History:
    """The entries before the one that is checked, by number; one may be missing where it could not be read.

    ``classes`` are in the order of the first label of each. The others hold the entries by which samples went
    out: the first of a batch and sample, the last of a batch, and the first of a sample.
    """

    entries: dict[int, Entry] = field(default_factory=dict)
    classes: dict[str, None] = field(default_factory=dict)
    sendings: dict[tuple[str, str], int] = field(default_factory=dict)
    last_sending: dict[str, Entry] = field(default_factory=dict)
    first_sending: dict[str, Entry] = field(default_factory=dict)

    @classmethod
    def from_entries(cls, entries: Iterable[Entry]) -> "History":
        """Return the history of valid entries."""
        history = cls()
        for entry in entries:
            history.add(entry)
        return history

    def add(self, entry: Entry) -> None:
        """Add a valid entry."""
        self.entries[entry.number] = entry
        if entry.label:
            self.classes.setdefault(entry.named_class)
        if entry.is_sending:
            self.sendings.setdefault((entry.batch, entry.sample), entry.number)
            self.last_sending[entry.batch] = entry
            self.first_sending.setdefault(entry.sample, entry)

    def problems(self, entry: Entry) -> Iterator[str]:
        """Yield the problems of the next entry, and what would be right."""
        yield from _problems_of_form(entry)
        if entry.is_sending and entry.batch:
            yield from self._problems_of_sending(entry)
        if entry.replaces is not None:
            yield from self._problems_of_replacing(entry, entry.replaces)
        elif entry.event == Event.WITHDRAW:
            yield "a withdrawal needs, in 'replaces', the number of the entry that is taken back"

    def _problems_of_sending(self, entry: Entry) -> Iterator[str]:
        sending_number = self.sendings.get((entry.batch, entry.sample))
        last = self.last_sending.get(entry.batch)
        previous = (entry.number - 1, entry.when, entry.event)
        first = self.first_sending.get(entry.sample)
        if sending_number is not None:
            yield f"{entry.source!r} went out in batch {entry.batch!r} before, by entry {sending_number}"
        elif last is not None and (last.number, last.when, last.event) != previous:
            yield (
                f"batch {entry.batch!r} went out as a whole by the entries up to {last.number}, and takes no "
                "further sample; give a new batch another name"
            )
        if first is not None and first.event != entry.event:
            sets = {Event.SENT: "a batch", Event.AUDIT: "the audit set, which is never trained on"}
            yield (
                f"{entry.source!r} went out for {sets[Event(first.event)]}, by entry {first.number}; "
                f"it cannot go out for {sets[Event(entry.event)]}"
            )

    def _problems_of_replacing(self, entry: Entry, number: int) -> Iterator[str]:
        replaced = self.entries.get(number)
        if entry.is_sending:
            yield f"an entry '{entry.event}' replaces nothing; leave 'replaces' empty"
        elif replaced is None:
            yield f"replaces entry {number}, but it must be an entry before this one, {entry.number}"
        elif replaced.is_sending:
            yield (
                f"replaces entry {number}, by which batch {replaced.batch!r} went out; that is a fact: say "
                "not_ours or skip of the sample instead"
            )
        elif replaced.sample != entry.sample:
            yield (
                f"replaces entry {number}, which is about another sample, {replaced.source!r}; "
                "give the number of an entry about the same sample"
            )
        elif replaced.event == Event.WITHDRAW and entry.event != Event.WITHDRAW:
            yield f"replaces entry {number}, a withdrawal; replace the entry that was withdrawn"


def _problems_of_form(entry: Entry) -> Iterator[str]:
    for name in TEXTS:
        if misfit := misfit_of(getattr(entry, name)):
            yield f"{name} {misfit.problem}; {misfit.remedy}"
    if entry.event not in tuple(Event):
        near = difflib.get_close_matches(entry.event.casefold(), map(str, Event), n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        yield f"event {entry.event!r} is not known{hint} (there are {', '.join(Event)})"
    if not entry.sample:
        yield "sample is empty; copy it from another line about the same sample"
    elif not SAMPLE.fullmatch(entry.sample):
        yield (
            f"sample {entry.sample!r} is not a SHA-256 (64 of the digits 0-9 and a-f); "
            "copy it from another line about the same sample"
        )
    if not entry.source:
        yield "source is empty; it must be the path of the image, or the row"
    if not entry.who:
        yield "who is empty; it must be the name of the annotator"
    if entry.when and not is_time(entry.when):
        yield f"when {entry.when!r} is not a time in UTC such as 2026-11-28T09:30:00Z"
    if entry.event in SENDINGS and not entry.batch:
        yield f"batch is empty; an entry '{entry.event}' needs the name of the batch"
    yield from _problems_of_label(entry)


def _problems_of_label(entry: Entry) -> Iterator[str]:
    if entry.event != Event.LABEL:
        if entry.label and entry.event in tuple(Event):
            yield f"label {entry.label!r} stands by the event {entry.event!r}, which has none; remove one"
    elif not entry.label:
        yield "label is empty; give the class, or the event cannot_tell, skip or not_ours"
    elif reads_as_missing(entry.label):
        yield (
            f"label {entry.label!r} reads like a missing value; give the class, or the event cannot_tell, "
            "skip or not_ours"
        )


class Misfit(NamedTuple):
    """Why an entry cannot hold a text, which the problem begins with, and what would be right."""

    problem: str
    remedy: str


def misfit_of(text: str) -> Misfit | None:
    """Return why an entry cannot hold a text; None if it can."""
    if has_control(text):
        return Misfit(f"{text!a} has a line break or another control character", "write it in one line")
    if text != text.strip():
        return Misfit(f"{text!r} begins or ends with a blank", "remove it")
    return None


def has_control(text: str) -> bool:
    """Return whether a text has a line break or another control character."""
    # A look at each letter of a million names takes seconds.
    return not text.isprintable() and any(
        unicodedata.category(letter) in ("Cc", "Cs", "Zl", "Zp") for letter in text
    )


def is_time(text: str) -> bool:
    """Return whether a text is a time in the form of entries."""
    if not TIME.fullmatch(text):
        return False
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True
