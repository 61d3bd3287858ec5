"""The state that follows from the entries of a ledger: the label of each sample, the batches, the classes.

An entry stands unless a later entry replaces or withdraws it. An entry that a withdrawn one had replaced or
withdrawn stands again; an entry that a replaced one had replaced does not. The last standing answer of each
annotator is that annotator's opinion. The opinion of most annotators is that of the sample. ``cannot_tell``
counts only if nobody gave a ``label`` or ``not_ours``, and ``skip`` only if there is no other opinion. If two
opinions have the most annotators, the sample is disputed and has no label.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import NamedTuple

from activepool.data.class_names import alike_pairs
from activepool.ledger.entries import Entry, Event


class Status(StrEnum):
    """The status of a sample; a sample that the ledger does not know is ``NEW``."""

    NEW = "new"
    AWAITED = "awaited"
    LABELLED = "labelled"
    DISPUTED = "disputed"
    CANNOT_TELL = "cannot_tell"
    SKIPPED = "skipped"
    NOT_OURS = "not_ours"


#: The status that a single opinion gives a sample.
STATUS_OF = {
    Event.LABEL: Status.LABELLED,
    Event.NOT_OURS: Status.NOT_OURS,
    Event.CANNOT_TELL: Status.CANNOT_TELL,
    Event.SKIP: Status.SKIPPED,
}

#: Statuses of samples that may be picked again on request.
REPEATABLE = (Status.AWAITED, Status.DISPUTED, Status.CANNOT_TELL, Status.SKIPPED)


@dataclass(frozen=True)
class SampleState:
    """A sample with an entry in the ledger; its sources and batches are in order.

    ``label`` is None unless it is labelled; ``opinions`` are the last standing answer of each annotator. A
    model never trains on the audit set.
    """

    sample: str
    sources: tuple[str, ...]
    status: Status
    label: str | None
    opinions: dict[str, Entry]
    batches: tuple[str, ...]
    is_audit: bool


@dataclass(frozen=True)
class BatchState:
    """A batch that went out: its first entry, its samples in their order, and those without an answer."""

    name: str
    first: int
    when: str
    is_audit: bool
    samples: tuple[str, ...]
    awaited: tuple[str, ...]

    @property
    def came_back(self) -> int:
        """How many samples have an answer."""
        return len(self.samples) - len(self.awaited)


class Twin(NamedTuple):
    """A class whose name a person would confuse with an earlier one, which is probably meant."""

    name: str
    earlier: str

    def __str__(self) -> str:
        return f"the class {self.name!a} is spelled almost like {self.earlier!a}; did you mean that?"


def twins(classes: Sequence[str], num_configured: int = 0) -> tuple[Twin, ...]:
    """Return the classes that are spelled almost like an earlier one, except the ``num_configured`` first."""
    pairs = alike_pairs(classes)
    return tuple(Twin(name, earlier) for earlier, name in pairs if name not in classes[:num_configured])


@dataclass(frozen=True)
class State:
    """What follows from all entries: samples and batches in the order of their first entries, and classes.

    ``classes`` are first those of the configuration, then those of labels; a person would confuse the twins.
    """

    samples: dict[str, SampleState]
    batches: dict[str, BatchState]
    classes: tuple[str, ...]
    twins: tuple[Twin, ...]

    @cached_property
    def training_labels(self) -> dict[str, str]:
        """The classes of all labelled samples outside the audit set, even of those that left the pool."""
        return self._labels(is_audit=False)

    @cached_property
    def audit_labels(self) -> dict[str, str]:
        """The classes of the labelled samples of the audit set."""
        return self._labels(is_audit=True)

    def _labels(self, is_audit: bool) -> dict[str, str]:
        samples = [sample for sample in self.samples.values() if sample.is_audit == is_audit]
        return {sample.sample: sample.label for sample in samples if sample.label}

    @cached_property
    def disputed(self) -> list[SampleState]:
        """The samples on which annotators disagree with no majority."""
        return [sample for sample in self.samples.values() if sample.status == Status.DISPUTED]

    def may_be_picked(self, sample: str, again: Collection[Status] = ()) -> bool:
        """Return whether a sample may go out next, maybe once more: ``again`` are some of `REPEATABLE`."""
        state = self.samples.get(sample)
        if state is None:
            return True
        return not state.is_audit and state.status in (Status.NEW, *(set(again) & set(REPEATABLE)))


def state_of(entries: Sequence[Entry], classes: Sequence[str] = ()) -> State:
    """Return the state that follows from the entries of a ledger; ``classes`` are the configured ones."""
    standing = standing_numbers(entries)
    by_sample: dict[str, list[Entry]] = {}
    for entry in entries:
        by_sample.setdefault(entry.sample, []).append(entry)
    samples = {
        name: _sample_state(name, sample_entries, standing) for name, sample_entries in by_sample.items()
    }
    order = _class_order(classes, entries, standing)
    return State(samples, _batches(entries, samples), order, twins(order, len(classes)))


def _class_order(configured: Sequence[str], entries: Sequence[Entry], standing: set[int]) -> tuple[str, ...]:
    """Return the names of all C classes, configured ones first, in an order that later entries do not change.

    Another class counts if one of its labels stands; its place is that of its first label, standing or not.
    """
    labels = [(entry.named_class, entry.number) for entry in entries if entry.event == Event.LABEL]
    standing_classes = {name for name, number in labels if number in standing}
    return tuple(dict.fromkeys([*configured, *(name for name, _ in labels if name in standing_classes)]))


def standing_numbers(entries: Sequence[Entry]) -> set[int]:
    """Return the numbers of the entries that stand; only a later entry can replace one."""
    standing: set[int] = set()
    replaced: set[int] = set()
    withdrawn: set[int] = set()
    for entry in reversed(entries):
        is_replaced = entry.number in replaced
        if not is_replaced and entry.number in withdrawn:
            continue  # the entry that it replaced or withdrew stands again
        if not is_replaced:
            standing.add(entry.number)
        if entry.replaces is not None:
            (withdrawn if entry.event == Event.WITHDRAW else replaced).add(entry.replaces)
    return standing


def _sample_state(name: str, entries: list[Entry], standing: set[int]) -> SampleState:
    opinions = opinions_of(entries, standing)
    sendings = [entry for entry in entries if entry.is_sending]
    status, label = Status.AWAITED if sendings else Status.NEW, ""
    leading = leading_opinions(opinions.values())
    if len(leading) > 1:
        status = Status.DISPUTED
    elif leading:
        event, label = leading[0]
        status = STATUS_OF[Event(event)]
    return SampleState(
        sample=name,
        sources=tuple(dict.fromkeys(entry.source for entry in entries)),
        status=status,
        label=label or None,
        opinions=opinions,
        batches=tuple(dict.fromkeys(entry.batch for entry in sendings)),
        is_audit=any(entry.event == Event.AUDIT for entry in sendings),
    )


def opinions_of(entries: Iterable[Entry], standing: Collection[int]) -> dict[str, Entry]:
    """Return the last standing answer of each annotator in the entries of a sample."""
    return {entry.who: entry for entry in entries if entry.is_answer and entry.number in standing}


def leading_opinions(answers: Iterable[Entry]) -> list[tuple[str, str]]:
    """Return the event and class of most annotators; several pairs if the sample is disputed."""
    votes = Counter(entry.opinion for entry in answers)
    for events in ((Event.LABEL, Event.NOT_OURS), (Event.CANNOT_TELL,), (Event.SKIP,)):
        leading_votes = {opinion: votes[opinion] for opinion in votes if opinion[0] in events}
        if leading_votes:
            return [
                opinion for opinion in leading_votes if leading_votes[opinion] == max(leading_votes.values())
            ]
    return []


def _batches(entries: Sequence[Entry], samples: dict[str, SampleState]) -> dict[str, BatchState]:
    sendings_by_batch: dict[str, list[Entry]] = {}
    for entry in entries:
        if entry.is_sending:
            sendings_by_batch.setdefault(entry.batch, []).append(entry)
    return {
        name: BatchState(
            name=name,
            first=sendings[0].number,
            when=sendings[0].when,
            is_audit=sendings[0].event == Event.AUDIT,
            samples=tuple(entry.sample for entry in sendings),
            awaited=tuple(
                entry.sample for entry in sendings if not _has_answer(entry, samples[entry.sample])
            ),
        )
        for name, sendings in sendings_by_batch.items()
    }


def _has_answer(sending: Entry, sample: SampleState) -> bool:
    return any(
        answer.number > sending.number or answer.batch == sending.batch for answer in sample.opinions.values()
    )
