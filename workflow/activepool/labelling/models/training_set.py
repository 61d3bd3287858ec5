"""From the ledger of a pool to labels.csv and classes.csv, and to the samples that may go out next."""

from collections.abc import Collection, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from activepool.compute.arrays import IntArray
from activepool.io.files import write_table
from activepool.labelling.models.training_labels import TrainingLabels
from activepool.labelling.pool.table import Pool
from activepool.ledger.formats.csv_file import LABELS_COLUMNS
from activepool.ledger.state import State, Status


def training_set(state: State, pool: Pool) -> TrainingLabels:
    """Return the labels to train on, by row: of samples that have a row and are not in the audit set."""
    labels = {
        pool.row_of[sample]: label for sample, label in state.training_labels.items() if sample in pool.row_of
    }
    rows = sorted(labels)
    return TrainingLabels(
        np.array(rows, dtype=np.int64),
        sources=[pool.source(row) for row in rows],
        labels=[labels[row] for row in rows],
        samples=[pool.samples[row] for row in rows],
    )


def candidate_rows(state: State, pool: Pool, again: Collection[Status] = ()) -> IntArray:
    """Return the rows of present samples that may go out next, ascending; see `State.may_be_picked`."""
    may_go_out = pool.is_present.copy()
    for sample in state.samples:
        if sample in pool.row_of and not state.may_be_picked(sample, again):
            may_go_out[pool.row_of[sample]] = False
    return np.flatnonzero(may_go_out)


def write_training_set(
    labels: str | Path, classes: str | Path, training: TrainingLabels, names: Sequence[str]
) -> None:
    """Write labels.csv (index, source, label, sample), and classes.csv (class) with all names."""
    columns = (training.rows, training.sources, training.labels, training.samples)
    write_table(labels, pd.DataFrame(dict(zip(LABELS_COLUMNS, columns, strict=True))))
    write_table(classes, pd.DataFrame({"class": names}))
