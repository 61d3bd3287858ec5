"""The audit set: a random sample that no model trains on, in one part or in several.

An audit set that grows has several parts. Each is a simple random sample of the photographs that had neither
gone out nor been answered when it was drawn, and so its share of right predictions, hits / cases, is unbiased
for these (Cochran 1977, Sampling techniques, chapter 3), and for no others: a later part has none of the
earlier picks of the strategy, which tend to be harder than the other photographs. Parts are therefore never
added up. To combine them one would have to know which samples of the first part would have gone out since,
had they not been in it (Hartley 1962, Multiple frame surveys), and nobody does. The accuracy to go by is that
of the first part with enough labels, which represents the most photographs; each other part has its own.
"""

from collections.abc import Iterator, Mapping, Sequence, Sized
from dataclasses import dataclass

import numpy as np

from activepool.evaluation.intervals import sample_size
from activepool.labelling.models.training_set import candidate_rows
from activepool.labelling.pool.table import Pool
from activepool.labelling.status.accuracies import CONFIDENCE, MIN_CASES, Share, shares
from activepool.ledger.entries import Entry
from activepool.ledger.state import State, Status

#: Widths of the interval that an audit set is planned for, from end to end.
AUDIT_WIDTHS = (0.2, 0.1, 0.05)


@dataclass(frozen=True)
class AuditDraw:
    """A part of the audit set, and how many samples were sent for it, have a label, and are awaited.

    ``known_before`` samples had gone out or had an answer, and so could not be drawn.
    """

    batch: str
    when: str
    sent: int
    known_before: int
    labelled: int
    awaited: int
    accuracy: Share

    @property
    def most_labels(self) -> int:
        """The most labels that it can have."""
        return self.labelled + self.awaited


@dataclass(frozen=True)
class AuditPlan:
    """The number of labels that a part of the audit set needs for an interval of at most this width."""

    width: float
    labels: int


@dataclass(frozen=True)
class AuditSet:
    """The random sample that no model trains on: its parts, earliest first, and which one is to go by.

    Attributes:
        removed: the number of samples that have no answer and are no longer in the pool.
        too_late: the number of samples that are known to have joined the pool later, and so could not be
            drawn. There may be others: if a run recomputes all features, several parts become one.
        plans: for a narrower interval: labels of the part to go by, if so many can come, or of another part,
            if the pool has so many samples left.
    """

    draws: tuple[AuditDraw, ...]
    measured: str
    samples: int
    labelled: int
    awaited: int
    removed: int
    too_late: int
    plans: tuple[AuditPlan, ...]

    @property
    def part(self) -> AuditDraw:
        """The part to go by."""
        return next(draw for draw in self.draws if draw.batch == self.measured)


def audit_parts(state: State, pool: Pool) -> dict[str, dict[int, str]]:
    """Return the labels of each part of the audit set that are in the pool, earliest part first, by row."""
    labels = state.audit_labels
    return {
        batch.name: {
            pool.row_of[sample]: labels[sample]
            for sample in sorted(
                set(batch.samples) & set(labels) & set(pool.row_of), key=pool.row_of.__getitem__
            )
        }
        for batch in state.batches.values()
        if batch.is_audit
    }


def part_to_go_by(parts: Mapping[str, Sized]) -> str:
    """Return the first part of the audit set with enough labels, or else the one with the most."""
    enough = (name for name, labels in parts.items() if len(labels) >= MIN_CASES)
    return next(enough, max(parts, key=lambda name: len(parts[name]), default=""))


def audit_set(
    entries: Sequence[Entry], state: State, pool: Pool, audited: Mapping[int, tuple[str, float]]
) -> AuditSet | None:
    """Describe the audit set; None if there is none.

    ``audited`` has the predicted class of the rows of the audit set, and its probability.
    """
    parts = audit_parts(state, pool)
    if not parts:
        return None
    draws = tuple(_draws(entries, state, pool, parts, audited))
    measured = part_to_go_by(parts)
    part = next(draw for draw in draws if draw.batch == measured)
    samples = [sample for sample in state.samples.values() if sample.is_audit]
    unanswered = [sample.sample for sample in samples if sample.status == Status.AWAITED]
    accuracy = part.accuracy
    expected = accuracy.hits / accuracy.cases if accuracy.cases >= MIN_CASES else 0.5
    planned = [AuditPlan(width, sample_size(width, CONFIDENCE, expected)) for width in AUDIT_WIDTHS]
    max_labels = max(part.most_labels, len(candidate_rows(state, pool)))
    return AuditSet(
        draws=draws,
        measured=measured,
        samples=len(samples),
        labelled=len(state.audit_labels),
        awaited=sum(map(pool.is_here, unanswered)),
        removed=sum(not pool.is_here(sample) for sample in unanswered),
        too_late=_too_late(pool, [sample.sample for sample in samples]),
        plans=tuple(plan for plan in planned if part.labelled < plan.labels <= max_labels),
    )


def _draws(
    entries: Sequence[Entry],
    state: State,
    pool: Pool,
    parts: Mapping[str, Mapping[int, str]],
    audited: Mapping[int, tuple[str, float]],
) -> Iterator[AuditDraw]:
    for name, labels in parts.items():
        batch = state.batches[name]
        hits = [audited[row][0] == label for row, label in labels.items() if row in audited]
        yield AuditDraw(
            batch=name,
            when=batch.when,
            sent=len(batch.samples),
            known_before=len({entry.sample for entry in entries[: batch.first - 1]}),
            labelled=len(state.audit_labels.keys() & set(batch.samples)),
            awaited=sum(map(pool.is_here, batch.awaited)),
            accuracy=shares([sum(hits)], [len(hits)])[0],
        )


def _too_late(pool: Pool, audit: Sequence[str]) -> int:
    """Return the number of samples in parts of the pool that are later than those of the audit set."""
    rows = [pool.row_of[sample] for sample in audit if sample in pool.row_of]
    parts = np.asarray(pool.parts)
    return int((pool.is_present & (parts > parts[rows].max())).sum()) if rows else 0
