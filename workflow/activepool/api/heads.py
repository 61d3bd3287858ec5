"""The linear head for users: trained on their labels, with scikit-learn's methods."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from activepool.api.arrays import (
    Features,
    Rows,
    feature_matrix,
    require_matching_indexes,
    require_row_order,
    to_array,
    to_compute,
    to_rows,
    to_whole,
)
from activepool.api.labels import Classes, Labelled, labelled_set
from activepool.api.tables import column_names
from activepool.compute.arrays import FloatArray
from activepool.compute.blocks import BLOCK_ROWS, Compute, row_blocks, to_numpy
from activepool.errors import InputError, shown
from activepool.evaluation.calibration import Temperature, fit_temperature
from activepool.features.store import FeatureMatrix
from activepool.heads.linear import LinearHead
from activepool.scores.pool_scorer import PoolScorer
from activepool.scores.uncertainty import Logits, log_softmax

if TYPE_CHECKING:
    from activepool.heads.cross_validation import CrossValidation


@dataclass(frozen=True, eq=False)
class Head:
    """A linear classifier: logits = features · weightᵀ + bias.

    Attributes:
        weight: (C, d) float32.
        bias: (C,) float32.
        classes: (C,) the classes, as in the labels that it was trained on.
        weight_decay: the weight decay of its training; None if it was not trained here.
        validation_accuracy: the accuracy on the validation rows, 0 to 1; None without such rows.
        temperature: the divisor of the logits that calibrates the probabilities; 1 if it is unknown.
        uncalibrated: why the temperature is unknown, in words; None if it is known.
        cross_validation: the choice of the weight decay, with the predictions for the held-out rows; None if
            validation rows chose it, or if there was only one.
        feature_names: the columns of the DataFrame of features that it was trained on; None if they had no
            names. A DataFrame with other columns, or in another order, is an error.

    Raises InputError if the arrays do not fit together.
    """

    weight: FloatArray
    bias: FloatArray
    classes: np.ndarray
    weight_decay: float | None = None
    validation_accuracy: float | None = None
    temperature: float = 1.0
    uncalibrated: str | None = "no row was held out"
    cross_validation: "CrossValidation | None" = field(default=None, repr=False)
    feature_names: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        for name, values in _head_arrays(self.weight, self.bias, self.classes).items():
            object.__setattr__(self, name, values)
        if self.feature_names is not None and len(self.feature_names) != self.weight.shape[1]:
            raise InputError(
                f"head has {len(self.feature_names)} feature_names for features of width "
                f"{self.weight.shape[1]}"
            )

    @property
    def classes_(self) -> np.ndarray:
        """The same as ``classes``, under scikit-learn's name."""
        return self.classes

    def __sklearn_tags__(self) -> Any:
        """Return what scikit-learn's scorers ask: that this is a classifier."""
        from sklearn.utils import ClassifierTags, Tags, TargetTags

        return Tags("classifier", TargetTags(required=True), classifier_tags=ClassifierTags())

    @cached_property
    def linear(self) -> LinearHead:
        """The same head, in the library's type."""
        return LinearHead(self.weight, self.bias)

    def predict(self, features: Features) -> np.ndarray:
        """Return the class of each row of ``features`` (n, d), (n,); near-ties are decided in float64."""
        scorer = self._scorer(features)
        places = scorer.score(np.arange(scorer.features.shape[0]), ())["predicted"]
        predicted: np.ndarray = self.classes[places]
        return predicted

    def predict_proba(self, features: Features, *, calibrated: bool = False) -> FloatArray:
        """Return the probability of each class for each row of ``features`` (n, d), (n, C) float32.

        ``calibrated`` divides the logits by the temperature, which does not change any prediction.
        """
        scorer = self._scorer(features)
        rows = np.arange(scorer.features.shape[0])

        def probabilities(block: slice) -> np.ndarray:
            logits = scorer.checked_logits(rows[block]).values
            if calibrated:
                logits /= self.temperature
            exponentials: np.ndarray = np.exp(to_numpy(log_softmax(Logits(logits))))
            return exponentials

        return np.concatenate(list(scorer.compute.map(probabilities, row_blocks(len(rows), BLOCK_ROWS))))

    def require_fit(self, features: FeatureMatrix, names: tuple[str, ...] | None) -> None:
        """Raise InputError if the head is for features of another width, or with other column ``names``."""
        width = self.weight.shape[1]
        if width != features.shape[1]:
            raise InputError(f"head is for features of width {width}, these have {features.shape[1]}")
        if names and self.feature_names and names != self.feature_names:
            pairs = zip(names, self.feature_names, strict=True)
            column, (name, expected) = next((n, pair) for n, pair in enumerate(pairs) if pair[0] != pair[1])
            raise InputError(
                f"features has {name!r} in column {column}, where the head was trained on {expected!r}; give "
                "the same columns in the same order"
            )

    def _scorer(self, features: Features) -> PoolScorer:
        matrix = feature_matrix(features)
        self.require_fit(matrix, column_names(features))
        return PoolScorer(matrix, self.linear, to_compute(None, None, features))


