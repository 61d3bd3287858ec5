"""labels.csv and classes.csv: the labels that a head of the loop is trained on, by the names of classes."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from activepool.api.labels import Labelled
from activepool.compute.arrays import IntArray
from activepool.errors import InputError
from activepool.io.index_files import read_index, read_rows


@dataclass(frozen=True)
class TrainingLabels:
    """The labels that a model of a project trains on.

    Attributes:
        rows: (m,) int64, rows of features.h5.
        sources: (m,) the origin of each row.
        labels: (m,) the name of the class of each row.
        samples: (m,) the sample of each row; None if a file does not know them.
    """

    rows: IntArray
    sources: list[str]
    labels: list[str]
    samples: list[str] | None = None

    @property
    def by_sample(self) -> "TrainingLabels":
        """The same labels in the order of their samples, which does not depend on the numbers of the rows."""
        if self.samples is None:
            return self
        order = sorted(range(len(self.rows)), key=self.samples.__getitem__)
        lists = ([values[place] for place in order] for values in (self.sources, self.labels, self.samples))
        return TrainingLabels(self.rows[order], *lists)


def read_labels(path: str | Path) -> TrainingLabels:
    """Read labels.csv (index, source, label, sample); raises InputError if it is not such a file.

    Before activepool 0.2.0, files had no column ``sample``.
    """
    rows = read_index(path)
    names, cells = read_rows(path)
    missing = [name for name in ("source", "label") if name not in names]
    if missing:
        raise InputError(f"{path}: has no column {missing[0]!r} (columns: {', '.join(names)})")
    samples = [one["sample"] for one in cells] if "sample" in names else None
    return TrainingLabels(rows, [one["source"] for one in cells], [one["label"] for one in cells], samples)


def read_classes(path: str | Path) -> list[str]:
    """Return the classes of classes.csv in their order; raises InputError if it is not such a file."""
    names, cells = read_rows(path)
    if "class" not in names:
        raise InputError(f"{path}: has no column 'class' (columns: {', '.join(names)})")
    classes = [one["class"] for one in cells]
    twice = next((name for place, name in enumerate(classes) if name in classes[:place]), None)
    if twice is not None:
        raise InputError(f"{path}: has the class {twice!r} twice")
    return classes


def read_training_set(labels: str | Path, classes: str | Path, samples: int) -> tuple[Labelled, list[str]]:
    """Return the labelled set in the order of its samples, and the classes without any label.

    The classes of the set are those that have labels, in the order of ``classes``. No label says what a class
    looks like that nobody has found yet, so any probability for it would be made up.

    Raises: InputError if a row or a class does not exist, or if fewer than two classes have labels.
    """
    given, names = read_labels(labels).by_sample, read_classes(classes)
    strange = next((name for name in given.labels if name not in names), None)
    if strange is not None:
        raise InputError(f"{labels}: has the label {strange!r}, which is not a class in {classes}")
    if given.rows.max(initial=-1) >= samples:
        raise InputError(
            f"{labels}: index {given.rows.max()} is not a row of the features (0 to {samples - 1})"
        )
    present = [name for name in names if name in set(given.labels)]
    if len(present) < 2:
        found = f"all labels are {present[0]!r}" if present else "there are no labels"
        raise InputError(f"{labels}: {found}; a model needs labels of at least two classes")
    without = [name for name in names if name not in present]
    return Labelled(given.rows, class_numbers(given.labels, present), np.array(present), None), without


def class_numbers(labels: Sequence[str], classes: Sequence[str]) -> IntArray:
    """Return the number of each label's class, (m,) int64."""
    number = {name: place for place, name in enumerate(classes)}
    return np.array([number[label] for label in labels], dtype=np.int64)
