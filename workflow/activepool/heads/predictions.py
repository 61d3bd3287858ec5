"""What a head says of labelled rows.

Each row is reduced to a few numbers as it streams by; logits are kept for one block at a time.
"""

from dataclasses import dataclass
from functools import partial

import numpy as np

from activepool.compute.blocks import BLOCK_ROWS, Array, Compute, Mapping, row_blocks, to_numpy
from activepool.heads.labelled import LabelledRows
from activepool.heads.linear import LinearHead


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
        return mean(self.ranks < 1)

    @property
    def nll(self) -> float | None:
        """Mean negative log-likelihood in nats; None without rows."""
        return mean(self.losses)


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


def mean(values: np.ndarray) -> float | None:
    """Return the mean of ``values``; None if there are none."""
    return float(values.mean()) if len(values) else None
