"""Labels that come later, at planning: which of them the files that are there depend on.

The file of annotations is no input of any rule, since it grows while rounds go on: a label that is added
reruns nothing that was finished. A rule's params hold a digest of the labels that a job reads, which a
correction changes. It is taken when the job is about to start, and at the next planning.
"""

import hashlib
import json
from collections.abc import Iterable
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from activepool.data.annotations import UNLABELABLE, TrainPart, match, read_annotations
from activepool.data.label_file import LabelFile
from activepool.data.samples import UNKNOWN
from activepool.errors import InputError
from activepool.io.index_files import read_index
from planning.checks.annotations import require_fit_to_listing
from planning.paths import Paths

#: The digest where no label came later.
NONE = ""

#: How many rounds a message names.
SHOWN = 3


class LateLabels:
    """The annotations that jobs read, as params of their rules; ``wildcards`` are Snakemake's."""

    def __init__(self, paths: Paths, records_params: bool = True) -> None:
        """Digests are `NONE` where Snakemake does not record params, as in the process of a job."""
        self.paths = paths
        self.path = paths.experiment.dataset.annotations if records_params else None

    def digest(self, stage: str, wildcards: Any) -> str:
        """Return the digest of the labels that a job of a stage reads; `NONE` if it reads none."""
        paths = self.paths
        match stage:
            case "train" | "finetune":
                return self._digest(
                    f"{paths.root}/{wildcards.strategy}/seed{wildcards.seed}/round{wildcards.round}/labelled.csv"
                )
            case "select":
                return self._of_query(wildcards)
            case "score":
                return self._of_query(wildcards) if paths.precomputes(wildcards) else NONE
            case "contact_sheet":
                return self._digest(*paths.pictured_selections(wildcards.strategy))
            case "full_pool":
                return self._of_pool()
            case _:
                return NONE

    def _of_query(self, wildcards: Any) -> str:
        """Return the digest of the labels that a strategy reads itself when it picks."""
        declared = self.paths.experiment.strategy(wildcards.strategy).declared
        if declared.is_oracle:
            return self._of_pool()
        return self._digest(self.paths.previous("labelled.csv")(wildcards)) if declared.reads_labels else NONE

    def _of_pool(self) -> str:
        """Return the digest of all labels that came later."""
        found = self._bought()
        return NONE if found is None else _digest_of(found)

    def _digest(self, *index_files: str) -> str:
        bought = self._bought()
        if not bought:
            return NONE
        rows = (row for path in index_files for row in _rows(path, _state(path)))
        return _digest_of({row: bought[row] for row in rows if row in bought})

    def _bought(self) -> dict[int, str] | None:
        """Return the label of each row that came later, as far as it can be used; None before samples."""
        if self.path is None:
            return None
        states = _state(self.path), _state(self.paths.samples)
        return None if None in states else _bought_labels(self.path, self.paths.samples, *states)

    def protect(self, writes: Iterable[str]) -> None:
        """Raise InputError if a run that ``writes`` these files may leave bought labels unused.

        These are the labels of samples in a selected.csv that is to be written again, and in none that stays.
        The same for annotations that do not fit the samples, if these are to be read again.
        """
        bought, written = self._bought() or {}, set(writes)
        if bought and self.paths.samples in written:
            require_fit_to_listing(self.paths.experiment)
        selections = [path for path in self.paths.in_runs("selected.csv") if Path(path).is_file()]
        anew = [path for path in selections if path in written and self._in_use(bought, [path])]
        at_stake = self._in_use(bought, anew) - self._in_use(bought, set(selections) - written)
        if len(at_stake) <= self.paths.experiment.release_labels:
            return
        rounds = ", ".join(str(Path(path).parent.relative_to(self.paths.root)) for path in anew[:SHOWN])
        more = f" and {len(anew) - SHOWN} more" if len(anew) > SHOWN else ""
        raise InputError(
            f"{len(at_stake)} labels of {self.path} were bought for rounds that this run would pick anew "
            f"({rounds}{more}); those of samples that are not picked again would fall out of use. Undo the "
            f"change (--dry-run names it), or go on with --config release_labels={len(at_stake)}"
        )

    def _in_use(self, bought: dict[int, str], selections: Iterable[str]) -> set[int]:
        return {row for path in selections for row in _rows(path, _state(path)) if bought.get(row)}


def _digest_of(labels: dict[int, str]) -> str:
    if not labels:
        return NONE
    return hashlib.sha256(json.dumps(sorted(labels.items())).encode()).hexdigest()[:12]


def _state(path: str) -> tuple[int, int] | None:
    """Return size and time of a file, None if there is none: what was read of it holds as long as these."""
    try:
        found = Path(path).stat()
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns


@lru_cache(maxsize=2)
def _bought_labels(annotations: str, samples: str, *states: tuple[int, int]) -> dict[int, str] | None:
    """Return the labels in a file of annotations, by row; what cannot be used of it is told elsewhere."""
    try:
        with LabelFile(samples) as file:
            part = TrainPart.of(file)
        labels, _ = match(part, read_annotations(annotations))
    except InputError:
        return None
    bought = np.flatnonzero((part.labels == UNKNOWN) & (labels != UNKNOWN)).tolist()
    return {row: _name(part, int(labels[row])) for row in bought}


def _name(part: TrainPart, label: int) -> str:
    return "" if label == UNLABELABLE else part.class_names[label]


@cache
def _rows(path: str, state: tuple[int, int] | None) -> list[int]:
    """Return the rows in an index file; none if it is not there, or is none."""
    try:
        return [] if state is None else read_index(path).tolist()
    except InputError:
        return []
