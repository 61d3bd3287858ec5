"""How well a head classifies labelled rows: accuracies, likelihood, calibration.

Each row is reduced to a few numbers as it streams by; logits are kept for one block at a time.
"""

from dataclasses import dataclass
from functools import partial

import numpy as np

from activepool.compute import Array, Compute, Mapping, row_blocks, to_numpy
from activepool.features.store import BLOCK_ROWS
from activepool.heads.labelled import LabelledRows
from activepool.heads.linear import LinearHead

#: A number, a number a class, or None (null in JSON) for what no row decides.
Metric = float | list[float | None] | None

#: Bins of equal width of the expected calibration error, as in Guo et al. 2017.
CALIBRATION_BINS = 15


@dataclass(frozen=True)
class Predictions:
    """What a head says of n labelled rows, a number a row.

    Attributes:
        labels: (n,) int64.
        ranks: (n,) int64, how many classes come before the right one; of equal logits the lower class does.
        confidences: (n,) float64, the largest probability.
        losses: (n,) float64, −log of the right class's probability.
    """

    labels: np.ndarray
    ranks: np.ndarray
    confidences: np.ndarray
    losses: np.ndarray

    @property
    def accuracy(self) -> float | None:
        """Top-1 accuracy; None without rows."""
        return _mean(self.ranks < 1)

    @property
    def nll(self) -> float | None:
        """Mean negative log-likelihood in nats; None without rows."""
        return _mean(self.losses)


def predict(head: LinearHead, rows: LabelledRows, compute: Compute) -> Predictions:
    """Apply ``head`` to ``rows`` in float64, in blocks: the choice of a head depends on the predictions."""
    with compute.mapping() as mapping:
        return predict_by(mapping, head, rows, compute)


def predict_by(mapping: Mapping, head: LinearHead, rows: LabelledRows, compute: Compute) -> Predictions:
    """Do what `predict` does, on workers that are there already."""
    weight, bias = (compute.array(values.astype(np.float64)) for values in (head.weight, head.bias))
    one_block = partial(_predict_block, weight, bias, rows, compute)
    blocks = list(mapping(one_block, row_blocks(len(rows), BLOCK_ROWS)))
    if not blocks:
        return Predictions(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0), np.empty(0))
    return Predictions(rows.labels, *(np.concatenate(column) for column in zip(*blocks, strict=True)))


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
        "top5": _mean(predictions.ranks < 5),
        "balanced_accuracy": _mean(hits[present] / counts[present]),
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


def _predict_block(
    weight: Array, bias: Array, rows: LabelledRows, compute: Compute, part: slice
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return ranks, confidences and losses of a part of the rows."""
    logits = to_numpy(compute.array(rows.read(part, np.float64)) @ weight.T + bias)
    labels = rows.labels[part][:, None]
    of_labels = np.take_along_axis(logits, labels, axis=1)
    before = (logits == of_labels) & (np.arange(logits.shape[1]) < labels)
    ranks = ((logits > of_labels) | before).sum(axis=1)
    largest = logits.max(axis=1)
    log_normalisers = np.log(np.exp(logits - largest[:, None]).sum(axis=1))
    return ranks, np.exp(-log_normalisers), log_normalisers + largest - of_labels[:, 0]


def _mean(values: np.ndarray) -> float | None:
    return float(values.mean()) if len(values) else None
