"""How well a head classifies labelled rows: accuracies, likelihood, calibration."""

import numpy as np

from activepool.heads.predictions import Predictions, mean

#: A number, a number a class, or None (null in JSON) for what no row decides.
Metric = float | list[float | None] | None

#: Bins of equal width of the expected calibration error, as in Guo et al. 2017.
CALIBRATION_BINS = 15


def classification_metrics(predictions: Predictions, num_classes: int) -> dict[str, Metric]:
    """Return the metrics of metrics.json that the test set gives.

    Returns:
        top1: the share of rows of which the right class has the largest logit.
        top5: the share of rows of which it is among the five largest (of fewer classes: 1).
        balanced_accuracy: the mean over classes with rows of the accuracy in the class.
        nll: mean negative log-likelihood, in nats.
        ece: expected calibration error (Guo et al. 2017, equation 3).
        per_class_accuracy: C numbers; None for a class without rows.
    """
    labels, correct = predictions.labels, predictions.ranks < 1
    counts = np.bincount(labels, minlength=num_classes)
    hits = np.bincount(labels[correct], minlength=num_classes)
    present = counts > 0
    return {
        "top1": predictions.accuracy,
        "top5": mean(predictions.ranks < 5),
        "balanced_accuracy": mean(hits[present] / counts[present]),
        "nll": predictions.nll,
        "ece": expected_calibration_error(predictions.confidences, correct) if len(labels) else None,
        "per_class_accuracy": [
            float(hit / count) if count else None for hit, count in zip(hits, counts, strict=True)
        ],
    }


def expected_calibration_error(confidences: np.ndarray, correct: np.ndarray) -> float:
    """Return Σ_b |B_b|/n · |acc(B_b) − conf(B_b)| over bins B_b = ((b−1)/15, b/15] of confidence.

    Guo et al. 2017, On Calibration of Modern Neural Networks, equations 2 and 3.
    """
    bins = np.ceil(confidences * CALIBRATION_BINS).astype(np.int64)
    gaps = np.bincount(bins, weights=correct - confidences)
    return float(np.abs(gaps).sum() / len(correct))
