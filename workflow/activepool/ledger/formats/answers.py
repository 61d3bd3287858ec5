"""Answers about samples of the pool, from the rows of a label file, with all mistakes at once."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from pathlib import Path

from activepool.data.annotations import MAX_LISTED
from activepool.errors import InputError
from activepool.io.csv_rows import cut_off_problem
from activepool.ledger.entries import Correction, Draft, Event, has_control, normal_form
from activepool.ledger.formats.annotators import annotator_name, name_problem
from activepool.ledger.formats.class_folders import ClassFolders
from activepool.ledger.formats.named_samples import NamedSamples
from activepool.ledger.formats.program_lists import PastAnswer, changed_correction, refuse_program_list
from activepool.ledger.formats.rows import Mistake, Notice, ParsedFile, Row, mark_event, without_answer
from activepool.ledger.formats.slips import FORMULA_STARTS, LOSS_PROBLEM, whole_text
from activepool.ledger.formats.times import utc
from activepool.ledger.formats.typed_classes import (
    ClassNames,
    NewClass,
    TypedClasses,
)
from activepool.ledger.formats.wrong_columns import exchange_problem, other_answers
from activepool.ledger.messages import WrongCellError, contradiction
from activepool.ledger.pool_samples import PoolSamples, plain_sample


@dataclass(frozen=True)
class Answers:
    """The answers in a label file, one for each annotator and sample, and the row of each.

    Attributes:
        drafts: the answers; a source may be that of a copy.
        awaited: the number of rows without an answer.
        num_past_mistakes: the number of rows that would be mistakes today, but whose answers the ledger has.
        new_classes: by name, classes that no label had before.
    """

    drafts: tuple[Draft, ...]
    rows: tuple[Row, ...]
    samples: NamedSamples
    awaited: int
    num_past_mistakes: int
    new_classes: Mapping[str, NewClass]
    notices: tuple[str, ...]
    mistakes: tuple[str, ...]

    @property
    def places(self) -> list[str]:
        """The places of the answers."""
        return [row.place for row in self.rows]

    def as_named(self, number: int) -> Draft:
        """Return an answer with the name that the file gives its sample, for messages."""
        draft = self.drafts[number]
        return replace(draft, source=self.samples.name(self.rows[number], draft.sample))


def answers_of(
    path: str | Path,
    parsed: ParsedFile,
    samples: PoolSamples,
    classes: ClassNames,
    who: str,
    past_answers: Collection[PastAnswer] = (),
    standing: Collection[tuple[str, str]] = (),
) -> Answers:
    """Return the answers in the rows of a file, whose annotator is ``who`` where it names none.

    Args:
        past_answers: answers that were taken in before; none of them is a mistake, whatever has become of its
            image and its class.
        standing: the labelled samples, each with its class.

    Raises: InputError if the file has no row.
    """
    labels = TypedClasses(classes, (row.label for row in parsed.rows))
    named_samples = NamedSamples(samples, parsed.rows)
    reading = _Reading(samples, named_samples, labels, who, past_answers, standing, list(parsed.mistakes))
    folders = ClassFolders(parsed.rows, samples, labels)
    # Folders are judged by the classes before the file, so all of them come first.
    for row, problem in [(folders.labelled(row), folders.problem(row)) for row in parsed.rows]:
        reading.add(row, problem)
    if parsed.may_be_of_program:
        refuse_program_list(path, [draft for draft, _ in reading.drafts.values()], past_answers)
    others = other_answers(path, parsed.rows, labels)
    reading.mistakes += others.mistakes
    notices = (*parsed.notices, *others.notices)
    mistakes = [mistake.text for mistake in sorted(reading.mistakes, key=lambda mistake: mistake.number)]
    if not parsed.rows and not mistakes:
        raise InputError(f"{path}: has no sample in it; export the batch again")
    clear_answers = [answer for key, answer in reading.drafts.items() if key not in reading.unclear]
    return Answers(
        drafts=tuple(draft for draft, _ in clear_answers),
        rows=tuple(row for _, row in clear_answers),
        samples=named_samples,
        awaited=reading.awaited,
        num_past_mistakes=reading.num_past_mistakes,
        new_classes=labels.new_classes(),
        notices=(*notices, *named_samples.notices(path), *Notice.lines(path, reading.notices)),
        mistakes=tuple(mistakes),
    )


@dataclass
class _Reading:
    """Collects the answers of a file, row by row."""

    samples: PoolSamples
    named_samples: NamedSamples
    labels: TypedClasses
    who: str
    past_answers: Collection[PastAnswer]
    standing: Collection[tuple[str, str]]
    mistakes: list[Mistake]
    num_mistakes: int = 0
    awaited: int = 0
    num_past_mistakes: int = 0
    drafts: dict[tuple[str, str], tuple[Draft, Row]] = field(default_factory=dict)
    unclear: set[tuple[str, str]] = field(default_factory=set)
    notices: defaultdict[Notice, list[object]] = field(default_factory=lambda: defaultdict(list))

    def add(self, row: Row, problem: str | None) -> None:
        if row.commented_cell and not self._begins_with_name(row):
            self._pass_over(row)
            return
        if row.problem:
            self._mistake(row, row.problem)
            return
        column_problem = exchange_problem(row, self.samples, self.labels, self._annotators)
        problems: list[str | WrongCellError] = [text for text in (problem, column_problem) if text]
        event, label, sample = None, "", ""
        try:
            if not problems:
                event, label = self.labels.read(row)
        except WrongCellError as error:
            problems.append(error)
        if event is None and not problems:
            self._await(row)
            return
        try:
            sample = "" if column_problem else self.named_samples.sample(row)
        except WrongCellError as error:
            problems.append(error)
        if who_problem := self._annotator_problem(row):
            problems.append(who_problem)
        if problems and self._is_past_answer(row):
            self.num_past_mistakes += 1
            return
        try:
            when = utc(row.when) if row.when else ""
        except WrongCellError as error:
            problems.append(f"{row.when_key} {error}")
        if problems:
            for item in problems:
                self._mistake(row, item)
        elif event is not None:
            self._add_answer(replace(row, when=when), sample, event, label)

    def _begins_with_name(self, row: Row) -> bool:
        cell = row.commented_cell
        return bool(self.samples.name_candidates(cell)) or self.labels.is_known(cell)

    def _pass_over(self, row: Row) -> None:
        """Note a row that was commented out; if it names a sample of the pool, its answer is awaited."""
        self.notices[Notice.COMMENTED_ROWS].append(f"line {row.number}")
        row = without_answer(row)
        if any(map(self.samples.knows, self._sample_candidates(row))):
            self._await(row)

    def _annotator_problem(self, row: Row) -> str | None:
        if problem := name_problem(row.who):
            return f"{row.who_key} {problem}"
        name = self._annotator(row)
        if row.unterminated_field == "who":
            names = {draft.who for draft, _ in self.drafts.values()} | (self._annotators if name else set())
            is_new = (name or self.who) not in names
            if is_new and (problem := cut_off_problem("the annotator", name, sorted(names))):
                return problem
        if name not in self._annotators and (whole_name := whole_text(name, sorted(self._annotators))):
            return f"the annotator {name!r} may be {whole_name!r} with {LOSS_PROBLEM}"
        return None

    def _annotator(self, row: Row) -> str:
        name = _plain(row.who)
        return name if name in self._annotators else annotator_name(name)

    @cached_property
    def _annotators(self) -> set[str]:
        return {who for _, who, _, _ in self.past_answers}

    def _await(self, row: Row) -> None:
        """Count a row without an answer, unless the name of its sample shows that columns were exchanged."""
        try:
            self.named_samples.note_awaited(row)
        except WrongCellError as error:
            self._mistake(row, error)
            return
        self.awaited += 1
        who, samples = self._annotator(row) or self.who, self._sample_candidates(row)
        if len(samples) == 1 and not row.is_correction:
            sample = samples.pop()
            if (sample, who) in self._past_samples:
                self.notices[Notice.BLANK_ROWS].append(repr(self.named_samples.name(row, sample)))

    def _sample_candidates(self, row: Row) -> set[str]:
        samples = self.samples.name_candidates(row.name, row.may_lack_ending) if row.name else set()
        if self.samples.has_stable_rows:
            samples |= self.samples.row_candidates(row.index)
        return {row.content, plain_sample(row.sample), *samples} - {""}

    @cached_property
    def _past_samples(self) -> set[tuple[str, str]]:
        return {(sample, who) for sample, who, _, _ in self.past_answers}

    @cached_property
    def _past_opinions(self) -> set[tuple[str, str, str]]:
        return {(sample, event, label) for sample, _, event, label in self.past_answers}

    def _is_past_answer(self, row: Row) -> bool:
        label = normal_form(row.label)
        opinions = {(Event.LABEL, label), (row.event or mark_event(label), "")}
        who = self._annotator(row) or self.who
        return any(
            (sample, who, event, text) in self.past_answers
            for sample in self._past_candidates(row)
            for event, text in opinions
        )

    def _past_candidates(self, row: Row) -> set[str]:
        """Return the samples that a row may have named when it was taken in."""
        has_only_number = not (row.sample or row.name or row.content)
        numbered = self.samples.past_row_candidates(row.index) if has_only_number else set[str]()
        return self._sample_candidates(row) | numbered

    def _add_answer(self, row: Row, sample: str, event: Event, label: str) -> None:
        kind = partial(Correction, is_listed=row.is_listed) if row.is_correction else Draft
        note = _plain(row.note)
        is_formula = note.startswith(FORMULA_STARTS)  # a spreadsheet would run it when it opens the ledger
        draft = kind(
            event=event,
            sample=sample,
            source=self.samples.source(sample),
            who=self._annotator(row) or self.who,
            batch=_plain(row.batch),
            label=label,
            note=f"'{note}" if is_formula else note,
            when=row.when,
        )
        if row.who and draft.who != normal_form(_plain(row.who)):
            self.notices[Notice.INVISIBLE_LETTERS].append(f"{row.who!a} is {draft.who!r}")
        is_new = (sample, draft.who, event, label) not in self.past_answers
        if is_new and is_formula:
            self.notices[Notice.FORMULAS].append(row.place)
        # Each annotator has an answer to a sample, but all together have one decision.
        key = ("" if row.is_correction else draft.who, sample)
        earlier, earlier_row = self.drafts.setdefault(key, (draft, row))
        is_same = earlier.opinion == draft.opinion
        if draft.when and earlier.when and draft.when != earlier.when:
            self.drafts[key] = max((draft, row), (earlier, earlier_row), key=lambda answer: answer[0].when)
            if not is_same:
                self.notices[Notice.REPEATED_ANSWERS].append(repr(draft.source))
        elif not is_same:
            if changed := changed_correction(earlier, draft, self._past_opinions, self.standing):
                self.drafts[key] = (draft, row) if changed is draft else (earlier, earlier_row)
                return
            self.unclear.add(key)
            draft, earlier = (
                replace(answer, source=self.named_samples.name(answer_row, sample))
                for answer, answer_row in ((draft, row), (earlier, earlier_row))
            )
            self._mistake(row, contradiction(draft, earlier, earlier_row.place))

    def _mistake(self, row: Row, problem: str | WrongCellError) -> None:
        """Note a mistake, without its hint if the message has enough others before it."""
        is_shown = self.num_mistakes < MAX_LISTED
        text = problem.plain if isinstance(problem, WrongCellError) and not is_shown else str(problem)
        self.num_mistakes += 1
        self.mistakes.append(Mistake(row.number, f"{row.place}: {text}"))


def _plain(text: str) -> str:
    """Return a text in one line, with blanks in place of control characters."""
    return " ".join("".join(" " if has_control(letter) else letter for letter in text).split())
