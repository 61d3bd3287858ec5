"""Rows of a feature matrix with their labels: what trains and tests a head."""

from dataclasses import dataclass

import numpy as np

from activepool.errors import InputError
from activepool.features.store import FeatureMatrix


@dataclass(frozen=True)
class LabelledRows:
    """Some rows (n,) int64 of features (N, d), read when they are needed, with their labels (n,) int64.

    The order of the rows matters; no label is -1.
    """

    features: FeatureMatrix
    rows: np.ndarray
    labels: np.ndarray

    @classmethod
    def from_arrays(cls, features: np.ndarray, labels: np.ndarray) -> "LabelledRows":
        """Wrap (n, d) features in memory and the label of each row."""
        return cls(FeatureMatrix.from_array(features), np.arange(len(labels)), labels)

    def __len__(self) -> int:
        """n."""
        return len(self.rows)

    @property
    def width(self) -> int:
        """d."""
        return self.features.shape[1]

    def part(self, places: np.ndarray) -> "LabelledRows":
        """Return some of the rows, by their positions or a mask."""
        return LabelledRows(self.features, self.rows[places], self.labels[places])

    def read(self, part: slice = slice(None), dtype: type = np.float32) -> np.ndarray:
        """Return the features of a part of the rows, (m, d) of ``dtype``, a fresh array.

        Raises: InputError if one is NaN or infinite; no later step would notice.
        """
        features = self.features.take(self.rows[part], dtype)
        # NaN and infinity survive a sum, which is quicker than testing every number.
        if not np.isfinite(features.sum()):
            finite = np.isfinite(features @ np.ones(self.width, dtype=dtype))
            if not finite.all():
                row = self.rows[part][~finite][0]
                raise InputError(f"features: row {row} has values that are not finite")
        return features

    def class_counts(self, num_classes: int) -> np.ndarray:
        """Return how many rows each class has, (C,) int64."""
        return np.bincount(self.labels, minlength=num_classes)


def class_weights(counts: np.ndarray, balanced: bool) -> np.ndarray:
    """Return the weight of each class in the loss, (C,) float64; the weights of all samples sum to 1.

    With n samples, n_c of class c, in K classes: 1/n each, or if ``balanced`` 1/(K n_c). The code of Emam et
    al. uses (n/n_c) / Σ_k (n/n_k). The constant factor between the two does not matter, because their loss is
    also divided by the sum of the samples' weights. A class without samples has weight 0.
    """
    present: np.ndarray = counts > 0
    weights = np.zeros(len(counts))
    if balanced:
        np.divide(1 / present.sum(), counts, out=weights, where=present)
    else:
        np.divide(present, counts.sum(), out=weights)
    return weights
