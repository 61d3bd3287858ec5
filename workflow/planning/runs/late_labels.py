"""Labels that come later: which of them each job depends on.

The file of annotations grows while rounds run, so no rule has it as an input: a new label reruns no finished
job. The params of a rule hold a digest of the labels that its job reads; a correction changes this digest.
Snakemake evaluates it when the job is about to start, and when it plans the next run.
"""

from collections.abc import Iterable
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from activepool.data.annotations import UNLABELABLE, TrainPart, match, read_annotations
from activepool.data.label_file import LabelFile
from activepool.data.samples import UNKNOWN
from activepool.errors import InputError, first_few
from activepool.io.index_files import read_index
from planning.checks.annotations import require_fit_to_listing
from planning.paths import Paths
from planning.stages.digests import declaration, digest_of

#: The digest of a job that reads no late label.
NO_LABELS = ""

#: A message names at most so many rounds.
MAX_NAMED_ROUNDS = 3


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
        """Return the digest of all late labels."""
        return _digest_of(self._late_labels() or {})

    def _file_digest(self, *index_files: str) -> str:
        """Return the digest of the late labels of the rows in index files."""
        labels = self._late_labels()
        if not labels:
            return NO_LABELS
        rows = (row for path in index_files for row in _rows(path, _state(path)))
        return _digest_of({row: labels[row] for row in rows if row in labels})

    def _late_labels(self) -> dict[int, str] | None:
        """Return the usable late labels by row; None as long as the samples do not exist."""
        if self.path is None:
            return None
        states = _state(self.path), _state(self.paths.samples)
        return None if None in states else _read_late_labels(self.path, self.paths.samples, *states)

    def require_kept(self, writes: Iterable[str]) -> None:
        """Raise InputError if a run that ``writes`` these files may leave bought labels unused.

        These are labels of samples that a selected.csv to be rewritten holds, and no other selected.csv. If
        the run reads the samples again, also raise InputError for annotations that no longer fit them.
        """
        labels, written = self._late_labels() or {}, set(writes)
        if labels and self.paths.samples in written:
            require_fit_to_listing(self.paths.experiment)
        selections = [path for path in self.paths.in_runs("selected.csv") if Path(path).is_file()]
        rewritten = [path for path in selections if path in written and _labelled_rows(labels, [path])]
        at_stake = _labelled_rows(labels, rewritten) - _labelled_rows(labels, set(selections) - written)
        if len(at_stake) <= self.paths.experiment.release_labels:
            return
        rounds = [str(Path(path).parent.relative_to(self.paths.root)) for path in rewritten]
        raise InputError(
            f"{len(at_stake)} labels in {self.path} were bought for rounds whose samples this run would pick "
            f"again ({first_few(rounds, MAX_NAMED_ROUNDS)}); a label stays unused if its sample is not "
            "picked again. Undo the change (--dry-run names it), or accept it with "
            f"--config release_labels={len(at_stake)}"
        )


def _labelled_rows(labels: dict[int, str], selections: Iterable[str]) -> set[int]:
    return {row for path in selections for row in _rows(path, _state(path)) if labels.get(row)}


def _digest_of(labels: dict[int, str]) -> str:
    return digest_of(sorted(labels.items())) if labels else NO_LABELS


def _state(path: str) -> tuple[int, int] | None:
    """Return size and time of a file, by which its content is cached; None if there is no file."""
    try:
        status = Path(path).stat()
    except OSError:
        return None
    return status.st_size, status.st_mtime_ns


@lru_cache(maxsize=2)
def _read_late_labels(annotations: str, samples: str, *states: tuple[int, int]) -> dict[int, str] | None:
    """Return the usable labels in a file of annotations, by row; other code reports the unusable ones."""
    try:
        with LabelFile(samples) as file:
            part = TrainPart.from_file(file)
        labels, _ = match(part, read_annotations(annotations))
    except InputError:
        return None
    rows = np.flatnonzero((part.labels == UNKNOWN) & (labels != UNKNOWN)).tolist()
    return {row: "" if labels[row] == UNLABELABLE else part.class_names[labels[row]] for row in rows}


@cache
def _rows(path: str, state: tuple[int, int] | None) -> list[int]:
    """Return the rows in an index file; [] if it is missing or unreadable."""
    try:
        return [] if state is None else read_index(path).tolist()
    except InputError:
        return []
