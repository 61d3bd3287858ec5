"""The samples of a round, from their index files: labelled set, validation split, unlabelled pool.

A file of annotations (see activepool.data.annotations) adds labels that the file of samples lacks, and never
overwrites one.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np

from activepool.compute.arrays import BoolArray, IntArray
from activepool.data.annotations import MARKS, UNLABELABLE, TrainPart, all_labels, label_name
from activepool.data.label_file import LabelFile
from activepool.data.samples import UNKNOWN
from activepool.data.splits import unlabelled_pool
from activepool.data.used_labels import UsedLabels
from activepool.errors import InputError
from activepool.io.index_files import read_index

#: Unlabelled rows that an error message shows.
MAX_SHOWN = 3


def merged_labels(file: LabelFile, annotations: str | Path | None = None) -> IntArray:
    """Return all labels of the train part, (N,) int64: -1 if not known, `UNLABELABLE` if marked so."""
    return file.train.labels if annotations is None else all_labels(TrainPart.from_file(file), annotations)


def known_labels(file: LabelFile, rows: IntArray, annotations: str | Path | None = None) -> IntArray:
    """Return the labels of ``rows`` of the train part, (len(rows),) int64; `UNLABELABLE` if marked so.

    Raises InputError if a row has no label, with the first few such rows and the remedy; or if a row of the
    file of annotations cannot be used.
    """
    labels = file.train.labels[rows]
    if annotations is not None and (labels < 0).any():
        labels = merged_labels(file, annotations)[rows]
    unlabelled_rows = rows[labels == UNKNOWN]
    if unlabelled_rows.size:
        raise InputError(_missing_message(file, unlabelled_rows, annotations))
    return labels


def used_labels(
    file: LabelFile, rows: IntArray, labels: IntArray, annotations: str | Path | None
) -> UsedLabels | None:
    """Return those ``labels`` of ``rows``, both (n,), that are annotations; None without such a file."""
    if annotations is None:
        return None
    is_annotated = (file.train.labels[rows] == UNKNOWN) & (labels != UNKNOWN)
    pairs = zip(rows[is_annotated].tolist(), labels[is_annotated].tolist(), strict=True)
    names = {str(row): label_name(file.class_names, label) for row, label in sorted(pairs)}
    return UsedLabels(str(annotations), str(file.path), names)


def _missing_message(file: LabelFile, rows: IntArray, annotations: str | Path | None) -> str:
    examples = rows[:MAX_SHOWN]
    has_sources = file.train.sources is not None
    names = list(file.train.sources_of(examples)) if has_sources else [f"row {row}" for row in examples]
    where = annotations or "a CSV (index or source, label) named by the key dataset.annotations"
    dots = ", ..." if len(rows) > MAX_SHOWN else ""
    return (
        f"{len(rows)} picked samples have no label yet ({', '.join(names)}{dots}); add them to {where} "
        f"and run again (label {MARKS[0]!r}: cannot be labelled)"
    )


class Labelled(NamedTuple):
    """Rows of a part, and their labels, each (n,) int64."""

    rows: np.ndarray
    labels: np.ndarray

    @classmethod
    def known(cls, labels: IntArray) -> "Labelled":
        """Return the rows of a part whose label is known (not -1)."""
        rows = np.flatnonzero(labels >= 0)
        return cls(rows, labels[rows])

    def take(self, places: slice | BoolArray) -> "Labelled":
        """Return some of the rows."""
        return Labelled(self.rows[places], self.labels[places])


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
    """Return the samples of a round; raises InputError if a set is empty, overlaps or lacks a label."""
    labelled_rows, validation_rows = read_index(labelled), read_index(validation)
    unlabelled = unlabelled_pool(len(file.train.labels), validation_rows, labelled_rows)
    rows = np.concatenate([labelled_rows, validation_rows])
    labels = known_labels(file, rows, annotations)
    return RoundSamples(
        _labelled(Labelled(labelled_rows, labels[: len(labelled_rows)]), labelled),
        _labelled(Labelled(validation_rows, labels[len(labelled_rows) :]), validation),
        unlabelled,
        used_labels(file, rows, labels, annotations),
    )


def _labelled(samples: Labelled, path: str) -> Labelled:
    """Return the samples that can be labelled; raises InputError, with their file, if there is none."""
    is_labelled = samples.labels != UNLABELABLE
    if not is_labelled.any():
        content = "no row that can be labelled" if samples.rows.size else "no rows"
        raise InputError(
            f"{path}: has {content}; a head needs at least one labelled and one validation sample"
        )
    return samples.take(is_labelled)
