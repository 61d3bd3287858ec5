"""Answers become entries, each once, however often a file is taken in.

A file says what its annotators think at the time of its export, so most of it is known already when it is
taken in again. A new answer replaces the earlier one of the same annotator; the same answer at a later time
is entered as well, because it decides which others are older. What was corrected since does not come back
from an old file. If a sample went out again, an answer to that sending is new, even if its annotator said
the same before.

A correction is a decision: it stands in place of what anybody else said, in the same files and in later ones,
until another correction of the sample is taken in, its annotator answers again, somebody takes it back in the
ledger, or the sample goes out again, for then people are asked again. What others answer to it is entered and
withdrawn at once. In a list of the program that came back as corrections, a label that stands, or stood
before, is none.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from activepool.errors import first_few
from activepool.ledger.book import opened
from activepool.ledger.entries import Correction, Draft, Entry, Event, as_entry, now
from activepool.ledger.state import leading_opinions, standing_numbers

#: What the note of a decision begins with.
DECISION = "correction"


class Outcome(StrEnum):
    """What became of an answer.

    It is new; the ledger had it; its annotator has said something else since, or something else at the very
    same time, so that nobody can tell which of them counts.
    """

    NEW = "new"
    KNOWN = "known"
    OUTDATED = "outdated"
    CLASHING = "clashing"


@dataclass(frozen=True)
class Taken:
    """What became of some answers: the new ``entries``, and the outcome of each answer.

    Attributes:
        clashes: by the number of an answer that clashes, the entry that it contradicts; it is not entered.
        notices: what a person should know, a line each.
    """

    entries: tuple[Entry, ...]
    outcomes: tuple[Outcome, ...]
    clashes: Mapping[int, Entry]
    notices: tuple[str, ...]


def take_in(path: str | Path, drafts: Sequence[Draft]) -> Taken:
    """Enter those answers that the ledger lacks, all of them or none.

    The order of ``drafts`` counts where an annotator has two for a sample. Corrections come after all others.

    Raises: InputError as `book.opened` and `Book.append` do.
    """
    with opened(path) as book:
        planned = plan(book.entries, drafts)
        book.append(planned.entries)
        return replace(planned, notices=(*book.notices, *planned.notices))


def plan(entries: Sequence[Entry], drafts: Sequence[Draft]) -> Taken:
    """Return what `take_in` would enter into a ledger with these entries."""
    planned = _Plan(entries)
    outcomes = planned.add_all(drafts)
    return Taken(tuple(planned.new), tuple(outcomes), planned.clashes, tuple(planned.notices))


def outdated_notice(place: object, outdated: Sequence[Draft]) -> str:
    """Return what a person should know about outdated answers in a file."""
    sources = dict.fromkeys(repr(draft.source) for draft in outdated)
    return (
        f"{place}: answers that later ones replaced are not taken again: {first_few(sources)}; to go "
        "back to one, give it as a correction with the time: in a CSV with the columns source, correction "
        f"and when, such as {now()}; otherwise remove it here"
    )


class _Plan:
    """Collects the entries to add to a ledger, with the clashes and notices, for `Taken`."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self.new: list[Entry] = []
        self.clashes: dict[int, Entry] = {}
        self.notices: list[str] = []
        self._time = now()
        self._next_number = len(entries) + 1
        self._answered: dict[str, None] = {}  # samples whose decision must hold
        self._by_sample: defaultdict[str, list[Entry]] = defaultdict(list)
        for entry in entries:
            self._by_sample[entry.sample].append(entry)

    def add_all(self, drafts: Sequence[Draft]) -> list[Outcome]:
        """Add what is new of some answers, and return what became of each."""
        outcomes: dict[int, Outcome] = {}
        # Decisions come after all answers.
        for number, draft in sorted(enumerate(drafts), key=lambda one: isinstance(one[1], Correction)):
            outcome = self._add_decision(draft) if isinstance(draft, Correction) else self._add_answer(draft)
            if outcome == Outcome.OUTDATED and (clash := self._clash(draft)):
                outcome, self.clashes[number] = Outcome.CLASHING, clash
            outcomes[number] = outcome
        for sample in self._answered:
            self._hold_decision(sample)
        return [outcomes[number] for number in range(len(drafts))]

    def _clash(self, draft: Draft) -> Entry | None:
        """Return an answer of the annotator, or a decision, of the same time that says something else."""
        is_correction = isinstance(draft, Correction)
        same_time = [
            entry
            for entry in self._of(draft)
            if draft.when
            and entry.when == draft.when
            and entry.is_answer
            and is_decision(entry) == is_correction
            and (is_correction or entry.who == draft.who)
        ]
        return None if any(_says(entry, draft) for entry in same_time) else next(iter(same_time), None)

    def _add_answer(self, draft: Draft) -> Outcome:
        before = [entry for entry in self._of(draft) if entry.is_answer and entry.who == draft.who]
        last = self._opinions(draft).get(draft.who)
        if not self._is_first_since_sent(draft, before):
            if last is not None and _repeats(last, draft):
                return Outcome.KNOWN
            if before and _is_outdated(draft, before):
                return Outcome.OUTDATED
        self._enter(replace(draft, replaces=last.number if last else draft.replaces))
        self._answered[draft.sample] = None
        return Outcome.NEW

    def _is_first_since_sent(self, draft: Draft, before: list[Entry]) -> bool:
        """Return whether an answer is its annotator's first since the sample last went out.

        The file of an earlier batch stays where it is, so the answer must name the batch, or be later than
        both the sending and all ``before``.
        """
        sending = next((entry for entry in reversed(self._of(draft)) if entry.is_sending), None)
        if sending is None or any(
            entry.number > sending.number or entry.batch == sending.batch for entry in before
        ):
            return False
        return draft.batch == sending.batch or draft.when > max(entry.when for entry in (sending, *before))

    def _add_decision(self, draft: Correction) -> Outcome:
        opinions = self._opinions(draft)
        decisions = [entry for entry in self._of(draft) if is_decision(entry)]
        if decisions and self._is_first_since_sent(draft, decisions):
            return self._decide(draft, opinions)
        own = opinions.get(draft.who)
        if own and (is_decision(own) or draft.is_listed) and _repeats(own, draft) and len(opinions) == 1:
            return Outcome.KNOWN
        if draft.is_listed:
            if leading_opinions(opinions.values()) == [(draft.event, draft.label)]:
                return Outcome.KNOWN
            answers = [entry for entry in self._of(draft) if entry.is_answer]
            is_before = draft.when <= max((entry.when for entry in answers), default="")
            if is_before and any(_says(entry, draft) for entry in answers):
                return Outcome.OUTDATED  # the list has the label of before
        if not decisions or draft.when > decisions[-1].when:
            return self._decide(draft, opinions)
        last = decisions[-1]
        if last in opinions.values() and _is_by_same(last, draft):
            self._answered[draft.sample] = None
            return Outcome.KNOWN
        if draft.when or any(_is_by_same(entry, draft) for entry in decisions):
            return Outcome.OUTDATED
        return self._decide(draft, opinions)

    def _hold_decision(self, sample: str) -> None:
        """Withdraw what others answered since a decision that stands, unless they were asked again."""
        entries = self._by_sample[sample]
        decision = next((entry for entry in reversed(entries) if is_decision(entry)), None)
        if decision is None or decision not in self._opinions(decision).values():
            return
        if any(entry.is_sending and entry.number > decision.number for entry in entries):
            return
        if withdrawn := self._withdraw_others(decision):
            self.notices.append(
                f"{decision.source!r}: a correction stands in place of what others answered since "
                f"({', '.join(sorted(withdrawn))})"
            )

    def _decide(self, draft: Draft, opinions: dict[str, Entry]) -> Outcome:
        """Enter a decision in place of one answer, and withdraw the others."""
        replaced = opinions.get(draft.who) or next(reversed(opinions.values()), None)
        note = f"{DECISION}: {draft.note}" if draft.note else DECISION
        self._enter(replace(draft, note=note, replaces=replaced.number if replaced else None))
        self._withdraw_others(draft)
        return Outcome.NEW

    def _withdraw_others(self, decision: Draft) -> set[str]:
        """Withdraw the answers of others than the annotator, and return who they are.

        When an answer is withdrawn, the one that it had replaced stands again.
        """
        withdrawn = set()
        withdrawal = Draft(
            event=Event.WITHDRAW,
            sample=decision.sample,
            source=decision.source,
            who=decision.who,
            note=DECISION,
        )
        while others := [entry for who, entry in self._opinions(decision).items() if who != decision.who]:
            for entry in others:
                withdrawn.add(entry.who)
                self._enter(replace(withdrawal, replaces=entry.number))
        return withdrawn

    def _enter(self, draft: Draft) -> None:
        sent = [entry.batch for entry in self._of(draft) if entry.is_sending]
        batch = draft.batch if draft.batch in sent else (sent[-1] if sent else "")
        dated = replace(draft, batch=batch, when=draft.when or self._time)
        entry = as_entry(dated, self._next_number + len(self.new))
        self.new.append(entry)
        self._by_sample[entry.sample].append(entry)

    def _of(self, draft: Draft) -> list[Entry]:
        return self._by_sample[draft.sample]

    def _opinions(self, draft: Draft) -> dict[str, Entry]:
        """Return, by annotator, the last standing answer about a sample; the latest of all comes last."""
        entries = self._of(draft)
        standing = standing_numbers(entries)
        found: dict[str, Entry] = {}
        for entry in entries:
            if entry.is_answer and entry.number in standing:
                found.pop(entry.who, None)
                found[entry.who] = entry
        return found


def is_decision(entry: Entry) -> bool:
    """Return whether an entry is a correction."""
    return entry.is_answer and entry.note.partition(":")[0] == DECISION


def _says(entry: Entry, draft: Draft) -> bool:
    return entry.opinion == (draft.event, draft.label)


def _repeats(entry: Entry, draft: Draft) -> bool:
    """Return whether a draft says what an entry says, and not at a later time."""
    return _says(entry, draft) and draft.when <= entry.when


def _is_by_same(entry: Entry, draft: Draft) -> bool:
    return entry.who == draft.who and _says(entry, draft)


def _is_outdated(draft: Draft, before: list[Entry]) -> bool:
    """Return whether an annotator said something since; without times, whatever was said once is old."""
    if draft.when:
        return draft.when <= max(entry.when for entry in before)
    return any(_says(entry, draft) for entry in before)
