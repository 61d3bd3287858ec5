"""A head's predictions for labelled rows.

Each row is reduced to a few numbers as it streams by; only one block's logits are in memory.
"""

from dataclasses import dataclass

import numpy as np

from activepool.compute.blocks import BLOCK_ROWS, Compute, Mapping, row_blocks, to_numpy
from activepool.heads.labelled import LabelledRows
from activepool.heads.linear import LinearHead


@dataclass(frozen=True)
class Predictions:
    """A head's predictions for n labelled rows.

    Attributes:
        labels: (n,) int64.
        ranks: (n,) int64, how many classes rank above the right one; with equal logits the lower class does.
        confidences: (n,) float64, the largest probability.
        losses: (n,) float64, −log of the right class's probability.
    """

    labels: np.ndarray
    ranks: np.ndarray
    confidences: np.ndarray
    losses: np.ndarray

    @property
    def accuracy(self) -> float:
        """Top-1 accuracy; NaN without rows."""
        return _mean(self.ranks < 1)

    @property
    def top5(self) -> float:
        """Top-5 accuracy; NaN without rows."""
        return _mean(self.ranks < 5)

    @property
    def nll(self) -> float:
        """Mean negative log-likelihood in nats; NaN without rows."""
        return _mean(self.losses)


def predict(
    head: LinearHead, rows: LabelledRows, compute: Compute, mapping: Mapping | None = None
) -> Predictions:
    """Apply ``head`` to ``rows`` in blocks, in float64 because the choice of a head depends on the result.

    ``mapping`` is one that ``compute`` has open; by default, this function opens one.
    """
    weight, bias = (compute.array(values.astype(np.float64)) for values in (head.weight, head.bias))

    def predict_block(part: slice) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        logits = to_numpy(compute.array(rows.read(part, np.float64)) @ weight.T + bias)
        labels = rows.labels[part][:, None]
        label_logits = np.take_along_axis(logits, labels, axis=1)
        is_lower_class = (logits == label_logits) & (np.arange(logits.shape[1]) < labels)
        ranks = ((logits > label_logits) | is_lower_class).sum(axis=1)
        largest = logits.max(axis=1)
        log_normalisers = np.log(np.exp(logits - largest[:, None]).sum(axis=1))
        return ranks, np.exp(-log_normalisers), log_normalisers + largest - label_logits[:, 0]

    parts = row_blocks(len(rows), BLOCK_ROWS) or [slice(0, 0)]
    blocks = (mapping or compute.map)(predict_block, parts)
    return Predictions(rows.labels, *(np.concatenate(column) for column in zip(*blocks, strict=True)))


def _mean(values: np.ndarray) -> float:
    return float(values.mean()) if len(values) else np.nan
