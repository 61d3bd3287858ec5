"""The metrics of a head on labelled rows: accuracies, likelihood, calibration."""

import numpy as np

from activepool.heads.predictions import Predictions

#: A number, one number per class, or None (null in JSON) where there are no rows.
Metric = float | list[float | None] | None

#: Number of equal-width bins of the expected calibration error, as in Guo et al. 2017.
CALIBRATION_BINS = 15


def classification_metrics(predictions: Predictions, num_classes: int) -> dict[str, Metric]:
    """Return the test-set metrics of metrics.json.

    Returns:
        top1: the share of rows whose right class has the largest logit.
        top5: the share of rows whose right class is among the five largest logits (1 with fewer classes).
        balanced_accuracy: the mean accuracy of a class, over the classes with rows.
        nll: mean negative log-likelihood, in nats.
        ece: expected calibration error (Guo et al. 2017, equation 3).
        per_class_accuracy: C numbers; None for a class without rows.
    """
    labels, correct = predictions.labels, predictions.ranks < 1
    counts = np.bincount(labels, minlength=num_classes)
    hits = np.bincount(labels[correct], minlength=num_classes)
    present = counts > 0
    return {
        "top1": _mean(correct),
        "top5": _mean(predictions.ranks < 5),
        "balanced_accuracy": _mean(hits[present] / counts[present]),
        "nll": _mean(predictions.losses),
        "ece": expected_calibration_error(predictions.confidences, correct) if len(labels) else None,
        "per_class_accuracy": [
            float(hit / count) if count else None for hit, count in zip(hits, counts, strict=True)
        ],
    }


def _mean(values: np.ndarray) -> float | None:
    return float(values.mean()) if len(values) else None


def expected_calibration_error(confidences: np.ndarray, correct: np.ndarray) -> float:
    """Return Σ_b |B_b|/n · |acc(B_b) − conf(B_b)| over bins B_b = ((b−1)/15, b/15] of confidence.

    Guo et al. 2017, On Calibration of Modern Neural Networks, equations 2 and 3.
    """
    bins = np.ceil(confidences * CALIBRATION_BINS).astype(np.int64)
    gaps = np.bincount(bins, weights=correct - confidences)
    return float(np.abs(gaps).sum() / len(correct))
