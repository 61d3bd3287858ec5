"""Verification of a tree: whether each file matches its record, and was made from the present files."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from activepool.compute.kernels import mixtures
from activepool.data.label_file import LabelFile
from activepool.data.labels import merged_labels, used_labels
from activepool.errors import InputError
from activepool.io.files import file_digest
from activepool.records.provenance import FOLDER, FileState, Record, records_below

#: Folders and endings of files that are not results: logs, records, states of trainings.
IGNORED_FOLDERS = {"logs", FOLDER}
IGNORED_SUFFIXES = {".state"}


@dataclass(frozen=True)
class Findings:
    """The findings of a verification.

    Attributes:
        verified: the number of files that match their records.
        misfits: a line for each problem, which begins with the file.
        mixtures: a line for each library whose kernels differ between files; these files may all match.
    """

    verified: int
    misfits: list[str]
    mixtures: list[str]


def verify(root: str | Path) -> Findings:
    """Read every file below ``root`` and compare it with its record.

    A record whose files are all gone is ignored: they were temporary, or the next run makes them again.

    Raises: InputError if there is no such folder.
    """
    root = Path(root)
    if not root.is_dir():
        raise InputError(f"{root}: there is no such folder; verify checks the files that a run has written")
    records, misfits = _read_records(root)
    digest = cache(file_digest)
    misfits += [line for record in records for line in _changed(record, digest)]
    misfits += _changed_inputs(records, digest)
    misfits += _changed_labels(records)
    recorded = {path for record in records for path in record.outputs}
    misfits += [f"{path}: no record says how it was made" for path in _results(root) if path not in recorded]
    named = {line.partition(": ")[0] for line in misfits}
    verified = sum(Path(path).is_file() and path not in named for path in recorded)
    made = {path: record.kernels for record in records for path in record.outputs if Path(path).is_file()}
    return Findings(verified, misfits, mixtures(made))


def _read_records(root: Path) -> tuple[list[Record], list[str]]:
    records, misfits = [], []
    for path in records_below(root):
        try:
            record = Record.read(path)
        except InputError as error:
            misfits.append(str(error))
            continue
        if any(Path(output).is_file() for output in record.outputs):
            records.append(record)
    return records, misfits


def _changed(record: Record, digest: Callable[[str], str]) -> Iterator[str]:
    for path, state in record.outputs.items():
        if not Path(path).is_file():
            yield f"{path}: is missing, although other files of its stage {record.stage!r} are there"
        elif digest(path) != state.sha256:
            how = _change(Path(path), state)
            yield f"{path}: {how} since stage {record.stage!r} wrote it ({record.started})"


def _change(path: Path, state: FileState) -> str:
    size = path.stat().st_size
    if size < state.size:
        return f"was cut or written again, {size:,} instead of {state.size:,} bytes,"
    return "has changed"


def _changed_inputs(records: list[Record], digest: Callable[[str], str]) -> Iterator[str]:
    """Yield a line for each input that changed after files were made from it."""
    for path in sorted({path for record in records for path in record.inputs if Path(path).is_file()}):
        others = [
            next(iter(record.outputs))
            for record in records
            if record.inputs.get(path, digest(path)) != digest(path)
        ]
        if others:
            more = f" and {len(others) - 1} more" if len(others) > 1 else ""
            yield f"{others[0]}{more}: made from another {path} than the one that is there"


def _changed_labels(records: list[Record]) -> Iterator[str]:
    """Yield a line for each record that used a label which its file of annotations no longer has.

    Labels that were added since are no problem: the file grows during the rounds.
    """
    present = cache(_present_labels)
    for record in records:
        used, output = record.used_labels, next(iter(record.outputs))
        if used is None or not Path(used.annotations).is_file() or not Path(used.samples).is_file():
            continue
        try:
            labels = present(used.samples, used.annotations)
        except InputError as error:
            yield f"{output}: its labels can no longer be read ({error.args[0]})"
            continue
        changed = [(row, label) for row, label in used.labels.items() if labels.get(row) != label]
        if changed:
            row, label = changed[0]
            more = f" and {len(changed) - 1} more" if len(changed) > 1 else ""
            now = f"is {labels[row]!r} there now" if row in labels else "no longer has a label there"
            yield f"{output}: made with label {label!r} of row {row}{more} in {used.annotations}, which {now}"


def _present_labels(samples: str, annotations: str) -> dict[str, str]:
    """Return the labels in a file of annotations, by the row's number as text."""
    with LabelFile(samples) as file:
        rows = np.arange(len(file.train.labels))
        used = used_labels(file, rows, merged_labels(file, annotations), annotations)
    return {} if used is None else used.labels


def _results(root: Path) -> Iterator[str]:
    for path in sorted(root.rglob("*")):
        inside = path.relative_to(root)
        is_result = not IGNORED_FOLDERS.intersection(inside.parts) and path.suffix not in IGNORED_SUFFIXES
        if path.is_file() and is_result and not path.name.startswith("."):
            yield str(path)
