"""Labels back from people: what lies in the folder ``returned``, whatever tool wrote it, into the ledger.

All files are read before any is taken, and one mistake in one of them keeps all of them out. A file may lie
there for ever: what the ledger has is not entered again.
"""

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from activepool.data.annotations import shortened
from activepool.errors import InputError, first_few
from activepool.io.files import file_digest
from activepool.labelling.returned.cache import ReturnedCache, signature_of
from activepool.labelling.returned.files import ANNOTATOR, label_files, read_file
from activepool.labelling.returned.report import (
    Intake,
    ReturnedFile,
    alike_notices,
    copy_notice,
    new_class_notice,
    printable,
    replaced_notice,
)
from activepool.ledger.book import read as read_ledger
from activepool.ledger.entries import Correction, Draft, Entry
from activepool.ledger.formats.annotator_file import NAME as WHO_FILE
from activepool.ledger.formats.answers import Answers, answers_of
from activepool.ledger.formats.program_lists import Given
from activepool.ledger.formats.typed_classes import ClassNames, NewClass
from activepool.ledger.intake import Outcome, Taken, outdated_notice, plan, take_in
from activepool.ledger.messages import contradiction
from activepool.ledger.pool_samples import PoolSamples
from activepool.ledger.state import state_of


def take_in_returned(
    folder: str | Path,
    ledger: str | Path,
    samples: PoolSamples,
    classes: Sequence[str],
    may_grow: bool,
    cache: str | Path,
    check: Callable[[Sequence[Entry]], None] = lambda new: None,
    dry: bool = False,
) -> Intake:
    """Enter into the ledger what came back from people: everything that lies in a folder, or nothing.

    Args:
        folder: what people return; it may be missing.
        samples: of the pool, with the entries of the ledger.
        classes: of the configuration; those of earlier labels are known as well.
        may_grow: whether another label is a new class, and not a mistake.
        cache: JSON of what was read before; it may be missing.
        check: called with the new entries before they are entered; it may raise an error instead.
        dry: whether to write nothing, and return what would be entered.

    Raises: InputError with a line for each mistake of all files, and if the ledger cannot be read.
    """
    before = read_ledger(ledger).entries
    given = {(entry.sample, entry.who, *entry.opinion) for entry in before if entry.is_answer}
    state = state_of(before, classes)
    memory = ReturnedCache(Path(cache))
    found = label_files(Path(folder))
    reading = _Reading(
        samples,
        list(state.classes),
        may_grow,
        given,
        set((state.training_labels | state.audit_labels).items()),
        memory,
        is_forgotten=memory.is_empty and bool(given),
        mistakes=found.mistakes,
        notices=found.notices,
    )
    for path in found.paths:
        reading.add(path)
    taken = planned = plan(before, reading.drafts)
    reading.require_clear(taken)
    if reading.mistakes:
        nothing = f"{folder}: nothing was taken in; correct these mistakes, and run again"
        raise InputError(*map(printable, [*reading.mistakes, nothing]))
    check(taken.entries)
    if taken.entries and not dry:
        taken = take_in(ledger, reading.drafts)
    reading.share_out(taken.outcomes)
    new_classes = reading.labels_of_new_classes()
    notices = [
        *reading.notices,
        *(line for source in reading.sources if source.is_first_seen for line in source.answers.notices),
        *(copy_notice(path, copies) for path, copies in reading.new_copies.items()),
        *(
            new_class_notice(name, reading.new_classes[name].hint, labels)
            for name, labels in new_classes.items()
        ),
        *replaced_notice(ledger, before, state.disputed, taken.entries),
        *alike_notices(before, taken.entries),
        *planned.notices,  # those of the ledger itself are for who reads it first
        *reading.outdated_notices(folder),
    ]
    if not dry:
        memory.save()
    files = tuple(source.report() for source in reading.sources)
    lines = tuple(map(printable, notices))
    return Intake(str(folder), files, taken.entries, tuple(new_classes), lines, dry)


