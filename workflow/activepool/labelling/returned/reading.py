"""The files that came back, read one after the other, with their mistakes and notices."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from activepool.data.annotations import shortened
from activepool.errors import InputError, first_few
from activepool.io.files import file_digest
from activepool.labelling.returned.cache import ReturnedCache, signature_of
from activepool.labelling.returned.files import ANNOTATOR, read_file
from activepool.labelling.returned.report import ReturnedFile, copy_notice, new_class_notice
from activepool.ledger.entries import Correction, Draft
from activepool.ledger.formats.annotators import WHO_FILE
from activepool.ledger.formats.answers import answers_of
from activepool.ledger.formats.program_lists import PastAnswer
from activepool.ledger.formats.typed_classes import ClassNames, NewClass
from activepool.ledger.intake import Intake, Outcome, outdated_notice
from activepool.ledger.messages import contradiction
from activepool.ledger.pool_samples import PoolSamples


@dataclass
class Reading:
    """Reads the files, one after the other.

    Attributes:
        standing: the labelled samples, each with its class.
        is_forgotten: whether ``cache`` is lost: results/ was deleted, or another version read the files.
        classes: of the ledger, and of answers that the ledger never had: a name in an old file that was
            corrected since does not count.
        new_classes: by name, those that are not in the ledger now, also from old files.
        digests: the file of each content.
        copies, new_copies: of each file that is read, the others, and new others, with its content.
    """

    samples: PoolSamples
    classes: list[str]
    may_grow: bool
    past_answers: set[PastAnswer]
    standing: set[tuple[str, str]]
    cache: ReturnedCache
    is_forgotten: bool
    mistakes: list[str]
    notices: list[str]
    new_classes: dict[str, NewClass] = field(default_factory=dict)
    files: list[ReturnedFile] = field(default_factory=list)
    digests: dict[str, Path] = field(default_factory=dict)
    copies: dict[Path, list[Path]] = field(default_factory=dict)
    new_copies: dict[Path, list[Path]] = field(default_factory=dict)

    def add(self, path: Path) -> None:
        """Read a file, and note its mistakes."""
        try:
            signature = signature_of(path)
            cached = self.cache.get(path, signature)
            digest = cached.digest if cached else "" if path.is_dir() else file_digest(path)
            if digest and digest in self.digests:
                self.copies.setdefault(self.digests[digest], []).append(path)
                if not self.cache.keep_copy(path, signature):
                    self.new_copies.setdefault(self.digests[digest], []).append(path)
                return
            self.digests[digest] = path
            read = cached or read_file(path, digest)
            places = {name: entry.place for name, entry in self.new_classes.items() if name in self.classes}
            names, past = ClassNames(self.classes, self.may_grow, places), self.past_answers
            answers = answers_of(path, read.parsed, self.samples, names, ANNOTATOR, past, self.standing)
        except InputError as error:
            self.mistakes += error.args
            return
        except OSError as error:
            self.mistakes.append(f"{path}: cannot be read ({error.strerror})")
            return
        self.cache.keep(path, signature, read)
        self.files.append(ReturnedFile(path, answers, cached is None, read.late))
        self.mistakes += shortened(list(answers.mistakes))
        self.new_classes |= answers.new_classes
        fresh_labels = {
            draft.label
            for draft in answers.drafts
            if (draft.sample, draft.who, *draft.opinion) not in self.past_answers
        }
        self.classes += [name for name in answers.new_classes if name in fresh_labels]

    def share_out(self, outcomes: Sequence[Outcome]) -> None:
        """Give each file the outcomes of its answers.

        If the cache is lost, a file without new answers counts as read before.
        """
        remaining = iter(outcomes)
        for file in self.files:
            file.outcomes = [next(remaining) for _ in file.answers.drafts]
            if self.is_forgotten:
                file.is_first_seen &= Outcome.NEW in file.outcomes

    def labels_of_new_classes(self) -> dict[str, Counter[str]]:
        """Return the number of new labels of each new class, by class and file."""
        counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for file in self.files:
            for draft in file.new_answers:
                if draft.label in self.new_classes:
                    counts[draft.label][str(file.path)] += 1
        return counts

    def file_notices(self, new_classes: Mapping[str, Mapping[str, int]]) -> list[str]:
        """Return the notices of the folder, of new files and copies, and of new classes with their labels."""
        lines = [line for file in self.files if file.is_first_seen for line in file.answers.notices]
        lines += [copy_notice(path, copies) for path, copies in self.new_copies.items()]
        for name, labels in new_classes.items():
            lines.append(new_class_notice(name, self.new_classes[name].hint, labels))
        return [*self.notices, *lines]

    @property
    def drafts(self) -> list[Draft]:
        """The answers of all files."""
        return [draft for file in self.files for draft in file.answers.drafts]

    def require_clear(self, intake: Intake) -> None:
        """Note a mistake for each sample with two different new answers of one annotator.

        If both have times, the later one counts; two answers of the same time are a mistake, even if one of
        them is in the ledger.
        """
        drafts, places = self.drafts, [place for file in self.files for place in file.answers.places]
        first_numbers: dict[tuple[str, str], int] = {}
        place_by_time: dict[tuple[str, str, str], str] = {}
        for number, (draft, place) in enumerate(zip(drafts, places, strict=True)):
            key = ("" if isinstance(draft, Correction) else draft.who, draft.sample)
            if clash := intake.clashes.get(number):
                earlier_place = place_by_time.get((*key, draft.when), f"entry {clash.number} of the ledger")
                problem = contradiction(self._as_named(number), clash, earlier_place)
                self.mistakes.append(
                    f"{place}: {problem}, for both are of {draft.when}; or empty 'when' in the row that was "
                    "changed"
                )
            if intake.outcomes[number] != Outcome.NEW:
                continue
            place_by_time[(*key, draft.when)] = place
            first = first_numbers.setdefault(key, number)
            earlier = drafts[first]
            if earlier.opinion != draft.opinion and not (earlier.when and draft.when):
                problem = contradiction(self._as_named(number), self._as_named(first), places[first])
                self.mistakes.append(
                    f"{place}: {problem}; if two people answered, name them: a CSV in the column 'who', a "
                    f"folder in the file {WHO_FILE}"
                )

    def _as_named(self, number: int) -> Draft:
        for file in self.files:
            if number < len(file.answers.drafts):
                return file.answers.as_named(number)
            number -= len(file.answers.drafts)
        raise IndexError(number)

    def outdated_notices(self, folder: str | Path) -> list[str]:
        """Return a line for each file with outdated answers, if the file or a copy of it is new.

        An answer without a time may return to an old one on purpose: if it had been replaced before its file
        came, each run repeats the line. If the cache is lost, one line names the corrections of all files.
        """
        lines, undated = [], list[Draft]()
        for file in self.files:
            outcomes = enumerate(file.outcomes)
            numbers = [number for number, outcome in outcomes if outcome == Outcome.OUTDATED]
            outdated = [file.answers.as_named(number) for number in numbers]
            if self.is_forgotten and not file.is_first_seen:
                corrections = [draft for draft in outdated if isinstance(draft, Correction)]
                undated += [draft for draft in corrections if not _is_surely_old(draft)]
                continue
            if file.is_first_seen or file.path in self.new_copies:
                late = [draft.sample for draft in outdated if not _is_surely_old(draft)]
                self.cache.note_late(file.path, late)
            else:
                outdated = [draft for draft in outdated if draft.sample in file.late]
            if outdated:
                copies = self.copies.get(file.path, ())
                place = first_few([file.path, *(copy.name for copy in copies)])
                lines.append(outdated_notice(place, outdated))
        return [*lines, outdated_notice(folder, undated)] if undated else lines


def _is_surely_old(draft: Draft) -> bool:
    """Return whether an answer has a time, or is an unchanged label in a list of the program."""
    return bool(draft.when) or (isinstance(draft, Correction) and draft.is_listed)