def train_head(
    features: Features,
    labels: Any,
    *,
    labelled: Rows | None = None,
    validation: Rows | None = None,
    classes: Classes = None,
    weight_decay: float | Sequence[float] | None = None,
    class_weight: str | None = None,
    seed: int = 0,
    device: str | None = None,
    workers: int | None = None,
) -> Head:
    """Train a linear head to the optimum of softmax regression, as the workflow's solver ``lbfgs`` does.

    Args:
        features: (N, d) array, memory map, HDF5 dataset or torch tensor.
        labels: either of all rows, (N,), with -1, None or NaN for unknown ones; or only of the rows
            ``labelled``, (m,).
        labelled: rows to train on, as numbers or a mask; by default, all rows with a known label, except for
            validation rows.
        validation: rows that choose among several weight decays; then give labels of all rows, (N,).
        classes: all classes in their order, or their number; by default, those in ``labels``, sorted.
        weight_decay: relative to the total variance of the labelled features; one, or several to choose from,
            by default 1e-2, 1e-3, 1e-4, 1e-5 and 1e-6. The validation rows decide or, without such rows,
            cross-validation on the labelled rows. With fewer than 10 labels, or fewer than 3 of a class that
            has any, the weight decay nearest to 1e-4 is taken, without cross-validation.
        class_weight: ``"balanced"`` weighs classes by the inverse of their number of labels.
        seed: the seed of the folds of cross-validation.
        device: ``cpu``, ``cuda``, ``cuda:N`` or ``auto``; by default, where the features are.
        workers: number of threads; by default, all processors. It does not affect the result.

    Raises InputError, with one line that says what is wrong.
    """
    require_matching_indexes(features, {"labelled": labelled, "validation": validation}, labels=labels)
    matrix = feature_matrix(features)
    rows = to_rows("validation", [] if validation is None else validation, matrix.shape[0])
    samples = labelled_set(labels, labelled, rows, matrix.shape[0], classes)
    require_row_order(labels, samples.rows, features)
    compute = to_compute(device, workers, features)
    head = train_on(matrix, samples, rows, weight_decay, class_weight, to_whole("seed", seed, 0), compute)
    head = replace(head, feature_names=column_names(features))
    return calibrate(head, matrix, samples, rows, compute)


def calibrate(
    head: Head, features: FeatureMatrix, samples: Labelled, validation: np.ndarray, compute: Compute
) -> Head:
    """Return a head with the temperature that suits the rows held out for validation or cross-validation."""
    from activepool.heads.cross_validation import logits64
    from activepool.heads.labelled import LabelledRows

    if head.cross_validation is not None:
        temperature = fit_temperature(head.cross_validation.logits, head.cross_validation.labels)
    elif len(validation):
        held_out = LabelledRows(features, validation, samples.validation_labels(validation))
        temperature = fit_temperature(logits64(head.linear, held_out, compute), held_out.labels)
    else:
        temperature = Temperature(1.0, "one weight decay is given, and no row was held out")
    return replace(head, temperature=temperature.value, uncalibrated=temperature.unknown)


