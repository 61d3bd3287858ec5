"""labels.csv and classes.csv: the labels on which a head of the loop is trained, and the names of classes."""

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
    """The labels on which a model of a project trains: the class, row and source of each; rows (m,) int64.

    ``samples`` are None if a file lacks them.
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
    samples = [row["sample"] for row in cells] if "sample" in names else None
    return TrainingLabels(rows, [row["source"] for row in cells], [row["label"] for row in cells], samples)


def read_classes(path: str | Path) -> list[str]:
    """Return the classes of classes.csv in their order; raises InputError if it is not such a file."""
    names, cells = read_rows(path)
    if "class" not in names:
        raise InputError(f"{path}: has no column 'class' (columns: {', '.join(names)})")
    classes = [row["class"] for row in cells]
    repeated = next((name for place, name in enumerate(classes) if name in classes[:place]), None)
    if repeated is not None:
        raise InputError(f"{path}: has the class {repeated!r} twice")
    return classes


def read_training_set(labels: str | Path, classes: str | Path, samples: int) -> tuple[Labelled, list[str]]:
    """Return the labelled set in the order of its samples, and the classes without any label.

    The classes of the set are those with labels, in the order of ``classes``. No label tells what a class
    without labels looks like, so any probability for it would be arbitrary.

    Raises: InputError if a row or a class does not exist, or if fewer than two classes have labels.
    """
    training, names = read_labels(labels).by_sample, read_classes(classes)
    unknown = next((name for name in training.labels if name not in names), None)
    if unknown is not None:
        raise InputError(f"{labels}: has the label {unknown!r}, which is not a class in {classes}")
    if training.rows.max(initial=-1) >= samples:
        raise InputError(
            f"{labels}: index {training.rows.max()} is not a row of the features (0 to {samples - 1})"
        )
    labelled = [name for name in names if name in set(training.labels)]
    if len(labelled) < 2:
        problem = f"all labels are {labelled[0]!r}" if labelled else "there are no labels"
        raise InputError(f"{labels}: {problem}; a model needs labels of at least two classes")
    unlabelled = [name for name in names if name not in labelled]
    numbers = class_numbers(training.labels, labelled)
    return Labelled(training.rows, numbers, np.array(labelled), None), unlabelled


def class_numbers(labels: Sequence[str], classes: Sequence[str]) -> IntArray:
    """Return the number of each label's class, (m,) int64."""
    number = {name: place for place, name in enumerate(classes)}
    return np.array([number[label] for label in labels], dtype=np.int64)
