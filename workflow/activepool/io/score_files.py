"""scores.h5: one row per unlabelled sample."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import h5py
import numpy as np

from activepool.compute.arrays import FloatArray, IntArray
from activepool.errors import InputError
from activepool.io import hdf5
from activepool.io.hdf5 import NamedArrays, written_hdf5

#: The datasets and groups of a scores file that are not scores.
RESERVED_NAMES = ("index", "predicted", "nearest", "per_sample")


@dataclass(frozen=True)
class ScoreTable:
    """The scores of the unlabelled pool, by name, each (n,) float32.

    Attributes:
        index: (n,) rows of ``train/features``, ascending.
        predicted: (n,) classes, or None without a head.
        nearest: rows and distances, each (C, K), or None.
        per_sample: what a strategy precomputed, by name, each (n, ...).
    """

    index: IntArray
    predicted: IntArray | None = None
    scores: Mapping[str, FloatArray] = field(default_factory=dict)
    nearest: tuple[IntArray, FloatArray] | None = None
    per_sample: Mapping[str, np.ndarray] = field(default_factory=dict)


def write_scores(path: str | Path, table: ScoreTable) -> None:
    """Write scores.h5: ``index``, ``predicted``, a dataset per score, the groups nearest and per_sample."""
    with written_hdf5(path) as file:
        file["index"] = table.index
        if table.predicted is not None:
            file["predicted"] = table.predicted
        for name in sorted(table.scores):
            file[name] = table.scores[name]
        if table.nearest is not None:
            group = file.create_group("nearest")
            group["index"], group["distance"] = table.nearest
        if table.per_sample:
            group = file.create_group("per_sample")
            for name in sorted(table.per_sample):
                group[name] = table.per_sample[name]


def read_scores(path: str | Path) -> ScoreTable:
    """Read scores.h5; raises InputError if it is not such a file, and later for a score that it lacks."""
    with hdf5.opened(path) as file:
        index = _column(file, "index", kinds="iu")
        predicted = _column(file, "predicted", kinds="iu") if "predicted" in file else None
        scores = {name: _column(file, name) for name in file if name not in RESERVED_NAMES}
        per_sample = {name: _array(file, f"per_sample/{name}") for name in file.get("per_sample", ())}
        columns = {"predicted": predicted, **scores, **per_sample}
        for name, values in columns.items():
            if values is not None and len(values) != len(index):
                raise InputError(
                    f"{path}: {name} has {len(values)} rows, index {len(index)}; delete the file"
                )
        nearest = _nearest(file) if "nearest" in file else None
    return ScoreTable(index, predicted, NamedArrays(path, scores), nearest, NamedArrays(path, per_sample))


def _nearest(file: h5py.File) -> tuple[IntArray, FloatArray]:
    rows = _column(file, "nearest/index", kinds="iu", dimensions=2)
    distances = _column(file, "nearest/distance", dimensions=2)
    if rows.shape != distances.shape:
        raise InputError(
            f"{file.filename}: nearest/index and nearest/distance differ in shape; delete the file"
        )
    return rows, distances


def _array(file: h5py.File, name: str) -> np.ndarray:
    dataset = hdf5.find_dataset(file, name)
    if dataset is None or not dataset.ndim:
        raise InputError(f"{file.filename}: not a scores file: {name} is not an array; delete the file")
    return hdf5.values(dataset)


def _column(file: h5py.File, name: str, kinds: str = "f", dimensions: int = 1) -> np.ndarray:
    """Return a dataset of numbers; raises InputError if it is missing, of another kind, or holds NaN."""
    dataset = hdf5.find_dataset(file, name)
    if dataset is None or dataset.dtype.kind not in kinds or dataset.ndim != dimensions:
        state = "is missing" if dataset is None else f"is {dataset.dtype} of shape {dataset.shape}"
        number = "floats" if kinds == "f" else "whole numbers"
        raise InputError(
            f"{file.filename}: not a scores file: {name} {state}; "
            f"it must be {number} in {dimensions} dimension{'s'[: dimensions - 1]}"
        )
    values = hdf5.values(dataset)
    if np.isnan(values).any():
        raise InputError(f"{file.filename}: {name} holds NaN; delete the file to regenerate it")
    return values
