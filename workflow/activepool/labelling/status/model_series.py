"""How the models of the batches improve, and how well each agrees with the one before it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
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
    FEWEST_CASES,
    Share,
    shares,
)


@dataclass(frozen=True)
class Training:
    """The training of a batch's model.

    Attributes:
        batch: the batch that the model was made for; it trained on the labels that came before.
        held_out: how many of them cross-validation held out: all but the only label of a class.
        right: how many of these were predicted right.
        rows: those of the labels.
        fixed: why cross-validation did not choose the weight decay, in words; None if it did.
    """

    batch: str
    labels: int
    held_out: int
    right: int
    rows: frozenset[int]
    weight_decay: float
    fixed: str | None


def read_training(training: str | Path, labels: str | Path) -> Training:
    """Read the training.json and the labels.csv of a batch."""
    facts, known = read_facts(training), read_labels(labels)
    held_out = right = 0
    if facts.accuracy is not None:
        held_out = sum(count for count in Counter(known.labels).values() if count > 1)
        right = round(facts.accuracy * held_out)
    return Training(
        batch=Path(training).parent.name,
        labels=len(known.labels),
        held_out=held_out,
        right=right,
        rows=frozenset(known.rows.tolist()),
        weight_decay=facts.weight_decay,
        fixed=facts.fixed,
    )


@dataclass(frozen=True)
class ModelRow:
    """The model of a batch, and how many labels it trained on.

    Attributes:
        fixed: why cross-validation did not choose the weight decay, in words; None if it did.
        accuracy: measured on what `ModelSeries` says; None if the cases are too few.
        compared: how many samples both it and the model before it classified.
        agreement: Cohen's κ of the two on these; None for the first model, and where κ says nothing.
    """

    batch: str
    labels: int
    weight_decay: float
    fixed: str | None
    accuracy: Share | None
    compared: int
    agreement: float | None


@dataclass(frozen=True)
class ModelSeries:
    """The models of all batches, in order; one without newly labelled samples replaces the model before it.

    Attributes:
        measured_on: AUDIT or CROSS_VALIDATION, the same for all.
        fit: a power law through their errors, or why there is none.
        is_settled: whether the last three models agree so well with those before that people may stop.
        is_last_partial: whether the last model had only some answers to the batch that is out. For that
            reason alone it would agree with the model before it, so it is not compared.
    """

    measured_on: str
    models: tuple[ModelRow, ...]
    fit: LearningCurveFit
    is_settled: bool
    is_last_partial: bool = False

    @property
    def agreements(self) -> list[float | None]:
        """κ of each model and the one before it, without a partial one."""
        return _agreements(self.models, self.is_last_partial)


class Comparison:
    """Compares models one after the other, so that no more than three predictions are in memory."""

    def __init__(self, audit: dict[int, str]) -> None:
        self._audit = audit
        self._before: PoolPredictions | None = None
        self._last: PoolPredictions | None = None
        self._rows: list[ModelRow] = []
        self._is_partial = False
        self._labelled: frozenset[int] = frozenset()

    def add(self, training: Training, predictions: PoolPredictions, is_partial: bool = False) -> None:
        """Add the next model; a partial model is the last, see `ModelSeries`.

        A model without newly labelled samples, as after a correction, replaces the model before it: the
        agreement of these two says nothing.
        """
        if self._rows and training.rows <= self._labelled:
            self._rows.pop()
            is_partial = False
        else:
            self._before = self._last
        self._labelled, self._last, self._is_partial = training.rows, predictions, is_partial
        before = None if is_partial else self._before
        compared = min(len(before.predicted), len(predictions.predicted)) if before else 0
        kappa = agreement(before, predictions) if before else None
        share = self._accuracy(training, predictions)
        self._rows.append(
            ModelRow(
                batch=training.batch,
                labels=training.labels,
                weight_decay=training.weight_decay,
                fixed=training.fixed,
                accuracy=share if share.cases >= FEWEST_CASES else None,
                compared=compared,
                agreement=kappa,
            )
        )

    def series(self) -> ModelSeries:
        """Return what was found."""
        settled = is_settled(_agreements(self._rows, self._is_partial))
        measured_on = AUDIT if self._audit else CROSS_VALIDATION
        return ModelSeries(measured_on, tuple(self._rows), _fit(self._rows), settled, self._is_partial)

    def _accuracy(self, training: Training, predictions: PoolPredictions) -> Share:
        """Return the share of right predictions on the audit set or, without one, by cross-validation."""
        if not self._audit:
            return shares([training.right], [training.held_out])[0]
        known = {row: label for row, label in self._audit.items() if row < len(predictions.predicted)}
        hits = sum(predictions.name(row) == label for row, label in known.items())
        return shares([hits], [len(known)])[0]


def agreement(first: PoolPredictions, second: PoolPredictions) -> float | None:
    """Return Cohen's κ of two models on the rows that both classified; the same name is the same class."""
    names = dict.fromkeys([*first.class_names, *second.class_names])
    number = {name: place for place, name in enumerate(names)}
    rows = min(len(first.predicted), len(second.predicted))
    numbers = [
        np.array([number[name] for name in one.class_names])[one.predicted[:rows]] for one in (first, second)
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
