"""Answers become entries, each once, however often a file is taken in.

A file says what its annotators think at the time of its export, so most of its answers are known when it is
taken in again. A new answer replaces the earlier one of the same annotator; the same answer at a later time
is also entered, because it decides which other answers are older. An answer that was corrected since does
not come back from an old file. If a sample went out again, an answer to that sending is new, even if its
annotator said the same before.

A correction is a decision: it replaces what anybody else said, in the same files and in later ones, until
another correction of the sample is taken in, its annotator answers again, somebody withdraws it in the
ledger, or the sample goes out again, so that people are asked again. Until then, the answers of others are
entered and withdrawn at once. If a list of the program comes back as corrections, its rows whose label
stands, or stood before, are not corrections.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from activepool.errors import first_few
from activepool.ledger.entries import Correction, Draft, Entry, Event, as_entry, now
from activepool.ledger.state import leading_opinions, opinions_of, standing_numbers

#: The beginning of a decision's note.
DECISION = "correction"


class Outcome(StrEnum):
    """What became of an answer.

    It is new; the ledger had it; its annotator has said something else since; or the annotator said something
    else at the very same time, so that nobody can tell which answer counts.
    """

    NEW = "new"
    KNOWN = "known"
    OUTDATED = "outdated"
    CLASHING = "clashing"


@dataclass(frozen=True)
class Intake:
    """What became of answers: the new ``entries``, and the outcome of each answer.

    ``clashes`` are the entries that answers contradict, which are not entered, by the number of the answer.
    """

    entries: tuple[Entry, ...]
    outcomes: tuple[Outcome, ...]
    clashes: Mapping[int, Entry]
    notices: tuple[str, ...]


def plan(entries: Sequence[Entry], drafts: Sequence[Draft]) -> Intake:
    """Return what the answers add to a ledger with these entries.

    The order of ``drafts`` counts if an annotator has two for a sample. Corrections come after all others.
    """
    planner = _Planner(entries)
    outcomes = planner.add_all(drafts)
    return Intake(tuple(planner.entries), tuple(outcomes), planner.clashes, tuple(planner.notices))


def outdated_notice(place: object, outdated: Sequence[Draft]) -> str:
    """Return the notice of outdated answers in a file."""
    sources = dict.fromkeys(repr(draft.source) for draft in outdated)
    return (
        f"{place}: answers that later ones replaced are not taken again: {first_few(sources)}; to go "
        "back to one, give it as a correction with the time: in a CSV with the columns source, correction "
        f"and when, such as {now()}; otherwise remove it here"
    )


class _Planner:
    """Collects the entries to add to a ledger, with the clashes and notices of the `Intake`."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self.entries: list[Entry] = []
        self.clashes: dict[int, Entry] = {}
        self.notices: list[str] = []
        self._time = now()
        self._next_number = len(entries) + 1
        self._answered_samples: dict[str, None] = {}  # samples whose decision must hold
        self._by_sample: defaultdict[str, list[Entry]] = defaultdict(list)
        for entry in entries:
            self._by_sample[entry.sample].append(entry)

    def add_all(self, drafts: Sequence[Draft]) -> list[Outcome]:
        outcomes: dict[int, Outcome] = {}
        # Decisions come after all other answers.
        for number, draft in sorted(enumerate(drafts), key=lambda pair: isinstance(pair[1], Correction)):
            outcome = self._add_decision(draft) if isinstance(draft, Correction) else self._add_answer(draft)
            if outcome == Outcome.OUTDATED and (clash := self._clash(draft)):
                outcome, self.clashes[number] = Outcome.CLASHING, clash
            outcomes[number] = outcome
        for sample in self._answered_samples:
            self._hold_decision(sample)
        return [outcomes[number] for number in range(len(drafts))]

    def _clash(self, draft: Draft) -> Entry | None:
        """Return an answer of the annotator, or a decision, that says something else at the same time."""
        is_correction = isinstance(draft, Correction)
        simultaneous = [
            entry
            for entry in self._entries_of(draft)
            if draft.when
            and entry.when == draft.when
            and entry.is_answer
            and is_decision(entry) == is_correction
            and (is_correction or entry.who == draft.who)
        ]
        is_repeated = any(entry.opinion == draft.opinion for entry in simultaneous)
        return None if is_repeated else next(iter(simultaneous), None)

    def _add_answer(self, draft: Draft) -> Outcome:
        earlier = [entry for entry in self._entries_of(draft) if entry.is_answer and entry.who == draft.who]
        opinion = self._opinions(draft).get(draft.who)
        if not self._is_first_since_sent(draft, earlier):
            if opinion is not None and _repeats(opinion, draft):
                return Outcome.KNOWN
            if earlier and _is_outdated(draft, earlier):
                return Outcome.OUTDATED
        self._enter(replace(draft, replaces=opinion.number if opinion else draft.replaces))
        self._answered_samples[draft.sample] = None
        return Outcome.NEW

    def _is_first_since_sent(self, draft: Draft, earlier: list[Entry]) -> bool:
        """Return whether an answer is its annotator's first since the sample last went out.

        The file of an earlier batch stays where it is, so the answer must name the batch, or be later than
        both the sending and all ``earlier``.
        """
        sending = next((entry for entry in reversed(self._entries_of(draft)) if entry.is_sending), None)
        if sending is None or any(
            entry.number > sending.number or entry.batch == sending.batch for entry in earlier
        ):
            return False
        return draft.batch == sending.batch or draft.when > max(entry.when for entry in (sending, *earlier))

    def _add_decision(self, draft: Correction) -> Outcome:
        opinions = self._opinions(draft)
        decisions = [entry for entry in self._entries_of(draft) if is_decision(entry)]
        if decisions and self._is_first_since_sent(draft, decisions):
            return self._decide(draft, opinions)
        opinion = opinions.get(draft.who)
        if (
            opinion
            and (is_decision(opinion) or draft.is_listed)
            and _repeats(opinion, draft)
            and len(opinions) == 1
        ):
            return Outcome.KNOWN
        if draft.is_listed:
            if leading_opinions(opinions.values()) == [draft.opinion]:
                return Outcome.KNOWN
            answers = [entry for entry in self._entries_of(draft) if entry.is_answer]
            is_before = draft.when <= max((entry.when for entry in answers), default="")
            if is_before and any(entry.opinion == draft.opinion for entry in answers):
                return Outcome.OUTDATED  # the list has an earlier label
        if not decisions or draft.when > decisions[-1].when:
            return self._decide(draft, opinions)
        decision = decisions[-1]
        if decision in opinions.values() and _is_same_answer(decision, draft):
            self._answered_samples[draft.sample] = None
            return Outcome.KNOWN
        if draft.when or any(_is_same_answer(entry, draft) for entry in decisions):
            return Outcome.OUTDATED
        return self._decide(draft, opinions)

    def _hold_decision(self, sample: str) -> None:
        """Withdraw the answers of others since a standing decision, unless they were asked again."""
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
        replaced = opinions.get(draft.who) or next(reversed(opinions.values()), None)
        note = f"{DECISION}: {draft.note}" if draft.note else DECISION
        self._enter(replace(draft, note=note, replaces=replaced.number if replaced else None))
        self._withdraw_others(draft)
        return Outcome.NEW

    def _withdraw_others(self, decision: Draft) -> set[str]:
        """Withdraw all other annotators' answers, also those that stand again then; return their names."""
        withdrawn = set()
        withdrawal = Draft(
            event=Event.WITHDRAW,
            sample=decision.sample,
            source=decision.source,
            who=decision.who,
            note=DECISION,
        )
        while other_opinions := [
            entry for who, entry in self._opinions(decision).items() if who != decision.who
        ]:
            for entry in other_opinions:
                withdrawn.add(entry.who)
                self._enter(replace(withdrawal, replaces=entry.number))
        return withdrawn

    def _enter(self, draft: Draft) -> None:
        batches = [entry.batch for entry in self._entries_of(draft) if entry.is_sending]
        batch = draft.batch if draft.batch in batches else (batches[-1] if batches else "")
        dated = replace(draft, batch=batch, when=draft.when or self._time)
        entry = as_entry(dated, self._next_number + len(self.entries))
        self.entries.append(entry)
        self._by_sample[entry.sample].append(entry)

    def _entries_of(self, draft: Draft) -> list[Entry]:
        return self._by_sample[draft.sample]

    def _opinions(self, draft: Draft) -> dict[str, Entry]:
        """Return, by annotator, the last standing answer about a sample; the latest of all comes last."""
        entries = self._entries_of(draft)
        opinions = opinions_of(entries, standing_numbers(entries))
        return dict(sorted(opinions.items(), key=lambda pair: pair[1].number))


def is_decision(entry: Entry) -> bool:
    """Return whether an entry is a correction."""
    return entry.is_answer and entry.note.partition(":")[0] == DECISION


def _repeats(entry: Entry, draft: Draft) -> bool:
    """Return whether a draft says the same as an entry, and no later."""
    return entry.opinion == draft.opinion and draft.when <= entry.when


def _is_same_answer(entry: Entry, draft: Draft) -> bool:
    return (entry.who, entry.opinion) == (draft.who, draft.opinion)


def _is_outdated(draft: Draft, earlier: list[Entry]) -> bool:
    """Return whether an annotator answered since; without a time, any earlier answer is old."""
    if draft.when:
        return draft.when <= max(entry.when for entry in earlier)
    return any(entry.opinion == draft.opinion for entry in earlier)