@dataclass
class _Source:
    """A file, its tool, and what people answered in it; ``outcomes`` say what became of each answer."""

    path: Path
    tool: str
    answers: Answers
    is_first_seen: bool
    late: Sequence[str]
    outcomes: Sequence[Outcome] = ()

    @property
    def new(self) -> list[Draft]:
        """The answers that the ledger lacked."""
        pairs = zip(self.answers.drafts, self.outcomes, strict=True)
        return [draft for draft, outcome in pairs if outcome == Outcome.NEW]

    def report(self) -> ReturnedFile:
        """Return what became of the file."""
        new = self.new
        return ReturnedFile(
            path=str(self.path),
            tool=self.tool,
            new=len(new),
            known=self.outcomes.count(Outcome.KNOWN) + self.answers.known,
            outdated=self.outcomes.count(Outcome.OUTDATED),
            corrections=sum(isinstance(draft, Correction) for draft in new),
            awaited=self.answers.awaited,
            is_first_seen=self.is_first_seen,
        )


@dataclass
class _Reading:
    """The files as they are read, one after the other.

    Attributes:
        given: answers that the ledger has, or had.
        standing: the labelled samples, each with its class.
        is_forgotten: whether ``memory`` is lost: results/ was deleted, or another version read the files.
        classes: those of the ledger, and those that answers brought which it never had: a name that was
            corrected since, and stands in an old file, is none.
        new_classes: by name, those that are not in the ledger now, also from old files.
        digests: the file of each content.
        copies: by the file that is read, those with the same content.
        new_copies: those of them that were not there before.
    """

    samples: PoolSamples
    classes: list[str]
    may_grow: bool
    given: set[Given]
    standing: set[tuple[str, str]]
    memory: ReturnedCache
    is_forgotten: bool
    mistakes: list[str]
    notices: list[str]
    new_classes: dict[str, NewClass] = field(default_factory=dict)
    sources: list[_Source] = field(default_factory=list)
    digests: dict[str, Path] = field(default_factory=dict)
    copies: dict[Path, list[Path]] = field(default_factory=dict)
    new_copies: dict[Path, list[Path]] = field(default_factory=dict)

    def add(self, path: Path) -> None:
        """Read a file, and note its mistakes."""
        try:
            signature = signature_of(path)
            remembered = self.memory.get(path, signature)
            digest = remembered.digest if remembered else "" if path.is_dir() else file_digest(path)
            if digest and digest in self.digests:
                self.copies.setdefault(self.digests[digest], []).append(path)
                if not self.memory.keep_copy(path, signature):
                    self.new_copies.setdefault(self.digests[digest], []).append(path)
                return
            self.digests[digest] = path
            read = remembered or read_file(path, digest)
            places = {name: new.place for name, new in self.new_classes.items() if name in self.classes}
            classes = ClassNames(self.classes, self.may_grow, places)
            answers = answers_of(
                path, read.parsed, self.samples, classes, ANNOTATOR, self.given, self.standing
            )
        except InputError as error:
            self.mistakes += error.args
            return
        except OSError as error:
            self.mistakes.append(f"{path}: cannot be read ({error.strerror})")
            return
        self.memory.keep(path, signature, read)
        self.sources.append(_Source(path, read.tool, answers, remembered is None, read.late))
        self.mistakes += shortened(list(answers.mistakes))
        self.new_classes |= answers.new_classes
        never_given = {
            draft.label
            for draft in answers.drafts
            if (draft.sample, draft.who, draft.event, draft.label) not in self.given
        }
        self.classes += [name for name in answers.new_classes if name in never_given]

    def share_out(self, outcomes: Sequence[Outcome]) -> None:
        """Give each file the outcomes of its answers.

        If nobody knows what was read before, a file that brings nothing new was.
        """
        remaining = iter(outcomes)
        for source in self.sources:
            source.outcomes = list(itertools.islice(remaining, len(source.answers.drafts)))
            if self.is_forgotten:
                source.is_first_seen &= Outcome.NEW in source.outcomes

    def labels_of_new_classes(self) -> dict[str, dict[str, int]]:
        """Return how many new labels of each new class each file has, by class and file."""
        found: dict[str, dict[str, int]] = {}
        for source in self.sources:
            for draft in source.new:
                if draft.label in self.new_classes:
                    labels = found.setdefault(draft.label, {})
                    labels[str(source.path)] = labels.get(str(source.path), 0) + 1
        return found

    @property
    def drafts(self) -> list[Draft]:
        """The answers of all files."""
        return [draft for source in self.sources for draft in source.answers.drafts]

    def require_clear(self, taken: Taken) -> None:
        """Note a mistake for each sample about which an annotator says two new things.

        If both have times, the later counts; two answers of the same time are a mistake, also if the ledger
        has one of them.
        """
        drafts, places = self.drafts, [place for one in self.sources for place in one.answers.places]
        first: dict[tuple[str, str], int] = {}
        timed: dict[tuple[str, str, str], str] = {}
        for number, (draft, place) in enumerate(zip(drafts, places, strict=True)):
            key = ("" if isinstance(draft, Correction) else draft.who, draft.sample)
            if clash := taken.clashes.get(number):
                other = timed.get((*key, draft.when), f"entry {clash.number} of the ledger")
                problem = contradiction(self._as_named(number), clash, other)
                self.mistakes.append(
                    f"{place}: {problem}, for both are of {draft.when}; or empty 'when' in the row that was "
                    "changed"
                )
            if taken.outcomes[number] != Outcome.NEW:
                continue
            timed[(*key, draft.when)] = place
            earlier = first.setdefault(key, number)
            before = drafts[earlier]
            is_same = (before.event, before.label) == (draft.event, draft.label)
            if not is_same and not (before.when and draft.when):
                problem = contradiction(self._as_named(number), self._as_named(earlier), places[earlier])
                self.mistakes.append(
                    f"{place}: {problem}; if two people answered, name them: a CSV in the column 'who', a "
                    f"folder in the file {WHO_FILE}"
                )

    def _as_named(self, number: int) -> Draft:
        """Return one of `drafts` with the name that its file has."""
        numbered = ((one.answers, own) for one in self.sources for own in range(len(one.answers.drafts)))
        answers, own = next(itertools.islice(numbered, number, None))
        return answers.as_named(own)

    def outdated_notices(self, folder: str | Path) -> list[str]:
        """Return a line for each file with answers that are not entered, if it is new, or a copy of it is.

        An answer without a time may be an old one, or go back to one on purpose. If it had been replaced when
        its file came, the line comes again in each run, until the answer counts or is removed. If nobody
        knows what came when, one line names the corrections of all files.
        """
        lines, forgotten = [], list[Draft]()
        for source in self.sources:
            outcomes = enumerate(source.outcomes)
            numbers = [number for number, outcome in outcomes if outcome == Outcome.OUTDATED]
            outdated = [source.answers.as_named(number) for number in numbers]
            if self.is_forgotten and not source.is_first_seen:
                corrections = [draft for draft in outdated if isinstance(draft, Correction)]
                forgotten += [draft for draft in corrections if not _is_surely_old(draft)]
                continue
            if source.is_first_seen or source.path in self.new_copies:
                late = [draft.sample for draft in outdated if not _is_surely_old(draft)]
                self.memory.note_late(source.path, late)
            else:
                outdated = [draft for draft in outdated if draft.sample in source.late]
            if outdated:
                copies = self.copies.get(source.path, ())
                place = first_few([source.path, *(copy.name for copy in copies)])
                lines.append(outdated_notice(place, outdated))
        return [*lines, outdated_notice(folder, forgotten)] if forgotten else lines


def _is_surely_old(draft: Draft) -> bool:
    """Return whether an answer has its time, or is a label in a list of the program that nobody changed."""
    return bool(draft.when) or (isinstance(draft, Correction) and draft.is_listed)
