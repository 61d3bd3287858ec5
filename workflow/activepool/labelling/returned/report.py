"""Lines for a person about the files that came back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from activepool.data.class_names import alike_pairs
from activepool.errors import first_few
from activepool.ledger.entries import Correction, Draft, Entry
from activepool.ledger.formats.answers import Answers
from activepool.ledger.intake import Outcome, is_decision
from activepool.ledger.state import SampleState


@dataclass
class ReturnedFile:
    """A file or folder that came back, its answers, and the outcome of each.

    ``is_first_seen``: whether the file is new or has changed; ``late`` is that of `ReadFile`.
    """

    path: Path
    answers: Answers
    is_first_seen: bool
    late: Sequence[str]
    outcomes: Sequence[Outcome] = ()

    @property
    def new_answers(self) -> list[Draft]:
        """The answers that the ledger lacked."""
        pairs = zip(self.answers.drafts, self.outcomes, strict=True)
        return [draft for draft, outcome in pairs if outcome == Outcome.NEW]

    @property
    def num_known(self) -> int:
        """The number of answers that the ledger had."""
        return self.outcomes.count(Outcome.KNOWN) + self.answers.num_past_mistakes

    def line(self, is_dry: bool) -> str:
        """Return what became of the file."""
        corrections = sum(isinstance(draft, Correction) for draft in self.new_answers)
        labels, outdated = len(self.new_answers) - corrections, self.outcomes.count(Outcome.OUTDATED)
        counts = {
            _count_of_new(labels, "answer", is_dry): labels,
            _count_of_new(corrections, "correction", is_dry): corrections,
            f"{self.num_known} known": self.num_known,
            f"{outdated} replaced since": outdated,
            f"{self.answers.awaited} awaited": self.answers.awaited,
        }
        return f"{self.path}: {', '.join(text for text, count in counts.items() if count) or 'nothing in it'}"


@dataclass(frozen=True)
class IntakeReport:
    """The result of an intake: the files, and the new entries."""

    folder: str
    files: tuple[ReturnedFile, ...]
    entries: tuple[Entry, ...]
    new_classes: tuple[str, ...]
    notices: tuple[str, ...]

    def lines(self, is_dry: bool = False) -> list[str]:
        """Return a line for each file that brings something new, and one for all others."""
        lines = [file.line(is_dry) for file in self.files if file.new_answers or file.is_first_seen]
        if num_known := len(self.files) - len(lines):
            lines.append(f"{self.folder}: {_count(num_known, 'file')} taken in before")
        return lines


def replaced_notice(
    ledger: object, earlier: Sequence[Entry], disputed: Sequence[SampleState], additions: Sequence[Entry]
) -> list[str]:
    """Return a line about answers that replace others, also of ``disputed`` samples, if there are any."""
    entries = {entry.number: entry for entry in (*earlier, *additions)}
    disputes = {sample.sample: sample for sample in disputed}
    changes = []
    for entry in additions:
        if not entry.is_answer or entry.replaces is None:
            continue
        is_repeated = entries[entry.replaces].opinion == entry.opinion and not is_decision(entry)
        if (dispute := disputes.get(entry.sample)) and not is_repeated:
            opinions = sorted({answer.words for answer in dispute.opinions.values()})
            changes.append(f"disputed {entry.source!r} ({', '.join(opinions)}) is now {entry.words}")
        elif entries[entry.replaces].opinion != entry.opinion:
            changes.append(f"{entry.source!r} from {entries[entry.replaces].words} to {entry.words}")
    return [f"{ledger}: answers that replace earlier ones: {first_few(changes)}"] if changes else []


def copy_notice(path: object, copies: Sequence[object]) -> str:
    """Return a line about copies of a file that was read."""
    return f"{first_few(copies)}: {'are' if len(copies) > 1 else 'is'} the same as {path}; read once"


def new_class_notice(name: str, hint: str, labels: Mapping[str, int]) -> str:
    """Return a line about a new class, with the number of its new ``labels`` by file."""
    notice = f"{first_few(labels)}: the class {name!r} is new ({_count(sum(labels.values()), 'label')})"
    return f"{notice}; {hint}" if hint else notice


def look_alike_notices(earlier: Sequence[Entry], additions: Sequence[Entry]) -> list[str]:
    """Return a line for each new annotator whose name is spelled almost like another's."""
    known_names = dict.fromkeys(entry.who for entry in earlier)
    pairs = alike_pairs([*known_names, *(entry.who for entry in additions)])
    return [
        f"the annotator {name!a} is spelled almost like {namesake!a}, and each has a vote; if they are one "
        "person, write the name in one way"
        for namesake, name in dict.fromkeys(pairs)
        if name not in known_names
    ]


def printable(line: str) -> str:
    """Return a line with escapes for unprintable characters, as names of files may have them."""
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in line)


def _count_of_new(number: int, name: str, is_dry: bool) -> str:
    return f"{_count(number, name)} would be new" if is_dry else _count(number, f"new {name}")


def _count(number: int, name: str) -> str:
    return f"{number} {name}{'s' * (number != 1)}"