def train_on(
    features: FeatureMatrix,
    samples: Labelled,
    validation: np.ndarray,
    weight_decay: float | Sequence[float] | None,
    class_weight: str | None,
    seed: int,
    compute: Compute,
) -> Head:
    """Return the head of a labelled set, without a temperature; see `train_head`."""
    # Pydantic, which checks the settings, takes longer to import than a small head takes to train.
    from activepool.heads.cross_validation import cross_validate
    from activepool.heads.labelled import LabelledRows
    from activepool.heads.lbfgs import train_lbfgs
    from activepool.heads.settings import LbfgsSettings

    if samples.labels is None or samples.classes is None or not len(samples.rows):
        raise InputError("a head needs at least one labelled row; give labels, or a head")
    if len(samples.classes) == 1:
        raise InputError(
            f"a head needs two classes, and all labels are {samples.classes[0]!s}; label more, give classes, "
            "or take a strategy that needs no labels, such as maxherding"
        )
    if class_weight is not None and not (isinstance(class_weight, str) and class_weight == "balanced"):
        raise InputError(f"class_weight is {shown(class_weight)}; it must be None or 'balanced'")
    settings = LbfgsSettings(class_weights=class_weight == "balanced")
    if weight_decay is not None:
        settings = replace(settings, weight_decays=_weight_decays(weight_decay))
    validation_labels = samples.validation_labels(validation) if len(validation) else validation
    labelled, num_classes = LabelledRows(features, samples.rows, samples.labels), len(samples.classes)
    cross_validation = None
    if not len(validation) and np.size(settings.weight_decays) > 1:
        cross_validation = cross_validate(labelled, num_classes, settings, seed, compute)
        settings = replace(settings, weight_decays=cross_validation.weight_decay)
    held_out = LabelledRows(features, validation, validation_labels)
    training = train_lbfgs(labelled, held_out, num_classes, settings, compute)
    return Head(
        training.head.weight,
        training.head.bias,
        samples.classes,
        weight_decay=float(training.facts["weight_decay"]),
        validation_accuracy=training.validation_accuracy if len(validation) else None,
        cross_validation=cross_validation,
    )


def _head_arrays(weight: Any, bias: Any, classes: Any) -> dict[str, np.ndarray]:
    """Return the arrays of a head in their types; raises InputError if they do not fit together."""
    try:
        with np.errstate(over="ignore"):  # to infinity, which is named
            weight, bias = (
                to_array("head", values).astype(np.float32, copy=False) for values in (weight, bias)
            )
    except (TypeError, ValueError) as error:
        raise InputError(f"head: weight and bias must be numbers ({error})") from None
    if weight.ndim != 2 or not len(weight) or bias.shape != weight.shape[:1]:
        raise InputError(
            f"head: weight {weight.shape} and bias {bias.shape} must be (classes, width) and (classes,)"
        )
    if len(weight) == 1:
        raise InputError(
            "head has the weights of a single class; for two classes, give those of both, such as "
            "np.vstack([0 * weight, weight]) and [0, bias]"
        )
    if not (np.isfinite(weight).all() and np.isfinite(bias).all()):
        raise InputError("head has values that are not finite")
    names = to_array("head: classes", classes)
    if names.shape != bias.shape:
        raise InputError(f"head has weights for {len(bias)} classes, and its classes are {shown(classes)}")
    return {"weight": weight, "bias": bias, "classes": names}


def _weight_decays(weight_decay: float | Sequence[float]) -> tuple[float, ...]:
    """Return the weight decays to choose from; raises InputError if one is not a positive number."""
    values = np.atleast_1d(to_array("weight_decay", weight_decay))
    is_list = values.dtype.kind in "fiu" and values.ndim == 1 and values.size
    if not is_list or not (np.isfinite(values) & (values > 0)).all():
        raise InputError(
            f"weight_decay is {shown(weight_decay)}; it must be a positive number, or several in a list"
        )
    return tuple(values.astype(float).tolist())
