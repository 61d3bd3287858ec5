"""Rows of a features matrix and their labels: what a head is trained on, and what it is measured on."""

from dataclasses import dataclass

import numpy as np

from activepool.errors import InputError
from activepool.features.store import FeatureMatrix


@dataclass(frozen=True)
class LabelledRows:
    """Some rows of a features matrix, in an order that matters, with their labels.

    Attributes:
        features: (N, d), of which the rows are read when they are needed.
        rows: (n,) int64.
        labels: (n,) int64, none of them -1.
    """

    features: FeatureMatrix
    rows: np.ndarray
    labels: np.ndarray

    @classmethod
    def of_array(cls, features: np.ndarray, labels: np.ndarray) -> "LabelledRows":
        """Wrap (n, d) features in memory, all of whose rows have a label."""
        return cls(FeatureMatrix.of_array(features), np.arange(len(labels)), labels)

    @classmethod
    def all_known(cls, features: FeatureMatrix, labels: np.ndarray) -> "LabelledRows":
        """Return the rows of which the label is known (not -1)."""
        rows = np.flatnonzero(labels >= 0)
        return cls(features, rows, labels[rows])

    def __len__(self) -> int:
        """n."""
        return len(self.rows)

    @property
    def width(self) -> int:
        """d."""
        return self.features.shape[1]

    def read(self, part: slice = slice(None), dtype: type = np.float32) -> np.ndarray:
        """Return the features of a part of the rows, (m, d) of ``dtype``, a fresh array.

        Raises: InputError if one is NaN or infinite, which would pass through all that follows unseen.
        """
        features = self.features.take(self.rows[part], dtype)
        # NaN and infinity pass through a sum, which is quicker than to look at every number.
        if not np.isfinite(features.sum()):
            finite = np.isfinite(features @ np.ones(self.width, dtype=dtype))
            if not finite.all():
                row = self.rows[part][~finite][0]
                raise InputError(f"features: row {row} holds NaN or infinity; extract the features again")
        return features

    def class_counts(self, num_classes: int) -> np.ndarray:
        """Return how many rows each class has, (C,) int64."""
        return np.bincount(self.labels, minlength=num_classes)


def class_weights(counts: np.ndarray, balanced: bool) -> np.ndarray:
    """Return the weight of each class in the loss, (C,) float64; the weights of all samples sum to 1.

    With n samples, n_c of class c, in K classes: 1/n each, or if ``balanced`` 1/(K n_c). The code of Emam et
    al. takes (n/n_c) / Σ_k (n/n_k), the same up to a factor, which does not matter: their loss, too, is
    divided by the sum of the samples' weights. A class without samples has the weight 0.
    """
    present = counts > 0
    if not balanced:
        return present / counts.sum()
    return np.divide(1 / present.sum(), counts, out=np.zeros(len(counts)), where=present)
