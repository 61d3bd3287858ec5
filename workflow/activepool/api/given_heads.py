"""Heads that users bring: of activepool, of scikit-learn, of torch, or two arrays."""

from dataclasses import replace
from typing import Any

import numpy as np

from activepool.api.arrays import Features, to_array
from activepool.api.heads import Head
from activepool.api.tables import column_names
from activepool.errors import InputError
from activepool.features.store import FeatureMatrix


def to_head(model: Any, matrix: FeatureMatrix, features: Features) -> Head:
    """Return a head of features: a `Head`, a pair (weight, bias), or a linear model of scikit-learn or torch.

    Raises InputError if it is none of these, or is not for ``features``, of which ``matrix`` is made.
    """
    if isinstance(model, Head):
        head = model
    elif hasattr(model, "support_vectors_"):
        raise InputError(
            f"head: {type(model).__name__} is a one-vs-one classifier; use LinearSVC or LogisticRegression"
        )
    elif hasattr(model, "coef_") and hasattr(model, "intercept_"):
        head = _fitted_head(model)
    elif isinstance(model, tuple) and len(model) == 2:
        head = _numbered_head(*model)
    elif hasattr(model, "weight") and hasattr(model, "bias") and not isinstance(model, type):
        head = _numbered_head(model.weight, model.bias)
    else:
        raise InputError(
            f"head is a {type(model).__name__}; it must be what train_head returns, a pair "
            "(weight, bias), or a fitted linear model of scikit-learn or torch"
        )
    head.require_fit(matrix, column_names(features))
    return head


def _numbered_head(weight: Any, bias: Any) -> Head:
    """Return a head for the classes 0 … C − 1; without a ``bias``, it is 0."""
    weight = to_array("head", weight)
    count = len(weight) if weight.ndim else 0
    return Head(weight, np.zeros(count) if bias is None else bias, np.arange(count))


def _fitted_head(model: Any) -> Head:
    """Return the head of a fitted linear model of scikit-learn."""
    weight, bias = (to_array("head", values) for values in (model.coef_, model.intercept_))
    weight, bias = np.atleast_2d(weight), np.atleast_1d(bias)
    if bias.shape == (1,):
        bias = bias.repeat(len(weight))  # such as 0 without an intercept
    classes = getattr(model, "classes_", None)
    if len(weight) == 1 and classes is not None and len(classes) == 2:
        # The logit of the second class against the first.
        weight, bias = np.vstack([0 * weight, weight]), np.append(np.zeros_like(bias), bias)
    names = getattr(model, "feature_names_in_", None)
    head = Head(weight, bias, np.arange(len(weight)) if classes is None else classes)
    return replace(head, feature_names=None if names is None else tuple(names))
