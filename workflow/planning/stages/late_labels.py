"""Labels that come later, and which of them each job depends on.

The file of annotations grows while rounds run, so no rule has it as an input: a new label reruns no finished
job. The params of a rule hold a digest of the labels that its job reads; a correction changes this digest.
Snakemake evaluates it when the job is about to start, and when it plans the next run.
"""

from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from activepool.data.annotations import UNLABELABLE, TrainPart, match, read_annotations
from activepool.data.label_file import LabelFile
from activepool.data.samples import UNKNOWN
from activepool.errors import InputError
from activepool.io.index_files import read_index
from planning.paths import Paths
from planning.stages.digests import declaration, digest_of

#: The digest of a job that reads no late label.
NO_LABELS = ""


class LateLabels:
    """The late labels of one experiment; ``wildcards`` are Snakemake's."""

    def __init__(self, paths: Paths, records_params: bool = True) -> None:
        """Without ``records_params``, as in the process of a job, all digests are `NO_LABELS`."""
        self.paths = paths
        self.path = paths.experiment.dataset.annotations if records_params else None

    def digest(self, stage: str, wildcards: Any) -> str:
        """Return the digest of the labels that a job of a stage reads; `NO_LABELS` if it reads none.

        A stage that takes ``annotations`` reads all of them, unless a case below says which.
        """
        paths = self.paths
        if all(parameter.name != "annotations" for parameter in declaration(stage).parameters):
            return NO_LABELS
        match stage:
            case "train" | "finetune":
                return self._file_digest(
                    f"{paths.root}/{wildcards.strategy}/seed{wildcards.seed}/round{wildcards.round}/labelled.csv"
                )
            case "select":
                return self._query_digest(wildcards)
            case "score":
                return self._query_digest(wildcards) if paths.precomputes(wildcards) else NO_LABELS
            case "contact_sheet":
                return self._file_digest(*paths.pictured_selections(wildcards.strategy))
            case _:
                return self._pool_digest()

    def _query_digest(self, wildcards: Any) -> str:
        """Return the digest of the labels that a strategy reads when it picks."""
        declared = self.paths.declared(wildcards)
        if declared.reads_pool_labels:
            return self._pool_digest()
        if declared.reads_labels:
            return self._file_digest(self.paths.previous("labelled.csv")(wildcards))
        return NO_LABELS

    def _pool_digest(self) -> str:
        return _digest_of(self.by_row())

    def _file_digest(self, *index_files: str) -> str:
        labels = self.by_row()
        rows = (row for path in index_files for row in rows_of(path)) if labels else ()
        return _digest_of({row: labels[row] for row in rows if row in labels})

    def by_row(self) -> dict[int, str]:
        """Return the class of each row that a late label is for, "" if it cannot be labelled.

        There are none as long as the samples do not exist.
        """
        if self.path is None:
            return {}
        states = _state(self.path), _state(self.paths.samples)
        return {} if None in states else _read_late_labels(self.path, self.paths.samples, *states)


def _digest_of(labels: dict[int, str]) -> str:
    return digest_of(sorted(labels.items())) if labels else NO_LABELS


def _state(path: str) -> tuple[int, int] | None:
    """Return the size and time of a file, the key of its cached content; None if there is no file."""
    try:
        status = Path(path).stat()
    except OSError:
        return None
    return status.st_size, status.st_mtime_ns


@lru_cache(maxsize=2)
def _read_late_labels(annotations: str, samples: str, *states: tuple[int, int] | None) -> dict[int, str]:
    """Return the usable labels in a file of annotations, by row; other code reports the unusable ones."""
    try:
        with LabelFile(samples) as file:
            part = TrainPart.from_file(file)
        labels, _ = match(part, read_annotations(annotations))
    except InputError:
        return {}
    rows = np.flatnonzero((part.labels == UNKNOWN) & (labels != UNKNOWN)).tolist()
    return {row: "" if labels[row] == UNLABELABLE else part.class_names[labels[row]] for row in rows}


def rows_of(index_file: str) -> list[int]:
    """Return the rows in an index file; [] if it is missing or unreadable."""
    return _read_rows(index_file, _state(index_file))


@cache
def _read_rows(path: str, state: tuple[int, int] | None) -> list[int]:
    try:
        return [] if state is None else read_index(path).tolist()
    except InputError:
        return []
