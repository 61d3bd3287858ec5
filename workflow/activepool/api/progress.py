"""Whether more labels pay, from a user's errors and predictions: fits, agreement, a stop rule."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from activepool.api.arrays import is_number, require_one_order, to_array, to_share, to_whole
from activepool.api.labels import number_labels, require_one_spelling, to_list
from activepool.data.samples import UNKNOWN
from activepool.errors import InputError
from activepool.evaluation.power_law import LearningCurveFit, fit_learning_curve
from activepool.evaluation.progress import cohens_kappa, is_settled


def learning_curve_fit(
    labels_used: Any, errors: Any, *, confidence: float = 0.95, seed: int = 0
) -> LearningCurveFit:
    """Fit err(n) = a + b · n^(−c) to a learning curve, to see what more labels would bring.

    Args:
        labels_used: (m,) different numbers of labels, in any order.
        errors: the error, 1 − accuracy, with each number of labels, (m,); or the errors of S seeds, (m, S).
        confidence: the level of the intervals.
        seed: the seed of the bootstrap that makes the intervals.

    Returns: the curve's ``asymptote``, ``factor`` and ``exponent``, each with an interval, and
    ``labels_for[0.9]``, ``[0.95]`` and ``[0.99]``, the number of labels that bring the accuracy to that share
    of its ceiling. With fewer than four points, or errors that do not clearly decline, ``unknown`` says so.

    Raises InputError, with one line that says what is wrong.
    """
    labels, values = to_array("labels_used", labels_used), to_array("errors", errors)
    is_whole = labels.dtype.kind in "iuf" and ((labels == np.rint(labels)) & (np.abs(labels) < 2.0**53)).all()
    if labels.ndim != 1 or not is_whole:
        raise InputError("labels_used must be a list of whole numbers")
    if len(labels) and (labels.min() < 1 or len(np.unique(labels)) < len(labels)):
        raise InputError("labels_used must be different numbers of at least 1")
    if values.dtype.kind not in "iuf" or values.ndim not in (1, 2) or len(values) != len(labels):
        raise InputError(
            f"errors has the shape {values.shape}; it must be ({len(labels)},) or ({len(labels)}, seeds), "
            "as labels_used is"
        )
    if values.ndim == 2 and not values.shape[1]:
        raise InputError("errors has no seed")
    if not ((values >= 0) & (values <= 1)).all():
        raise InputError("errors must be from 0 to 1")
    order = np.argsort(labels)
    table = (values if values.ndim == 2 else values[:, None]).astype(np.float64)[order]
    return fit_learning_curve(
        labels.astype(np.int64)[order],
        table,
        to_share("confidence", confidence, 0.95),
        to_whole("seed", seed, 0),
    )


def agreement(first: Any, second: Any) -> float | None:
    """Return Cohen's κ of two models' predictions for the same rows: 1 if all agree, 0 if only by chance.

    Args:
        first: (n,) predicted classes, numbers or names.
        second: (n,) the predicted classes of another model.

    Returns: κ; None without rows, or if both models predict the same single class for all rows.

    Raises InputError, with one line that says what is wrong.
    """
    require_one_order("second", second, "first", first)
    left, right = to_list("first", first), to_list("second", second)
    if len(left) != len(right):
        raise InputError(f"first has {len(left)} rows, and second {len(right)}; they must be the same rows")
    if not left:
        return None
    number_labels("first", first, are_predicted=True)
    number_labels("second", second, are_predicted=True)
    require_one_spelling("first", left, "second", right)
    numbers, _ = number_labels("predictions", left + right, are_predicted=True)
    if (numbers == UNKNOWN).any():
        raise InputError("predictions has rows without a class")
    return cohens_kappa(numbers[: len(left)], numbers[len(left) :])


def has_settled(agreements: Sequence[float | None]) -> bool:
    """Return whether the last three of ``agreements``, κ of consecutive models, are at least 0.99.

    This is a stop rule: more labels of this kind would change few predictions. None counts as disagreement.

    Raises InputError, with one line that says what is wrong.
    """
    if agreements is None or is_number(agreements):
        raise InputError(f"agreements is {agreements!r}; it must be a list of numbers, or of None")
    values = to_list("agreements", agreements)
    for value in values:
        if value is not None and (not is_number(value) or value > 1):
            raise InputError(f"agreements has {value!r}; each must be a number of at most 1, or None")
    return is_settled(values)
