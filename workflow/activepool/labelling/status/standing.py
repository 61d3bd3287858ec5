"""The standing of a pool's labelling: what went out, what came back, and what people answered."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from activepool.labelling.models.training_set import candidate_rows
from activepool.labelling.pool.table import Pool
from activepool.ledger.entries import Entry, Event
from activepool.ledger.state import STATUS_OF, SampleState, State, Status

#: Answers without a class, in words.
WORDS = {Event.CANNOT_TELL: "cannot tell", Event.SKIP: "skip", Event.NOT_OURS: "not one of ours"}


@dataclass(frozen=True)
class Tally:
    """The numbers of samples by status; each is counted once.

    The removed ones were sent, have no answer, and are no longer in the pool.
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
    """A class, the numbers of its labels to train on and in the audit set, and a class that may be meant."""

    name: str
    labels: int
    audit_labels: int
    twin_of: str | None


@dataclass(frozen=True)
class Opinion:
    """An annotator's answer to a sample, in words."""

    who: str
    says: str


@dataclass(frozen=True)
class Disputed:
    """A sample on which annotators disagree; ``batch`` is empty if the sample did not go out."""

    source: str
    batch: str
    opinions: tuple[Opinion, ...]


@dataclass(frozen=True)
class BatchRow:
    """A batch that went out, with the numbers of samples that were sent, came back, and are awaited.

    Attributes:
        strategy: that picked it, according to the ledger's notes of all picks; empty if these differ.
        removed: the number of samples without an answer that are no longer in the pool; not awaited.
        labels: the number of labels to train on that it asked for; for an audit set, all its labels.
        labels_in_total: labels to train on that came with this batch or before, as they stand now.
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
    """The standing of the labelling, in numbers; the batches are in the order in which they went out.

    Attributes:
        duplicates: images with the content of another one; each content is one sample.
        left: samples that have neither gone out nor been answered.
        unusable: labels to train on whose images and features are gone; no class or batch counts them.
        last_entry: the number of the ledger's last entry; 0 if it has none.
        when: the time of the last entry; empty if there is none.
        unasked: samples with an answer that did not go out.
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
        """The number of labels on which a model can train."""
        return sum(count.labels for count in self.classes)

    @property
    def unasked_labels(self) -> int:
        """The number of these labels that no batch had asked for."""
        return self.labels - sum(batch.labels for batch in self.batches if not batch.is_audit)


def standing_of(entries: Sequence[Entry], state: State, pool: Pool) -> Standing:
    """Return the standing of a pool by the ``entries`` of its ledger, and the ``state`` that follows."""
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
    """Count samples; one that went out again, and is awaited, counts as awaited in spite of old answers."""
    counts = Counter(Status.AWAITED if sample.sample in awaited else sample.status for sample in samples)
    removed = sum(sample.sample in awaited and not pool.is_here(sample.sample) for sample in samples)
    return Tally(
        samples=len(samples),
        awaited=counts[Status.AWAITED] - removed,
        removed=removed,
        **{status.value: counts[status] for status in (Status.DISPUTED, *STATUS_OF.values())},
    )


def _class_counts(state: State, usable: Mapping[str, str]) -> tuple[ClassCount, ...]:
    training_counts, audit_counts = Counter(usable.values()), Counter(state.audit_labels.values())
    twin_of = {twin.name: twin.earlier for twin in state.twins}
    return tuple(
        ClassCount(name, training_counts[name], audit_counts[name], twin_of.get(name))
        for name in state.classes
    )


def _disputed(sample: SampleState) -> Disputed:
    texts = {who: entry.label or WORDS[Event(entry.event)] for who, entry in sample.opinions.items()}
    opinions = [Opinion(who, words) for who, words in texts.items()]
    return Disputed(sample.sources[-1], sample.batches[-1] if sample.batches else "", tuple(opinions))


def _batch_rows(
    entries: Sequence[Entry], state: State, pool: Pool, usable: Sequence[str]
) -> tuple[BatchRow, ...]:
    strategies, labelled = _strategies(entries), [state.samples[name] for name in usable]
    requests = Counter(_batch_of_label(state, sample, sample.batches) for sample in labelled)
    arrivals = Counter(_batch_of_label(state, sample, state.batches) for sample in labelled)
    audit_counts = Counter(state.samples[name].batches[0] for name in state.audit_labels)
    rows, total = [], arrivals[""]
    for batch in state.batches.values():
        total += arrivals[batch.name]
        labels = audit_counts[batch.name] if batch.is_audit else requests[batch.name]
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
    """Return the strategy of each batch: the common beginning, up to a colon, of the notes of its picks."""
    beginnings: dict[str, set[str]] = {}
    for entry in entries:
        if entry.is_sending:
            beginnings.setdefault(entry.batch, set()).add(entry.note.partition(": ")[0])
    return {batch: names.pop() if len(names) == 1 else "" for batch, names in beginnings.items()}


def _batch_of_label(state: State, sample: SampleState, batches: Collection[str]) -> str:
    """Return which of ``batches`` brought the label of a sample; empty if all of them went out later.

    The first standing answer with this label names the batch, or came after it and before the next one.
    """
    answers = [entry for entry in sample.opinions.values() if entry.named_class == sample.label]
    answer = min(answers, key=lambda entry: entry.number)
    if answer.batch in batches:
        return answer.batch
    earlier = [name for name in batches if state.batches[name].first < answer.number]
    return earlier[-1] if earlier else ""
