"""A check, before any job, that a run uses all labels that were bought for its rounds."""

from collections.abc import Iterable
from pathlib import Path

from activepool.errors import InputError, first_few
from planning.checks.annotations import require_fit_to_listing
from planning.stages.late_labels import LateLabels, rows_of

#: The most rounds that a message names.
MAX_NAMED_ROUNDS = 3


def require_use_of_labels(late_labels: LateLabels, writes: Iterable[str]) -> None:
    """Raise InputError if a run that ``writes`` these files may leave bought labels unused.

    These are the labels of samples that are only in a selected.csv that the run would rewrite. If
    the run reads the samples again, also raise InputError for annotations that no longer fit them.
    """
    paths, labels, written = late_labels.paths, late_labels.by_row(), set(writes)
    if labels and paths.samples in written:
        require_fit_to_listing(paths.experiment)
    selections = [path for path in paths.in_runs("selected.csv") if Path(path).is_file()]
    rewritten = [path for path in selections if path in written and _labelled_rows(labels, [path])]
    at_stake = _labelled_rows(labels, rewritten) - _labelled_rows(labels, set(selections) - written)
    if len(at_stake) <= paths.experiment.release_labels:
        return
    rounds = [str(Path(path).parent.relative_to(paths.root)) for path in rewritten]
    raise InputError(
        f"{len(at_stake)} labels in {late_labels.path} were bought for rounds whose samples this run would "
        f"pick again ({first_few(rounds, MAX_NAMED_ROUNDS)}); a label stays unused if its sample is not "
        "picked again. Undo the change (--dry-run names it), or accept it with "
        f"--config release_labels={len(at_stake)}"
    )


def _labelled_rows(labels: dict[int, str], selections: Iterable[str]) -> set[int]:
    return {row for path in selections for row in rows_of(path) if labels.get(row)}
