"""The series of the batches' models: their accuracies, and the agreement of each with the one before it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from activepool.api.progress import learning_curve_fit
from activepool.evaluation.power_law import LearningCurveFit
from activepool.evaluation.progress import cohens_kappa, is_settled
from activepool.labelling.models.named_head import read_facts
from activepool.labelling.models.predictions import PoolPredictions
from activepool.labelling.models.training_labels import read_labels
from activepool.labelling.status.accuracies import (
    AUDIT,
    CONFIDENCE,
    CROSS_VALIDATION,
    MIN_CASES,
    Share,
    shares,
)


@dataclass(frozen=True)
class ModelRow:
    """The model of a batch, and the number of labels on which it trained; for the texts see `TrainingFacts`.

    Attributes:
        accuracy: measured as `ModelSeries` says; None if there are too few cases.
        compared: the number of samples that both this model and the one before it classified.
        agreement: Cohen's κ of the two on these; None for the first model, and where κ is undefined.
    """

    batch: str
    labels: int
    weight_decay: float
    fixed: str | None
    accuracy: Share | None
    compared: int
    agreement: float | None
    uncalibrated: str | None = None


@dataclass(frozen=True)
class Training:
    """The training of a batch's model, on the labels of these ``rows``; its accuracy is not in ``model`` yet.

    Cross-validation held out ``held_out`` labels, all except the only label of a class, and predicted
    ``hits``.
    """

    model: ModelRow
    held_out: int
    hits: int
    rows: frozenset[int]


def read_training(training: str | Path, labels: str | Path) -> Training:
    """Read the training.json and the labels.csv of a batch."""
    facts, training_labels = read_facts(training), read_labels(labels)
    held_out = hits = 0
    if facts.accuracy is not None:
        held_out = sum(count for count in Counter(training_labels.labels).values() if count > 1)
        hits = round(facts.accuracy * held_out)
    model = ModelRow(
        batch=Path(training).parent.name,
        labels=len(training_labels.labels),
        weight_decay=facts.weight_decay,
        fixed=facts.fixed,
        accuracy=None,
        compared=0,
        agreement=None,
        uncalibrated=facts.uncalibrated,
    )
    return Training(model, held_out, hits, frozenset(training_labels.rows.tolist()))


@dataclass(frozen=True)
class ModelSeries:
    """The models of all batches, in order; one without newly labelled samples replaces the one before it.

    Attributes:
        fit: a power law through their errors, or why there is none.
        is_settled: whether the last three models agree so well with those before that people may stop.
        is_last_partial: whether the last model had only some answers to the batch that is out. It would agree
            with the model before it for that reason only, so the two are not compared.
    """

    measured_on: str
    models: tuple[ModelRow, ...]
    fit: LearningCurveFit
    is_settled: bool
    is_last_partial: bool = False

    @property
    def agreements(self) -> list[float | None]:
        """κ of each model and the one before it, without a partial model."""
        return _agreements(self.models, self.is_last_partial)


class Comparison:
    """Compares models one after the other, with at most three predictions in memory."""

    def __init__(self, audit: dict[int, str]) -> None:
        self._audit = audit
        self._previous: PoolPredictions | None = None
        self._last: PoolPredictions | None = None
        self._rows: list[ModelRow] = []
        self._is_partial = False
        self._labelled: frozenset[int] = frozenset()

    def add(self, training: Training, predictions: PoolPredictions, is_partial: bool = False) -> None:
        """Add the next model; a partial model is the last, see `ModelSeries`.

        A model without newly labelled samples, as after a correction, replaces the model before it, because
        the agreement of these two is meaningless.
        """
        if self._rows and training.rows <= self._labelled:
            self._rows.pop()
            is_partial = False
        else:
            self._previous = self._last
        self._labelled, self._last, self._is_partial = training.rows, predictions, is_partial
        previous = None if is_partial else self._previous
        compared = min(len(previous.predicted), len(predictions.predicted)) if previous else 0
        kappa = agreement(previous, predictions) if previous else None
        share = self._accuracy(training, predictions)
        known = share if share.cases >= MIN_CASES else None
        self._rows.append(replace(training.model, accuracy=known, compared=compared, agreement=kappa))

    def series(self) -> ModelSeries:
        """Return the series of the models so far."""
        settled = is_settled(_agreements(self._rows, self._is_partial))
        measured_on = AUDIT if self._audit else CROSS_VALIDATION
        return ModelSeries(measured_on, tuple(self._rows), _fit(self._rows), settled, self._is_partial)

    def _accuracy(self, training: Training, predictions: PoolPredictions) -> Share:
        """Return the share of right predictions on the audit set or, without one, by cross-validation."""
        if not self._audit:
            return shares([training.hits], [training.held_out])[0]
        cases = [(row, label) for row, label in self._audit.items() if row < len(predictions.predicted)]
        hits = sum(predictions.name(row) == label for row, label in cases)
        return shares([hits], [len(cases)])[0]


def agreement(first: PoolPredictions, second: PoolPredictions) -> float | None:
    """Return Cohen's κ of two models on the rows that both classified; the same name is the same class."""
    names = dict.fromkeys([*first.class_names, *second.class_names])
    number = {name: place for place, name in enumerate(names)}
    rows = min(len(first.predicted), len(second.predicted))
    numbers = [
        np.array([number[name] for name in predictions.class_names])[predictions.predicted[:rows]]
        for predictions in (first, second)
    ]
    return cohens_kappa(*numbers)


def _agreements(rows: Sequence[ModelRow], is_last_partial: bool) -> list[float | None]:
    return [row.agreement for row in rows[1 : len(rows) - is_last_partial]]


def _fit(rows: Sequence[ModelRow]) -> LearningCurveFit:
    """Fit a power law; of models with the same number of labels, the last counts."""
    errors = {
        row.labels: 1 - row.accuracy.hits / row.accuracy.cases for row in rows if row.accuracy and row.labels
    }
    return learning_curve_fit(list(errors), list(errors.values()), confidence=CONFIDENCE)
