"""How good a model is: on the audit set, or by cross-validation; each named for what it is."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from activepool.evaluation.intervals import sample_size, wilson_intervals
from activepool.labelling.models.held_out import HeldOut
from activepool.labelling.models.training_set import candidate_rows
from activepool.labelling.pool.table import Pool
from activepool.ledger.entries import Entry
from activepool.ledger.state import State, Status

#: Of all intervals.
CONFIDENCE = 0.95

#: With fewer cases no accuracy is shown: its interval would be wider than 0.4.
FEWEST_CASES = 20

#: Widths of the interval that an audit set is planned for, from end to end.
AUDIT_WIDTHS = (0.2, 0.1, 0.05)

#: What an accuracy is measured on.
AUDIT, CROSS_VALIDATION = "audit", "cross_validation"

#: Wrong predictions that are shown.
MOST_WRONG = 12


@dataclass(frozen=True)
class Share:
    """The share of some cases that is right, with its Wilson interval; ``value`` is None without a case."""

    hits: int
    cases: int
    value: float | None
    low: float
    high: float


@dataclass(frozen=True)
class ClassAccuracy:
    """The share of a class's samples that are right."""

    name: str
    share: Share


@dataclass(frozen=True)
class Confusion:
    """How many samples of the class ``label`` are predicted ``predicted``."""

    label: str
    predicted: str
    count: int


@dataclass(frozen=True)
class Accuracy:
    """The accuracy of the current model.

    Attributes:
        measured_on: AUDIT or CROSS_VALIDATION.
        overall: of all cases.
        classes: those with a case, in their order.
        confusions: the pairs that occur, the right ones too, in the order of the classes.
    """

    measured_on: str
    overall: Share
    classes: tuple[ClassAccuracy, ...]
    confusions: tuple[Confusion, ...]

    @property
    def is_known(self) -> bool:
        """Whether there are enough cases to speak of."""
        return self.overall.cases >= FEWEST_CASES


@dataclass(frozen=True)
class AuditDraw:
    """A part of the audit set.

    Attributes:
        batch: its name.
        when: the time.
        sent: how many samples.
        known_before: how many samples had gone out, or had an answer, and so could not be drawn.
    """

    batch: str
    when: str
    sent: int
    known_before: int


@dataclass(frozen=True)
class AuditPlan:
    """How many labels the audit set needs for an interval of at most this width."""

    width: float
    labels: int


@dataclass(frozen=True)
class AuditSet:
    """The random sample that no model trains on.

    Attributes:
        draws: its parts.
        samples: all of them.
        labelled: those that have a label.
        awaited: those that have no answer.
        removed: those that have none and are not in the pool any more.
        measured: those that have a label, and a prediction of the current model.
        too_late: samples that are known to have joined the pool later, and so could not be drawn. Others may
            have: where all features are made again, those of several parts become one part.
        plans: what more labels would give, if the pool has so many samples left.
    """

    draws: tuple[AuditDraw, ...]
    samples: int
    labelled: int
    awaited: int
    removed: int
    measured: int
    too_late: int
    plans: tuple[AuditPlan, ...]


@dataclass(frozen=True)
class Wrong:
    """A prediction that differs from the label.

    Attributes:
        source: of the sample.
        label: what people say.
        predicted: what the model says.
        probability: that the model gives its class.
        measured_on: AUDIT, or CROSS_VALIDATION if a model said so that was not trained on the sample.
    """

    source: str
    label: str
    predicted: str
    probability: float
    measured_on: str


def shares(hits: Sequence[int], cases: Sequence[int]) -> list[Share]:
    """Return the share of each of ``hits`` in ``cases``."""
    found = wilson_intervals(hits, cases, CONFIDENCE)
    return [
        Share(hit, case, float(value) if case else None, float(low), float(high))
        for hit, case, value, low, high in zip(hits, cases, found.value, found.low, found.high, strict=True)
    ]


