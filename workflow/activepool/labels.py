"""The labels that a round may see: those of the features file, and those that annotators gave later.

An annotations file is a CSV with the column ``label`` (a class name, or its number) and either ``index`` (row
of ``train/features``) or ``source`` (as in the index files). It fills in what the features file does not
know, and never overwrites what it knows.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from activepool.errors import InputError
from activepool.features.store import FeatureFile

#: How many unlabelled rows an error message shows.
SHOWN = 3


def known_labels(file: FeatureFile, rows: np.ndarray, annotations: str | Path | None = None) -> np.ndarray:
    """Return the labels of ``rows`` of the training part, (len(rows),) int64.

    Raises InputError if one has no label, with the first few and what to do; or if the annotations file
    contradicts the features file.
    """
    labels = file.train.labels[rows]
    if annotations is not None and (labels < 0).any():
        labels = merged_labels(file, annotations)[rows]
    missing = rows[labels < 0]
    if missing.size:
        raise InputError(_missing_message(file, missing, annotations))
    return labels


def merged_labels(file: FeatureFile, annotations: str | Path) -> np.ndarray:
    """Return all labels of the training part, (N,), with those of the annotations file filled in."""
    labels = file.train.labels.copy()
    table = _read_table(annotations)
    rows = _rows(file, table, annotations)
    given = np.array([_class_number(file, value, annotations) for value in table["label"]], dtype=np.int64)
    for row, label in zip(rows.tolist(), given.tolist(), strict=True):
        if labels[row] not in (-1, label):
            raise InputError(
                f"{annotations}: row {row} is given the label {file.class_names[label]!r}, but it is already "
                f"{file.class_names[labels[row]]!r}; a label is never overwritten"
            )
        labels[row] = label
    return labels


def _read_table(path: str | Path) -> pd.DataFrame:
    try:
        table = pd.read_csv(path, dtype=str)
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: not a readable CSV of labels ({error})") from error
    if "label" not in table or not {"index", "source"} & set(table):
        raise InputError(f"{path}: must have the column 'label', and 'index' or 'source'")
    return table.dropna(subset=["label"])


def _rows(file: FeatureFile, table: pd.DataFrame, path: str | Path) -> np.ndarray:
    size = len(file.train.labels)
    if "index" in table:
        rows = pd.to_numeric(table["index"], errors="coerce")
        wrong = table["index"][~rows.between(0, size - 1) | (rows % 1 != 0)]
        if len(wrong):
            raise InputError(
                f"{path}: index {wrong.iloc[0]!r} is not a row of train/features (0 to {size - 1})"
            )
        return rows.to_numpy(dtype=np.int64)
    if file.train.sources is None:
        raise InputError(f"{path}: {file.path} has no sources; give the column 'index' instead of 'source'")
    row_of = {source: row for row, source in enumerate(file.train.sources.asstr()[:])}
    unknown = [source for source in table["source"] if source not in row_of]
    if unknown:
        raise InputError(f"{path}: source {unknown[0]!r} is not in the training part of {file.path}")
    return np.array([row_of[source] for source in table["source"]], dtype=np.int64)


def _class_number(file: FeatureFile, value: str, path: str | Path) -> int:
    if value in file.class_names:
        return file.class_names.index(value)
    if value.isdigit() and int(value) < len(file.class_names):
        return int(value)
    raise InputError(f"{path}: label {value!r} is not a class; there are {', '.join(file.class_names[:20])}")


def _missing_message(file: FeatureFile, missing: np.ndarray, annotations: str | Path | None) -> str:
    shown = missing[:SHOWN]
    names = (
        file.train.sources_of(shown) if file.train.sources is not None else [f"row {row}" for row in shown]
    )
    where = (
        f"to {annotations}"
        if annotations
        else "to a CSV (index or source, label) named by the key dataset.annotations"
    )
    names = ", ".join([*names, *(["..."] if len(missing) > SHOWN else [])])
    return f"{len(missing)} picked samples have no label yet ({names}); add them {where} and run again"
