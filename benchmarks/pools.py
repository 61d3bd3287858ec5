"""The pools for measuring strategies: random parts of one features file, each with a labelled set."""

from pathlib import Path

import h5py
import numpy as np

from activepool.compute.blocks import BLOCK_ROWS, Compute, row_blocks
from activepool.features.store import FeatureFile
from activepool.heads.labelled import LabelledRows
from activepool.heads.lbfgs import train_lbfgs
from activepool.heads.linear import write_head
from activepool.heads.settings import LbfgsSettings

#: How to train the head that scores the pool.
HEAD = LbfgsSettings(weight_decays=1e-3)


def write_part(source: Path, path: Path, size: int) -> None:
    """Write ``size`` random labelled rows of a features file to a new file, in float16."""
    with FeatureFile(source) as file, h5py.File(path, "w") as part:
        labelled = np.flatnonzero(file.train.labels >= 0)
        rows = np.sort(np.random.default_rng(0).permutation(labelled)[:size])
        width = file.train.features.shape[1]
        features = part.create_dataset("train/features", (len(rows), width), np.float16)
        for block in row_blocks(len(rows), BLOCK_ROWS):
            features[block] = file.train.features.take(rows[block])
        part["train/labels"] = file.train.labels[rows]
        part["test/features"], part["test/labels"] = np.empty((0, width), np.float16), np.empty(0, np.int64)
        part.attrs["class_names"] = file.class_names


def initial_pool(labels: np.ndarray, size: int) -> np.ndarray:
    """Return ``size`` random rows, with one row of each class first if they fit."""
    shuffled = np.random.default_rng(1).permutation(len(labels))
    _, first = np.unique(labels[shuffled], return_index=True)
    remaining = np.setdiff1d(np.arange(len(labels)), first)
    return shuffled[np.concatenate([first, remaining])[:size]]


def train_on(path: Path, labelled: np.ndarray, head: Path, workers: int) -> None:
    """Train a head on the labelled rows and write it."""
    with FeatureFile(path) as file:
        rows = LabelledRows(file.train.features, labelled, file.train.labels[labelled])
        trained = train_lbfgs(rows, rows, len(file.class_names), HEAD, Compute("cpu", workers))
    write_head(head, trained.head)
