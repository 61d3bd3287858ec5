"""All numbers of the status page, in the form of status.json."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from activepool.errors import InputError
from activepool.io.files import write_json
from activepool.labelling.models.held_out import read_held_out
from activepool.labelling.models.predictions import PoolPredictions, read_predictions
from activepool.labelling.pool.table import Pool, read_pool
from activepool.labelling.status.accuracies import (
    AUDIT,
    CROSS_VALIDATION,
    MIN_CASES,
    Accuracy,
    Wrong,
    accuracy,
    most_wrong,
)
from activepool.labelling.status.audit_set import AuditSet, audit_parts, audit_set, part_to_go_by
from activepool.labelling.status.model_series import Comparison, ModelSeries, read_training
from activepool.labelling.status.standing import Standing, standing_of
from activepool.ledger.book import read
from activepool.ledger.state import State, state_of


@dataclass(frozen=True)
class StatusFiles:
    """The files of a project; those of the batches that have a model are in order, the current one last.

    Of the ledger, the first ``entries`` count; None stands for all. Beside ``samples`` is files.csv of the
    pool.
    """

    ledger: str
    entries: int | None
    samples: str
    trainings: Sequence[str] = ()
    predictions: Sequence[str] = ()
    labels: Sequence[str] = ()
    held_out: str | None = None


@dataclass(frozen=True)
class StatusNumbers:
    """The numbers of the status page and of the lines on the terminal; None where there is no model or case.

    ``on_audit`` is the accuracy of the current model on the part of the audit set to go by, and
    ``cross_validated`` that of models like it on labels that were held out from them.
    """

    project: str
    has_images: bool
    standing: Standing
    audit: AuditSet | None
    on_audit: Accuracy | None
    cross_validated: Accuracy | None
    wrong: tuple[Wrong, ...]
    series: ModelSeries | None

    @property
    def accuracy(self) -> Accuracy | None:
        """The accuracy to go by: on the audit set if that has enough labels; None if too few are known."""
        candidates = (self.on_audit, self.cross_validated)
        return next((accuracy for accuracy in candidates if accuracy and accuracy.is_known), None)


def status_numbers(
    project: str, files: StatusFiles, classes: Sequence[str], has_images: bool
) -> StatusNumbers:
    """Compute all numbers from a project's files; ``classes`` are those of the configuration."""
    entries = read(files.ledger).entries[: files.entries]
    state, pool = state_of(entries, classes), read_pool(Path(files.samples).parent)
    parts = audit_parts(state, pool)
    labels = parts.get(part_to_go_by(parts), {})
    comparison, current = Comparison(labels if len(labels) >= MIN_CASES else {}), None
    for paths in zip(files.trainings, files.labels, files.predictions, strict=True):
        training, current = read_training(*paths[:2]), read_predictions(paths[2])
        comparison.add(training, current, is_partial=is_partial(training.model.batch, state, pool))
    all_labels = {row: label for part in parts.values() for row, label in part.items()}
    audited = audit_predictions(all_labels, current)
    held_out = read_held_out(files.held_out) if files.held_out else None
    on_audit = cross_validated = None
    if rows := [row for row in labels if row in audited]:
        pairs = [labels[row] for row in rows], [audited[row][0] for row in rows]
        on_audit = accuracy(AUDIT, *pairs, state.classes)
    if held_out:
        cross_validated = accuracy(
            CROSS_VALIDATION, held_out.label_names, held_out.predicted_names, state.classes
        )
    return StatusNumbers(
        project=project,
        has_images=has_images,
        standing=standing_of(entries, state, pool),
        audit=audit_set(entries, state, pool, audited),
        on_audit=on_audit,
        cross_validated=cross_validated,
        wrong=most_wrong(pool, held_out, state.training_labels, all_labels, audited),
        series=comparison.series() if current else None,
    )


def is_partial(batch: str, state: State, pool: Pool) -> bool:
    """Return whether a model for the next ``batch`` had only some of the answers to the one that is out."""
    sent = [item for item in state.batches.values() if not item.is_audit]
    awaited = sent[-1].awaited if sent else ()
    return batch not in state.batches and any(map(pool.is_here, awaited))


def audit_predictions(
    labels: dict[int, str], predictions: PoolPredictions | None
) -> dict[int, tuple[str, float]]:
    """Return the predicted class and its probability for each row of the audit set that has them."""
    if predictions is None:
        return {}
    rows = [row for row in labels if row < len(predictions.predicted)]
    return {row: (predictions.name(row), float(predictions.probability[row])) for row in rows}


def write_numbers(path: str | Path, numbers: StatusNumbers) -> None:
    """Write status.json."""
    write_json(path, TypeAdapter(StatusNumbers).dump_python(numbers, mode="json"))


def read_numbers(path: str | Path) -> StatusNumbers:
    """Read status.json; raises InputError if it is not such a file."""
    try:
        return TypeAdapter(StatusNumbers).validate_json(Path(path).read_bytes())
    except (OSError, ValidationError) as error:
        reason = str(error).partition("\n")[0]
        raise InputError(f"{path}: not the numbers of a status page ({reason}); delete the file") from error
