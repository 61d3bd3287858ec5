"""Labelled images: what finetunes and tests a network."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np


@dataclass(frozen=True)
class LabelledImages:
    """Some rows of a part, train or test, of dataset.h5, with labels, none of them -1; both (n,) int64."""

    dataset: Path
    part: str
    rows: np.ndarray
    labels: np.ndarray

    @classmethod
    def all_known(cls, dataset: Path, part: str, labels: np.ndarray) -> "LabelledImages":
        """Return the rows of a part whose label is known (not -1)."""
        rows = np.flatnonzero(labels >= 0)
        return cls(dataset, part, rows, labels[rows])

    def take(self, part: slice) -> "LabelledImages":
        """Return a part of the rows."""
        return replace(self, rows=self.rows[part], labels=self.labels[part])

    def __len__(self) -> int:
        """n."""
        return len(self.rows)
