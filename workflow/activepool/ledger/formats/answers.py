"""From the rows of a label file to answers about samples of the pool, with all mistakes at once."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from activepool.data.annotations import shortened
from activepool.errors import InputError
from activepool.ledger.classes import unseen_form
from activepool.ledger.entries import Correction, Draft, Event, has_control
from activepool.ledger.formats.class_folders import ClassFolders
from activepool.ledger.formats.rows import Mistake, Parsed, Row, mark
from activepool.ledger.formats.typed_classes import ClassNames, NewClass, TypedClasses, WrongLabelError
from activepool.ledger.image_root import is_absolute, is_on_server
from activepool.ledger.pool_samples import PoolSamples, UnknownSampleError, plain_sample

#: An answer that somebody gave: the sample, who, the event and the label.
Given = tuple[str, str, str, str]


@dataclass(frozen=True)
class Answers:
    """What people answered in a label file.

    Attributes:
        drafts: the answers, one for each annotator and sample; for `intake.take_in`.
        places: where each stands.
        awaited: how many rows have no answer yet.
        known: how many rows would be a mistake today, but were taken before.
        new_classes: by name, those that no label had before.
        notices: what a person should know, a line each.
        mistakes: the rows that were left out, a line each; empty unless that was asked for.
    """

    drafts: tuple[Draft, ...]
    places: tuple[str, ...]
    awaited: int
    known: int
    new_classes: Mapping[str, NewClass]
    notices: tuple[str, ...]
    mistakes: tuple[str, ...]


def answers_of(
    path: str | Path,
    parsed: Parsed,
    samples: PoolSamples,
    classes: ClassNames,
    who: str,
    skip_bad: bool,
    given: Collection[Given] = (),
) -> Answers:
    """Return the answers that the rows of a file give.

    Args:
        path: the file, for messages.
        parsed: its rows.
        samples: of the pool.
        classes: that labels may name.
        who: the annotator, where the file names none.
        skip_bad: whether to leave out what is wrong; else one mistake and nothing is taken.
        given: answers that were taken before. None of them is a mistake, whatever became of its image and
            its class since.

    Raises: InputError with a line for each mistake, or if the file has no row.
    """
    reading = _Reading(samples, TypedClasses(classes), who, given, list(parsed.mistakes))
    folders = ClassFolders(parsed.rows, samples, reading.labels)
    for row, problem in [(folders.labelled(row), folders.problem(row)) for row in parsed.rows]:
        reading.add(row, problem)
    mistakes = [mistake.text for mistake in sorted(reading.mistakes, key=lambda mistake: mistake.number)]
    if not parsed.rows and not mistakes:
        raise InputError(f"{path}: has no sample in it; export the batch again")
    if mistakes and not skip_bad:
        raise InputError(
            *shortened(mistakes), f"{path}: nothing was taken from this file, for it has mistakes"
        )
    clear = [found for key, found in reading.drafts.items() if key not in reading.unclear]
    return Answers(
        drafts=tuple(draft for draft, _ in clear),
        places=tuple(row.place for _, row in clear),
        awaited=reading.awaited,
        known=reading.known,
        new_classes=reading.labels.new_classes(path),
        notices=(*parsed.notices, *reading.notices(path)),
        mistakes=tuple(mistakes),
    )


@dataclass
class _Reading:
    """The answers of a file, row after row."""

    samples: PoolSamples
    labels: TypedClasses
    who: str
    given: Collection[Given]
    mistakes: list[Mistake]
    awaited: int = 0
    known: int = 0
    drafts: dict[tuple[str, str], tuple[Draft, Row]] = field(default_factory=dict)
    unclear: set[tuple[str, str]] = field(default_factory=set)
    beginning: tuple[str, Row] | None = None
    elsewhere: Counter[str] = field(default_factory=Counter)

    def add(self, row: Row, problem: str | None) -> None:
        """Take a row, which may have a problem, for an answer, an awaited one, or a mistake."""
        problems = [problem] if problem else []
        event, label, sample = None, "", ""
        try:
            if not problems:
                event, label = self.labels.read(row)
        except WrongLabelError as error:
            problems.append(str(error))
        if event is None and not problems:
            self._await(row)
            return
        try:
            sample = self._sample(row)
        except UnknownSampleError as error:
            problems.append(str(error))
        if problems and self._was_taken(row):
            self.known += 1
        elif event is not None and sample:
            self._add_answer(row, sample, event, label)
        for text in [] if problems and self._was_taken(row) else problems:
            self._mistake(row, text)

    def _await(self, row: Row) -> None:
        """Count a row without an answer; what should name its sample may show that columns were mixed up."""
        try:
            if row.sample:
                self.samples.by_content(row.sample)
            self.awaited += 1
        except UnknownSampleError as error:
            self._mistake(row, str(error))

    def _was_taken(self, row: Row) -> bool:
        """Return whether the answer was taken for any of the samples that the row may name."""
        label = unseen_form(row.label)
        opinions = {(Event.LABEL, label), (row.event or mark(label), "")}
        named = self.samples.may_be_named(row.name, row.may_lack_ending) if row.name else set()
        if self.samples.has_stable_rows:
            named |= self.samples.may_be_row(row.index)
        who = _plain(row.who) or self.who
        return any(
            (sample, who, event, text) in self.given
            for sample in {row.content, plain_sample(row.sample), *named}
            for event, text in opinions
        )

    def _add_answer(self, row: Row, sample: str, event: Event, label: str) -> None:
        draft = (Correction if row.is_correction else Draft)(
            event=event,
            sample=sample,
            source=self.samples.source(sample),
            who=_plain(row.who) or self.who,
            batch=_plain(row.batch),
            label=label,
            note=_plain(row.note),
            when=row.when,
        )
        # Everybody has an answer to a sample, but all together have one decision.
        key = ("" if row.is_correction else draft.who, sample)
        before, first = self.drafts.setdefault(key, (draft, row))
        if (before.event, before.label) != (event, label):
            self.unclear.add(key)
            self._mistake(row, contradiction(draft, before, first.place))

    def _sample(self, row: Row) -> str:
        """Return the sample of a row; raises UnknownSampleError if it names none, or two different ones."""
        samples, found = self.samples, {}
        if samples.knows(row.content):
            return row.content
        if row.sample:
            found["sample"] = samples.by_content(row.sample)
        if row.name:
            try:
                found["source"] = self._named(row)
            except UnknownSampleError:
                if not found:  # else the image was renamed since
                    raise
        if row.index and not (samples.has_stable_rows or found):
            raise UnknownSampleError(
                "names its sample by its row alone, and rows move when images are added; give 'source'"
            )
        if row.index and samples.has_stable_rows:
            try:
                found["index"] = samples.by_row(row.index)
            except UnknownSampleError:
                if not row.sample:  # else the row has moved since
                    raise
        elif "sample" not in found and (listed := samples.may_be_row(row.index)):
            found["index"] = listed.pop()
        if not found:
            raise UnknownSampleError("names no sample; give its source")
        if len(set(found.values())) > 1:
            named = ", ".join(f"{key} is {samples.source(sample)!r}" for key, sample in found.items())
            hint = "correct it, or remove the column index" if "index" in found else "correct it"
            raise UnknownSampleError(f"names different samples: {named}; {hint}")
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
            self._require_plausible(row, sample, beginning)
            self.beginning = self.beginning or (beginning, row)
            usual, first = self.beginning
            if beginning != usual:
                raise UnknownSampleError(
                    f"{row.name!r} is {self.samples.source(sample)!r} if paths start from {beginning!r}, but "
                    f"{first.name!r} at {first.place} starts from {usual or 'the image root'!r}; give "
                    "the paths from the image root"
                )
        return sample

    def _require_plausible(self, row: Row, sample: str, beginning: str) -> None:
        """Raise UnknownSampleError unless the beginning of a path may be that of the folder of the images."""
        root = self.samples.root
        if not beginning or (root is not None and root.is_beginning(beginning)):
            return
        is_copy = is_on_server(row.name) or (row.may_be_copied and is_absolute(row.name))
        if not is_copy and not (root is not None and root.may_be_beginning(beginning)):
            folder = f", which is not the folder of the images{f', {root.name!r}' if root else ''}"
            raise UnknownSampleError(
                f"{row.name!r} would be {self.samples.source(sample)!r} if paths start from {beginning!r}"
                f"{folder}; if it is that image, give its path from the image root"
            )
        self.elsewhere[beginning] += 1

    def notices(self, path: str | Path) -> list[str]:
        """Return what a person should know of where the answers belong, a line each."""
        return [
            f"{path}: paths start from {beginning!r}, which is taken for the folder of the images: {count}"
            for beginning, count in self.elsewhere.items()
        ]

    def _mistake(self, row: Row, text: str) -> None:
        self.mistakes.append(Mistake(row.number, f"{row.place}: {text}"))


def _plain(text: str) -> str:
    """Return a text in one line, with blanks for what is no part of a text."""
    return " ".join("".join(" " if has_control(letter) else letter for letter in text).split())


def contradiction(draft: Draft, before: Draft, place: str) -> str:
    """Say that two answers to a sample do not go together, of which the one before stands at a place."""
    given, other = (repr(answer.label) if answer.label else answer.event for answer in (draft, before))
    return f"{draft.who} says {given} of {draft.source!r}, but {other} at {place}; leave one of them"
