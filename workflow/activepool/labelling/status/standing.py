"""Where the labelling of a pool stands: what went out, what came back, and what people said."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from activepool.labelling.models.training_set import candidate_rows
from activepool.labelling.pool.table import Pool
from activepool.ledger.entries import Entry, Event
from activepool.ledger.state import SampleState, State, Status

#: What people can say of a sample, in words.
WORDS = {Event.CANNOT_TELL: "cannot tell", Event.SKIP: "skip", Event.NOT_OURS: "not one of ours"}


@dataclass(frozen=True)
class Tally:
    """How many samples stand where; each is counted once.

    The awaited and the removed ones were sent, and no answer has come; the latter are no longer in the pool.
    """

    samples: int
    awaited: int
    removed: int
    labelled: int
    disputed: int
    cannot_tell: int
    skipped: int
    not_ours: int


@dataclass(frozen=True)
class ClassCount:
    """A class, its labels to train on, those of the audit set, and the class that may be meant instead."""

    name: str
    labels: int
    audit_labels: int
    twin_of: str | None


@dataclass(frozen=True)
class Opinion:
    """What an annotator says of a sample, in words."""

    who: str
    says: str


@dataclass(frozen=True)
class Disputed:
    """A sample on which annotators disagree; ``batch`` is empty if nobody had asked."""

    source: str
    batch: str
    opinions: tuple[Opinion, ...]


@dataclass(frozen=True)
class BatchRow:
    """A batch that went out: how many samples were sent, came back, and are awaited.

    Attributes:
        strategy: what picked it, as the ledger notes of all picks; empty if it does not.
        removed: how many have no answer and are no longer in the pool; they are not awaited.
        labels: how many labels to train on it asked for; for the audit set, how many labels came.
        labels_in_total: labels to train on that came by it or before, as they stand now.
    """

    name: str
    when: str
    is_audit: bool
    strategy: str
    sent: int
    came_back: int
    awaited: int
    removed: int
    labels: int
    labels_in_total: int


@dataclass(frozen=True)
class Standing:
    """Where the labelling stands.

    Attributes:
        samples: how many are there now.
        unreadable: images that cannot be read, and so are left out.
        duplicates: images with the content of another one; each content is one sample.
        left: how many of the samples nobody was asked for and nobody has answered.
        unusable: labels to train on whose images and features are gone; they are not among those of the
            classes and batches.
        last_entry: the number of the ledger's last entry; 0 if it has none.
        when: the time of the last entry; empty if there is none.
        batches: in the order in which they went out.
        in_batches: samples that went out in batches to train on.
        unasked: samples that people answered without having been asked.
    """

    samples: int
    unreadable: int
    duplicates: int
    left: int
    unusable: int
    last_entry: int
    when: str
    batches: tuple[BatchRow, ...]
    in_batches: Tally
    in_audit: Tally
    unasked: Tally
    classes: tuple[ClassCount, ...]
    disputed: tuple[Disputed, ...]

    @property
    def labels(self) -> int:
        """How many labels there are that a model can train on."""
        return sum(one.labels for one in self.classes)

    @property
    def unasked_labels(self) -> int:
        """How many of them no batch had asked for."""
        return self.labels - sum(batch.labels for batch in self.batches if not batch.is_audit)


def standing_of(entries: Sequence[Entry], state: State, pool: Pool) -> Standing:
    """Count what the ledger says about a pool: its ``entries``, and the ``state`` that follows from them."""
    usable = {name: label for name, label in state.training_labels.items() if name in pool.row_of}
    awaited = {sample for batch in state.batches.values() for sample in batch.awaited}
    groups: dict[str, list[SampleState]] = {"batches": [], "audit": [], "unasked": []}
    for sample in state.samples.values():
        if sample.batches or sample.status != Status.NEW:
            kind = "audit" if sample.is_audit else "batches" if sample.batches else "unasked"
            groups[kind].append(sample)
    return Standing(
        samples=int(pool.is_present.sum()),
        unreadable=pool.unreadable,
        duplicates=pool.duplicates,
        left=len(candidate_rows(state, pool)),
        unusable=len(state.training_labels) - len(usable),
        last_entry=entries[-1].number if entries else 0,
        when=max((entry.when for entry in entries), default=""),
        batches=_batch_rows(entries, state, pool, list(usable)),
        in_batches=_tally(groups["batches"], awaited, pool),
        in_audit=_tally(groups["audit"], awaited, pool),
        unasked=_tally(groups["unasked"], awaited, pool),
        classes=_class_counts(state, usable),
        disputed=tuple(_disputed(sample) for sample in state.disputed),
    )


def _tally(samples: Sequence[SampleState], awaited: set[str], pool: Pool) -> Tally:
    """Count samples; one that went out again, and is awaited, counts as awaited whatever was said before."""
    counts = Counter(Status.AWAITED if sample.sample in awaited else sample.status for sample in samples)
    removed = sum(one.sample in awaited and not pool.is_here(one.sample) for one in samples)
    return Tally(
        samples=len(samples),
        awaited=counts[Status.AWAITED] - removed,
        removed=removed,
        labelled=counts[Status.LABELLED],
        disputed=counts[Status.DISPUTED],
        cannot_tell=counts[Status.CANNOT_TELL],
        skipped=counts[Status.SKIPPED],
        not_ours=counts[Status.NOT_OURS],
    )


def _class_counts(state: State, usable: Mapping[str, str]) -> tuple[ClassCount, ...]:
    trained, audited = Counter(usable.values()), Counter(state.audit_labels.values())
    twin_of = {twin.name: twin.meant for twin in state.twins}
    return tuple(ClassCount(name, trained[name], audited[name], twin_of.get(name)) for name in state.classes)


def _disputed(sample: SampleState) -> Disputed:
    said = {who: entry.label or WORDS[Event(entry.event)] for who, entry in sample.opinions.items()}
    opinions = [Opinion(who, words) for who, words in said.items()]
    return Disputed(sample.sources[-1], sample.batches[-1] if sample.batches else "", tuple(opinions))


def _batch_rows(
    entries: Sequence[Entry], state: State, pool: Pool, usable: Sequence[str]
) -> tuple[BatchRow, ...]:
    strategies, labelled = _strategies(entries), [state.samples[name] for name in usable]
    asked_for = Counter(_batch_of_label(state, sample, sample.batches) for sample in labelled)
    came_by = Counter(_batch_of_label(state, sample, state.batches) for sample in labelled)
    audited = Counter(state.samples[name].batches[0] for name in state.audit_labels)
    rows, total = [], came_by[""]
    for batch in state.batches.values():
        total += came_by[batch.name]
        labels = audited[batch.name] if batch.is_audit else asked_for[batch.name]
        rows.append(
            BatchRow(
                name=batch.name,
                when=batch.when,
                is_audit=batch.is_audit,
                strategy=strategies[batch.name],
                sent=len(batch.samples),
                came_back=batch.came_back,
                awaited=sum(map(pool.is_here, batch.awaited)),
                removed=sum(not pool.is_here(sample) for sample in batch.awaited),
                labels=labels,
                labels_in_total=total,
            )
        )
    return tuple(rows)


def _strategies(entries: Sequence[Entry]) -> dict[str, str]:
    """Return what picked each batch: what the notes of all its picks begin with, up to a colon."""
    found: dict[str, set[str]] = {}
    for entry in entries:
        if entry.is_sending:
            found.setdefault(entry.batch, set()).add(entry.note.partition(": ")[0])
    return {batch: names.pop() if len(names) == 1 else "" for batch, names in found.items()}


def _batch_of_label(state: State, sample: SampleState, batches: Collection[str]) -> str:
    """Return which of ``batches`` a sample got its label in; empty if all of them went out later.

    The first standing answer with this label names the batch, or came after it and before the next one.
    """
    saying = [entry for entry in sample.opinions.values() if entry.named_class == sample.label]
    answer = min(saying, key=lambda entry: entry.number)
    if answer.batch in batches:
        return answer.batch
    before = [name for name in batches if state.batches[name].first < answer.number]
    return before[-1] if before else ""
