"""Accuracies of a model: on the audit set, or by cross-validation."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from activepool.evaluation.intervals import wilson_intervals
from activepool.labelling.models.held_out import HeldOut
from activepool.labelling.pool.table import Pool

#: The level of all intervals.
CONFIDENCE = 0.95

#: The fewest cases of an accuracy: with fewer, its interval would be wider than 0.4.
MIN_CASES = 20

#: The data on which an accuracy is measured.
AUDIT, CROSS_VALIDATION = "audit", "cross_validation"

#: The most wrong predictions that are shown.
MAX_WRONG = 12


@dataclass(frozen=True)
class Share:
    """The share of right cases, with its Wilson interval; ``value`` is None without a case."""

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
    """The number of samples with a label and a predicted class."""

    label: str
    predicted: str
    count: int


@dataclass(frozen=True)
class Accuracy:
    """The accuracy of the current model, also of each class with a case.

    ``confusions`` are all pairs that occur, including right predictions, in the order of the classes.
    """

    measured_on: str
    overall: Share
    classes: tuple[ClassAccuracy, ...]
    confusions: tuple[Confusion, ...]

    @property
    def is_known(self) -> bool:
        """Whether there are enough cases."""
        return self.overall.cases >= MIN_CASES


@dataclass(frozen=True)
class Wrong:
    """A prediction that differs from the label, and the probability that the model gives its class.

    ``measured_on`` is AUDIT, or CROSS_VALIDATION for a model that was not trained on the sample.
    """

    source: str
    label: str
    predicted: str
    probability: float
    measured_on: str


def shares(hits: Sequence[int], cases: Sequence[int]) -> list[Share]:
    """Return the share of each of ``hits`` in ``cases``."""
    intervals = wilson_intervals(hits, cases, CONFIDENCE)
    columns = hits, cases, intervals.value, intervals.low, intervals.high
    return [
        Share(hit, case, float(value) if case else None, float(low), float(high))
        for hit, case, value, low, high in zip(*columns, strict=True)
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


def most_wrong(
    pool: Pool,
    held_out: HeldOut | None,
    training_labels: dict[str, str],
    audit_labels: dict[int, str],
    audited: dict[int, tuple[str, float]],
) -> tuple[Wrong, ...]:
    """Return the wrong predictions with the largest probabilities; in a tie, the lower row comes first.

    Labels that were corrected after ``held_out`` was predicted are left out; ``training_labels`` are the
    present ones, by sample. ``audited`` has the predicted class of the rows of the audit set, and its
    probability.
    """
    candidates = [
        (row, Wrong(pool.row_sources[row], audit_labels[row], predicted, chance, AUDIT))
        for row, (predicted, chance) in audited.items()
    ]
    if held_out:
        names = held_out.label_names, held_out.predicted_names
        for row, label, predicted, chance in zip(
            held_out.index.tolist(), *names, held_out.probability.tolist(), strict=True
        ):
            if training_labels.get(pool.samples[row]) == label:
                prediction = Wrong(pool.row_sources[row], label, predicted, chance, CROSS_VALIDATION)
                candidates.append((row, prediction))
    wrong = [(row, prediction) for row, prediction in candidates if prediction.label != prediction.predicted]
    wrong.sort(key=lambda pair: (-pair[1].probability, pair[0]))
    return tuple(prediction for _, prediction in wrong[:MAX_WRONG])
