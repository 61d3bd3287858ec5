"""A batch on its way to people: its samples, why they were picked, and their predictions."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from activepool.io.index_files import read_rows
from activepool.labelling.models.predictions import read_predictions
from activepool.labelling.pool.table import Pool
from activepool.ledger.entries import Entry
from activepool.ledger.formats.batch import Batch, Pick

#: Why the samples of an audit set were picked.
AUDIT_REASON = "random sample for the audit"

#: The beginning of the names of audit sets.
AUDIT = "audit"


def is_audit(batch: str) -> bool:
    """Return whether a batch is an audit set, which no model trains on."""
    return batch.startswith(AUDIT)


def new_picks(selected: str | Path, strategy: str, is_audit: bool, pool: Pool) -> list[Pick]:
    """Return the picks of a selected.csv in order, with their rows."""
    _, rows = read_rows(selected)
    reasons = [AUDIT_REASON if is_audit else _reason(strategy, row) for row in rows]
    return [_pick(int(row["index"]), why, pool) for row, why in zip(rows, reasons, strict=True)]


def earlier_picks(entries: Sequence[Entry], batch: str, pool: Pool) -> list[Pick] | None:
    """Return the picks of a batch that went out, in order, with their rows; None if it did not go out."""
    sendings = [entry for entry in entries if entry.is_sending and entry.batch == batch]
    picks = [
        _pick(pool.row_of[entry.sample], entry.note, pool)
        if entry.sample in pool.row_of
        else Pick(entry.sample, entry.source, why=entry.note)
        for entry in sendings
    ]
    return picks or None


def assemble_batch(
    name: str,
    picked: Sequence[Pick],
    classes: Sequence[str],
    predictions: str | Path | None,
    *,
    with_rows: bool,
) -> Batch:
    """Return the batch that goes out: the picked samples, with the predictions of their model, if any.

    ``with_rows``: whether people see the rows; samples with names get other rows if the pool is rebuilt.
    """
    picks = list(picked)
    if predictions is not None:
        model = read_predictions(predictions)
        num_predicted = len(model.predicted)  # samples that are newer than the model have no prediction
        for place, pick in enumerate(picked):
            if (row := pick.index) is not None and row < num_predicted:
                picks[place] = replace(
                    pick,
                    predicted=model.name(row),
                    probability=float(model.probability[row]),
                    margin=float(model.margin[row]),
                )
    if not with_rows:
        picks = [replace(pick, index=None) for pick in picks]
    return Batch(name, tuple(picks), tuple(classes))


def _pick(row: int, why: str, pool: Pool) -> Pick:
    return Pick(pool.samples[row], pool.row_sources[row], row, why=why)


def _reason(strategy: str, row: dict[str, str]) -> str:
    # A strategy's own margin is not the difference of the calibrated probabilities beside it.
    values = [
        f"{'score' if name == strategy else name} {_short(text)}"
        for name, text in row.items()
        if name not in ("index", "source") and text
    ]
    return f"{strategy}: {', '.join(values)}" if values else strategy


def _short(text: str) -> str:
    try:
        return f"{float(text):.3g}"
    except ValueError:
        return text
