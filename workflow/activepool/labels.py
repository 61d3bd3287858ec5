"""The labels that a round may see: those of the file of samples, and those that annotators gave later.

An annotations file is a CSV with the column ``label`` (a class name, or its number) and either ``index`` (row
of the train part) or ``source`` (as in the index files). It fills in what that file does not know, and never
overwrites what it knows.
"""

from pathlib import Path

import numpy as np

from activepool.data.label_file import LabelFile
from activepool.errors import InputError
from activepool.hdf5_reading import texts
from activepool.index_files import read_rows, whole_number

#: How many unlabelled rows an error message shows.
SHOWN = 3


def known_labels(file: LabelFile, rows: np.ndarray, annotations: str | Path | None = None) -> np.ndarray:
    """Return the labels of ``rows`` of the training part, (len(rows),) int64.

    Raises InputError if one has no label, with the first few and what to do; or if the annotations file
    contradicts the file.
    """
    labels = file.train.labels[rows]
    if annotations is not None and (labels < 0).any():
        labels = merged_labels(file, annotations)[rows]
    missing = rows[labels < 0]
    if missing.size:
        raise InputError(_missing_message(file, missing, annotations))
    return labels


def merged_labels(file: LabelFile, annotations: str | Path) -> np.ndarray:
    """Return all labels of the training part, (N,), with those of the annotations file filled in."""
    labels = file.train.labels.copy()
    names, given = read_annotations(annotations)
    for place, row in zip(_places(file, names, given, annotations), given, strict=True):
        label, known = _class_number(file, row["label"], annotations), labels[place]
        if known not in (-1, label):
            raise InputError(
                f"{annotations}: row {place} is given the label {file.class_names[label]!r}, but it is "
                f"already {file.class_names[known]!r}; a label is never overwritten"
            )
        labels[place] = label
    return labels


def read_annotations(path: str | Path) -> tuple[list[str], list[dict[str, str]]]:
    """Return the column names of an annotations file, and its rows that have a label; see `read_rows`."""
    names, rows = read_rows(path)
    if "label" not in names or not {"index", "source"} & set(names):
        raise InputError(
            f"{path}: must have the column 'label', and 'index' or 'source' (columns: {', '.join(names)})"
        )
    return names, [row for row in rows if row["label"] != ""]


def _places(file: LabelFile, names: list[str], given: list[dict[str, str]], path: str | Path) -> list[int]:
    """Return the rows of the training part that the rows of an annotations file are about."""
    if "index" in names:
        size = len(file.train.labels)
        places = [whole_number(row["index"]) for row in given]
        for place, row in zip(places, given, strict=True):
            if place is None or place >= size:
                raise InputError(
                    f"{path}: index {row['index']!r} is not a row of train/features (0 to {size - 1})"
                )
        return places
    if file.train.sources is None:
        raise InputError(f"{path}: {file.path} has no sources; give the column 'index' instead of 'source'")
    place_of = {source: place for place, source in enumerate(texts(file.train.sources))}
    for row in given:
        if row["source"] not in place_of:
            raise InputError(f"{path}: source {row['source']!r} is not in the training part of {file.path}")
    return [place_of[row["source"]] for row in given]


def _class_number(file: LabelFile, value: str, path: str | Path) -> int:
    if value in file.class_names:
        return file.class_names.index(value)
    number = whole_number(value)
    if number is not None and number < len(file.class_names):
        return number
    raise InputError(f"{path}: label {value!r} is not a class; there are {', '.join(file.class_names[:20])}")


def _missing_message(file: LabelFile, missing: np.ndarray, annotations: str | Path | None) -> str:
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
