"""The samples of a round, from their index files: labelled set, validation split, unlabelled pool."""

from typing import NamedTuple

import numpy as np

from activepool.data.annotations import UNLABELABLE
from activepool.data.label_file import LabelFile
from activepool.data.labels import known_labels, used_labels
from activepool.data.splits import unlabelled_pool
from activepool.data.used_labels import UsedLabels
from activepool.errors import InputError
from activepool.io.index_files import read_index


class Labelled(NamedTuple):
    """Rows of the train part, and their labels, each (n,) int64."""

    rows: np.ndarray
    labels: np.ndarray


class RoundSamples(NamedTuple):
    """The labelled set, the validation split, the rows (n,) that are in neither, and the annotations used.

    Picks that cannot be labelled are in none of the three.
    """

    labelled: Labelled
    validation: Labelled
    unlabelled: np.ndarray
    used_labels: UsedLabels | None


def read_pool(samples: int, validation: str, labelled: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the labelled rows (l,) and the unlabelled pool (n,) of ``samples`` rows, from index files."""
    rows = read_index(labelled)
    return rows, unlabelled_pool(samples, read_index(validation), rows)


def read_round_samples(
    file: LabelFile, validation: str, labelled: str, annotations: str | None
) -> RoundSamples:
    """Return the samples that a round trains with.

    Raises InputError if a set is empty, names rows that are not there or are in both, or lacks a label.
    """
    labelled_rows, validation_rows = read_index(labelled), read_index(validation)
    unlabelled = unlabelled_pool(len(file.train.labels), validation_rows, labelled_rows)
    rows = np.concatenate([labelled_rows, validation_rows])
    labels = known_labels(file, rows, annotations)
    return RoundSamples(
        _labelled_rows(labelled_rows, labels[: len(labelled_rows)], labelled),
        _labelled_rows(validation_rows, labels[len(labelled_rows) :], validation),
        unlabelled,
        used_labels(file, rows, labels, annotations),
    )


def _labelled_rows(rows: np.ndarray, labels: np.ndarray, path: str) -> Labelled:
    is_labelled = labels != UNLABELABLE
    if not is_labelled.any():
        content = "no row that can be labelled" if rows.size else "no rows"
        raise InputError(
            f"{path}: has {content}; a head needs at least one labelled and one validation sample"
        )
    return Labelled(rows[is_labelled], labels[is_labelled])
