"""The accuracy of a model on a random sample that people labelled and that it was not trained on."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from activepool.api.arrays import is_number, require_one_order, to_share
from activepool.api.labels import Classes, number_labels, require_one_spelling, to_list
from activepool.compute.arrays import IntArray
from activepool.data.samples import UNKNOWN
from activepool.errors import InputError
from activepool.evaluation.intervals import Shares, confusion_matrix, sample_size, wilson_intervals


@dataclass(frozen=True, eq=False)
class Audit:
    """The accuracy of predictions on an audit sample; intervals are Wilson's.

    Attributes:
        classes: (C,) the classes.
        rows: how many rows were compared: those whose label is known.
        accuracy: the share of all rows that are right; ``value``, ``low`` and ``high`` are single numbers.
        class_accuracy: (C,) the share of each class's rows that are right; NaN for a class without rows.
        confusion: (C, C) int64, how many rows of class i are predicted j.
        confusion_shares: (C, C) the share of the rows of class i that are predicted j.
    """

    classes: np.ndarray
    rows: int
    accuracy: Shares
    class_accuracy: Shares
    confusion: IntArray
    confusion_shares: Shares


def audit(truth: Any, predicted: Any, *, classes: Classes = None, confidence: float = 0.95) -> Audit:
    """Compare predictions with the labels that people gave to a random sample.

    Rows whose label is not known (-1, None or NaN) are left out; ``rows`` of the result counts the others.

    Args:
        truth: (n,) labels.
        predicted: (n,) predicted classes.
        classes: all classes in their order, or their number; by default, those that occur, sorted.
        confidence: the level of the intervals.

    Raises InputError, with one line that says what is wrong.
    """
    require_one_order("predicted", predicted, "truth", truth)
    true_values, predicted_values = to_list("truth", truth), to_list("predicted", predicted)
    if len(true_values) != len(predicted_values) or not true_values:
        lengths = f"truth has {len(true_values)} rows, and predicted {len(predicted_values)}"
        raise InputError(f"{lengths}; they need the same, and at least one")
    if classes is None:
        # In their own types and shapes, in which a -1 may have become another number.
        number_labels("truth", truth)
        number_labels("predicted", predicted, are_predicted=True)
        require_one_spelling("truth", true_values, "predicted", predicted_values)
        values = true_values + predicted_values
        classes = number_labels("truth with predicted", values, are_predicted=True)[1]
    labels, class_values = number_labels("truth", true_values, classes)
    predictions, _ = number_labels("predicted", predicted_values, classes)
    is_labelled = labels != UNKNOWN
    unpredicted = np.flatnonzero(is_labelled & (predictions == UNKNOWN))
    if len(unpredicted):
        raise InputError(f"predicted row {unpredicted[0]} has no class")
    counts = confusion_matrix(labels[is_labelled], predictions[is_labelled], len(class_values))
    correct, cases, level = counts.diagonal(), counts.sum(axis=1), to_share("confidence", confidence, 0.95)
    return Audit(
        class_values,
        int(is_labelled.sum()),
        wilson_intervals(correct.sum(), cases.sum(), level),
        wilson_intervals(correct, cases, level),
        counts,
        wilson_intervals(counts, cases[:, None], level),
    )


def audit_size(width: float, *, confidence: float = 0.95, accuracy: float = 0.5) -> int:
    """Return how many random samples an audit needs for an interval of the accuracy of this width.

    Args:
        width: the width of the interval from end to end, between 0 and 1: 0.1 is ±0.05.
        confidence: the level of the interval.
        accuracy: the accuracy that you expect; 0.5 gives enough samples for any accuracy. The closer to 1,
            the fewer samples are needed.

    Raises InputError, with one line that says what is wrong.
    """
    if not is_number(accuracy) or not 0 <= accuracy <= 1:
        raise InputError(f"accuracy is {accuracy!r}; it must be from 0 to 1")
    return sample_size(to_share("width", width, 0.1), to_share("confidence", confidence, 0.95), accuracy)