def accuracy(
    measured_on: str, labels: Sequence[str], predicted: Sequence[str], classes: Sequence[str]
) -> Accuracy:
    """Compare (n,) predictions with the labels; ``classes`` gives the order of names."""
    place = {name: number for number, name in enumerate(dict.fromkeys([*classes, *labels, *predicted]))}
    pairs = Counter(zip(labels, predicted, strict=True))
    ordered = sorted(pairs, key=lambda pair: (place[pair[0]], place[pair[1]]))
    cases = Counter(labels)
    names = sorted(cases, key=lambda name: place[name])
    hits = [pairs[name, name] for name in names]
    return Accuracy(
        measured_on,
        shares([sum(hits)], [len(labels)])[0],
        tuple(map(ClassAccuracy, names, shares(hits, [cases[name] for name in names]))),
        tuple(Confusion(*pair, pairs[pair]) for pair in ordered),
    )


def audit_rows(state: State, pool: Pool) -> dict[int, str]:
    """Return the labels of the audit set by row, ascending, without samples that the pool lacks."""
    found = {pool.row_of[name]: label for name, label in state.audit_labels.items() if name in pool.row_of}
    return dict(sorted(found.items()))


def audit_set(
    entries: Sequence[Entry], state: State, pool: Pool, measured: Accuracy | None
) -> AuditSet | None:
    """Describe the audit set, with the accuracy measured on it; None if there is none."""
    draws = [batch for batch in state.batches.values() if batch.is_audit]
    samples = [sample for sample in state.samples.values() if sample.is_audit]
    if not draws:
        return None
    labelled = len(state.audit_labels)
    unanswered = [sample.sample for sample in samples if sample.status == Status.AWAITED]
    right = measured.overall if measured and measured.is_known else None
    expected = right.hits / right.cases if right else 0.5
    planned = [AuditPlan(width, sample_size(width, CONFIDENCE, expected)) for width in AUDIT_WIDTHS]
    most = len(samples) + len(candidate_rows(state, pool))
    return AuditSet(
        draws=tuple(
            AuditDraw(batch.name, batch.when, len(batch.samples), _known_before(entries, batch.name))
            for batch in draws
        ),
        samples=len(samples),
        labelled=labelled,
        awaited=sum(map(pool.is_here, unanswered)),
        removed=sum(not pool.is_here(sample) for sample in unanswered),
        measured=measured.overall.cases if measured else 0,
        too_late=_too_late(pool, [sample.sample for sample in samples]),
        plans=tuple(plan for plan in planned if labelled < plan.labels <= most),
    )


def most_wrong(
    pool: Pool,
    held_out: HeldOut | None,
    training_labels: dict[str, str],
    audit_labels: dict[int, str],
    audited: dict[int, tuple[str, float]],
) -> tuple[Wrong, ...]:
    """Return the wrong predictions with the largest probabilities; the lower row is first among equals.

    Args:
        pool: the samples.
        held_out: predictions by cross-validation; of labels that were corrected since, none is shown.
        training_labels: by sample, as they stand now.
        audit_labels: of the audit set, by row.
        audited: the predicted class of the rows of the audit set, and its probability.
    """
    found = [
        (row, Wrong(pool.row_sources[row], audit_labels[row], predicted, chance, AUDIT))
        for row, (predicted, chance) in audited.items()
    ]
    if held_out:
        names = held_out.label_names, held_out.predicted_names
        for row, label, predicted, chance in zip(
            held_out.index.tolist(), *names, held_out.probability.tolist(), strict=True
        ):
            if training_labels.get(pool.samples[row]) == label:
                one = Wrong(pool.row_sources[row], label, predicted, chance, CROSS_VALIDATION)
                found.append((row, one))
    wrong = [(row, one) for row, one in found if one.label != one.predicted]
    wrong.sort(key=lambda pair: (-pair[1].probability, pair[0]))
    return tuple(one for _, one in wrong[:MOST_WRONG])


def _known_before(entries: Sequence[Entry], batch: str) -> int:
    known = set()
    for entry in entries:
        if entry.is_sending and entry.batch == batch:
            break
        known.add(entry.sample)
    return len(known)


def _too_late(pool: Pool, audit: Sequence[str]) -> int:
    """Return how many samples lie in parts of the pool that came after those of the audit set."""
    rows = [pool.row_of[sample] for sample in audit if sample in pool.row_of]
    parts = np.asarray(pool.parts)
    return int((pool.is_present & (parts > parts[rows].max())).sum()) if rows else 0
