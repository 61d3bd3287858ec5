"""From the rows of a label file to answers about samples of the pool, with all mistakes at once."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from pathlib import Path

from activepool.data.annotations import MAX_LISTED
from activepool.errors import InputError
from activepool.io.csv_rows import cut_off_problem
from activepool.ledger.classes import unseen_form
from activepool.ledger.entries import Correction, Draft, Event, has_control
from activepool.ledger.formats.annotators import annotator_name, name_problem
from activepool.ledger.formats.class_folders import ClassFolders
from activepool.ledger.formats.exchanged_columns import exchange_problem
from activepool.ledger.formats.file_notices import FileNotices
from activepool.ledger.formats.lost_letters import SAVED, whole_text
from activepool.ledger.formats.named_samples import NamedSamples
from activepool.ledger.formats.program_lists import Given, changed_one, require_own
from activepool.ledger.formats.rows import Mistake, Parsed, Row, mark, without_answer
from activepool.ledger.formats.slips import FORMULA
from activepool.ledger.formats.times import WrongTimeError, utc
from activepool.ledger.formats.typed_classes import (
    ClassNames,
    NewClass,
    TypedClasses,
    WrongLabelError,
)
from activepool.ledger.messages import HintedError, contradiction
from activepool.ledger.pool_samples import PoolSamples, UnknownSampleError, plain_sample


@dataclass(frozen=True)
class Answers:
    """What people answered in a label file.

    Attributes:
        drafts: the answers, one for each annotator and sample; the source of one may be that of a copy.
        rows: the row that gives each of them.
        samples: of the pool, as the file names them.
        awaited: how many rows have no answer yet.
        known: how many rows would be a mistake today, but were taken before.
        new_classes: by name, those that no label had before.
        notices: what a person should know, a line each.
        mistakes: a line for each row that was left out.
    """

    drafts: tuple[Draft, ...]
    rows: tuple[Row, ...]
    samples: NamedSamples
    awaited: int
    known: int
    new_classes: Mapping[str, NewClass]
    notices: tuple[str, ...]
    mistakes: tuple[str, ...]

    @property
    def places(self) -> list[str]:
        """Where the answers stand."""
        return [row.place for row in self.rows]

    def as_named(self, number: int) -> Draft:
        """Return an answer with the name that the file has, for messages about it."""
        draft = self.drafts[number]
        return replace(draft, source=self.samples.name(self.rows[number], draft.sample))


def answers_of(
    path: str | Path,
    parsed: Parsed,
    samples: PoolSamples,
    classes: ClassNames,
    who: str,
    given: Collection[Given] = (),
    standing: Collection[tuple[str, str]] = (),
) -> Answers:
    """Return the answers that the rows of a file give.

    Args:
        classes: that labels may name.
        who: the annotator, where the file names none.
        given: answers that were taken before; none of them is a mistake, whatever has become of its image
            and its class.
        standing: the labelled samples, each with its class.

    Raises: InputError if the file has no row.
    """
    labels = TypedClasses(classes, (row.label for row in parsed.rows))
    named = NamedSamples(samples, parsed.rows)
    reading = _Reading(samples, named, labels, who, given, standing, list(parsed.mistakes))
    folders = ClassFolders(parsed.rows, samples, labels)
    # Folders are judged by the classes before the file, so all of them come first.
    for row, problem in [(folders.labelled(row), folders.problem(row)) for row in parsed.rows]:
        reading.add(row, problem)
    if parsed.may_be_of_program:
        require_own(path, [draft for draft, _ in reading.drafts.values()], given)
    mistakes = [mistake.text for mistake in sorted(reading.mistakes, key=lambda mistake: mistake.number)]
    if not parsed.rows and not mistakes:
        raise InputError(f"{path}: has no sample in it; export the batch again")
    clear = [found for key, found in reading.drafts.items() if key not in reading.unclear]
    return Answers(
        drafts=tuple(draft for draft, _ in clear),
        rows=tuple(row for _, row in clear),
        samples=named,
        awaited=reading.awaited,
        known=reading.known,
        new_classes=labels.new_classes(),
        notices=(*parsed.notices, *named.notices(path), *reading.notices.lines(path)),
        mistakes=tuple(mistakes),
    )


@dataclass
class _Reading:
    """The answers of a file, row after row."""

    samples: PoolSamples
    named: NamedSamples
    labels: TypedClasses
    who: str
    given: Collection[Given]
    standing: Collection[tuple[str, str]]
    mistakes: list[Mistake]
    noted: int = 0
    awaited: int = 0
    known: int = 0
    drafts: dict[tuple[str, str], tuple[Draft, Row]] = field(default_factory=dict)
    unclear: set[tuple[str, str]] = field(default_factory=set)
    notices: FileNotices = field(default_factory=FileNotices)

    def add(self, row: Row, problem: str | None) -> None:
        """Take a row, which may have a problem, for an answer, an awaited one, or a mistake."""
        if row.is_commented and not self._begins_with_name(row):
            self._pass_over(row)
            return
        exchanged = exchange_problem(row, self.samples, self.labels, self._annotators)
        problems: list[str | HintedError] = [one for one in (problem, exchanged) if one]
        event, label, sample = None, "", ""
        try:
            if not problems:
                event, label = self.labels.read(row)
        except WrongLabelError as error:
            problems.append(error)
        if event is None and not problems:
            self._await(row)
            return
        try:
            sample = "" if exchanged else self.named.sample(row)
        except UnknownSampleError as error:
            problems.append(error)
        if wrong := self._annotator_problem(row):
            problems.append(wrong)
        if problems and self._was_taken(row):
            self.known += 1
            return
        try:
            when = utc(row.when) if row.when else ""
        except WrongTimeError as error:
            problems.append(f"{row.when_key} {error}")
        if problems:
            for one in problems:
                self._mistake(row, one)
        elif event is not None:
            self._add_answer(replace(row, when=when), sample, event, label)

    def _begins_with_name(self, row: Row) -> bool:
        """Return whether a row begins with the name of an image or a class that begins with ``#``."""
        if row.name.startswith("#") and self.samples.may_be_named(row.name):
            return True
        return row.label.lstrip().startswith("#") and self.labels.is_known(row.label)

    def _pass_over(self, row: Row) -> None:
        """Note a row that was commented out; if it names a sample of the pool, that has no answer yet."""
        self.notices.commented.append(row.number)
        row = without_answer(row)
        if any(map(self.samples.knows, self._may_mean(row))):
            self._await(row)

    def _annotator_problem(self, row: Row) -> str | None:
        """Return what is wrong with the annotator of a row, whose name may be cut off or lack letters."""
        if wrong := name_problem(row.who):
            return f"{row.who_key} {wrong}"
        name = self._named(row)
        if row.may_be_cut_off == "who":
            known = {draft.who for draft, _ in self.drafts.values()} | (self._annotators if name else set())
            is_new = (name or self.who) not in known
            if is_new and (cut_off := cut_off_problem("the annotator", name, sorted(known))):
                return cut_off
        if name not in self._annotators and (meant := whole_text(name, sorted(self._annotators))):
            return f"the annotator {name!r} may be {meant!r} with {SAVED}"
        return None

    def _named(self, row: Row) -> str:
        """Return the annotator that a row names, as the ledger has the name; empty if it names none."""
        written = _plain(row.who)
        return written if written in self._annotators else annotator_name(written)

    @cached_property
    def _annotators(self) -> set[str]:
        """All who gave an answer that the ledger has."""
        return {who for _, who, _, _ in self.given}

    def _await(self, row: Row) -> None:
        """Count a row without an answer, unless the name of its sample shows that columns were mixed up."""
        try:
            self.named.note_awaited(row)
        except UnknownSampleError as error:
            self._mistake(row, error)
            return
        self.awaited += 1
        who, meant = self._named(row) or self.who, self._may_mean(row)
        if len(meant) == 1 and not row.is_correction:
            sample = meant.pop()
            if (sample, who) in self._answered:
                self.notices.blank.append(self.named.name(row, sample))

    def _may_mean(self, row: Row) -> set[str]:
        """Return all samples that a row may name, or may have named."""
        named = self.samples.may_be_named(row.name, row.may_lack_ending) if row.name else set()
        if self.samples.has_stable_rows:
            named |= self.samples.may_be_row(row.index)
        return {row.content, plain_sample(row.sample), *named} - {""}

    @cached_property
    def _answered(self) -> set[tuple[str, str]]:
        """The samples that the ledger has an answer to, each with its annotator."""
        return {(sample, who) for sample, who, _, _ in self.given}

    @cached_property
    def _said(self) -> set[tuple[str, str, str]]:
        """What was answered about samples, by whomever."""
        return {(sample, event, label) for sample, _, event, label in self.given}

    def _was_taken(self, row: Row) -> bool:
        """Return whether the answer was taken for any of the samples that the row may name."""
        label = unseen_form(row.label)
        opinions = {(Event.LABEL, label), (row.event or mark(label), "")}
        who = self._named(row) or self.who
        return any(
            (sample, who, event, text) in self.given
            for sample in self._may_mean(row)
            for event, text in opinions
        )

    def _add_answer(self, row: Row, sample: str, event: Event, label: str) -> None:
        kind = partial(Correction, is_listed=row.is_listed) if row.is_correction else Draft
        note = _plain(row.note)
        is_formula = note.startswith(FORMULA)  # a spreadsheet would run it when it opens the ledger
        draft = kind(
            event=event,
            sample=sample,
            source=self.samples.source(sample),
            who=self._named(row) or self.who,
            batch=_plain(row.batch),
            label=label,
            note=f"'{note}" if is_formula else note,
            when=row.when,
        )
        if row.who and draft.who != unseen_form(_plain(row.who)):
            self.notices.renamed[row.who] = draft.who
        is_new = (sample, draft.who, event, label) not in self.given
        if is_new and is_formula:
            self.notices.formulas.append(row.place)
        # Everybody has an answer to a sample, but all together have one decision.
        key = ("" if row.is_correction else draft.who, sample)
        before, first = self.drafts.setdefault(key, (draft, row))
        is_same = (before.event, before.label) == (event, label)
        if draft.when and before.when and draft.when != before.when:
            self.drafts[key] = max((draft, row), (before, first), key=lambda answer: answer[0].when)
            if not is_same:
                self.notices.earlier.append(draft.source)
        elif not is_same:
            if changed := changed_one(before, draft, self._said, self.standing):
                self.drafts[key] = (draft, row) if changed is draft else (before, first)
                return
            self.unclear.add(key)
            called, called_before = (
                replace(one, source=self.named.name(at, sample))
                for one, at in ((draft, row), (before, first))
            )
            self._mistake(row, contradiction(called, called_before, first.place))

    def _mistake(self, row: Row, problem: str | HintedError) -> None:
        """Note a mistake, without its hint if enough others come before it in the message."""
        is_shown = self.noted < MAX_LISTED
        text = problem.plain if isinstance(problem, HintedError) and not is_shown else str(problem)
        self.noted += 1
        self.mistakes.append(Mistake(row.number, f"{row.place}: {text}"))


def _plain(text: str) -> str:
    """Return a text in one line, with blanks in place of control characters."""
    return " ".join("".join(" " if has_control(letter) else letter for letter in text).split())
