"""Verification of a tree: whether each file matches its record, and was made from the present files."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

import numpy as np

from activepool.compute.kernels import mixtures
from activepool.data.label_file import LabelFile
from activepool.data.round_samples import merged_labels, used_labels
from activepool.errors import InputError, first_few
from activepool.io.files import file_digest
from activepool.records.provenance import FOLDER, Record, record_path, records_below

#: Folders and endings of files that are not results: logs, records, states of trainings.
IGNORED_FOLDERS = {"logs", FOLDER}
IGNORED_SUFFIXES = {".state"}

#: Files that are deleted once they are read: shards, and in finetuning the features of a round.
TEMPORARY = ("*/shards/*-of-*.h5", "*/scores/*-of-*.h5", "*/round*/features.h5")


@dataclass(frozen=True)
class Findings:
    """The findings of a verification: how many files match their records, and lines about the others.

    Attributes:
        misfits: a line for each problem, which begins with the file.
        mixtures: a line for each library whose kernels differ between files, which may all match.
        outdated: a line for each file that was made on request, from an input that has changed since.
        gone: missing files that people may delete.
        unrecorded: files that no stage makes.
    """

    verified: int
    misfits: list[str]
    mixtures: list[str]
    outdated: list[str]
    gone: list[str]
    unrecorded: list[str]


@dataclass(frozen=True)
class Allowances:
    """Deviations that verification allows; patterns are those of `fnmatch`, for paths as records have them.

    Attributes:
        unrecorded: patterns of files that no stage makes.
        ignored: patterns of files that people may change as they like.
        changing: for a stage, the pattern of the inputs that may change after it has run.
        requested: stages that run only on request, so that their files may be older than their inputs.
        temporary: patterns of files that are always deleted, although their records stay.
        dispensable: patterns of files that people may delete, since a run remakes those that it needs.
    """

    unrecorded: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    changing: Mapping[str, str] = field(default_factory=dict)
    requested: Collection[str] = ()
    temporary: Collection[str] = TEMPORARY
    dispensable: Collection[str] = ()


def verify(root: str | Path, allowances: Allowances = Allowances()) -> Findings:
    """Compare every file below ``root`` with its record; raises InputError if there is no such folder."""
    root = Path(root)
    if not root.is_dir():
        raise InputError(f"{root}: there is no such folder; verify checks the files that a run has written")
    all_records, misfits = _read_records(root)
    records = [record for record in all_records if _has_files(record)]
    missing = [path for record in all_records for path in record.outputs if not Path(path).is_file()]
    missing_optional = [path for path in missing if _matches(path, allowances.dispensable)]
    optional = (*allowances.temporary, *allowances.dispensable)
    misfits += [
        line for record in all_records if not _has_files(record) for line in _lost_files(record, optional)
    ]
    digest = cache(file_digest)
    misfits += [line for record in records for line in _changed_files(record, digest, allowances.dispensable)]
    regular = [record for record in records if record.stage not in allowances.requested]
    misfits += _changed_inputs(regular, digest, allowances.changing)
    misfits += _changed_labels(records)
    recorded_files = {path for record in records for path in record.outputs}
    files_without_record = [
        path
        for path in _results(root)
        if path not in recorded_files and not _matches(path, allowances.ignored)
    ]
    unrecorded = [path for path in files_without_record if _matches(path, allowances.unrecorded)]
    misfits += [
        f"{path}: no record says how it was made; delete it, or move it elsewhere"
        for path in files_without_record
        if path not in unrecorded
    ]
    problem_files = {line.partition(": ")[0] for line in misfits}
    verified = sum(Path(path).is_file() and path not in problem_files for path in recorded_files)
    kernels_of = {
        path: record.kernels for record in records for path in record.outputs if Path(path).is_file()
    }
    requested = [record for record in records if record.stage in allowances.requested]
    outdated = list(_outdated(requested, digest))
    return Findings(verified, misfits, mixtures(kernels_of), outdated, missing_optional, unrecorded)


def _read_records(root: Path) -> tuple[list[Record], list[str]]:
    records, misfits = [], []
    for path in records_below(root):
        try:
            records.append(Record.read(path))
        except InputError as error:
            misfits.append(str(error))
    return records, misfits


def _has_files(record: Record) -> bool:
    return any(Path(path).is_file() for path in record.outputs)


def _lost_files(record: Record, optional: Collection[str]) -> Iterator[str]:
    """Yield a line for each file of a record whose files are all gone."""
    for path in record.outputs:
        if not _matches(path, optional):
            yield (
                f"{path}: is missing; stage {record.stage!r} made it ({record.started}); make it again, or "
                f"delete {record_path(next(iter(record.outputs)))}"
            )


def _changed_files(record: Record, digest: Callable[[str], str], optional: Collection[str]) -> Iterator[str]:
    for path, state in record.outputs.items():
        if not Path(path).is_file():
            if not _matches(path, optional):
                context = f"although other files of its stage {record.stage!r} are there"
                yield f"{path}: is missing, {context}; run again to make it"
        elif digest(path) != state.sha256:
            yield record.change_line(Path(path))


def _changed_inputs(
    records: list[Record], digest: Callable[[str], str], changing: Mapping[str, str]
) -> Iterator[str]:
    """Yield a line for each input that changed after files were made from it."""
    outputs_of: dict[str, list[str]] = defaultdict(list)
    for record in records:
        for path in _inputs_changed_since(record, digest):
            if not fnmatchcase(path, changing.get(record.stage, "")):
                outputs_of[path].append(next(iter(record.outputs)))
    for path, outputs in sorted(outputs_of.items()):
        remedy = f"run again, and if that does not rebuild it, delete {outputs[0]} first"
        yield f"{first_few(outputs, 1)}: made from another version of {path}; {remedy}"


def _outdated(records: list[Record], digest: Callable[[str], str]) -> Iterator[str]:
    """Yield a line for each record with an input that has changed since."""
    for record in records:
        if changed := _inputs_changed_since(record, digest):
            output = next(iter(record.outputs))
            yield f"{output}: made from another version of {changed[0]}"


def _inputs_changed_since(record: Record, digest: Callable[[str], str]) -> list[str]:
    return [
        path
        for path, recorded_digest in record.inputs.items()
        if Path(path).is_file() and digest(path) != recorded_digest
    ]


def _changed_labels(records: list[Record]) -> Iterator[str]:
    """Yield a line for each record with a label that its file of annotations no longer has.

    Labels added since then are not a problem: the file grows during the rounds.
    """
    present = cache(_present_labels)
    for record in records:
        annotated, output = record.used_labels, next(iter(record.outputs))
        if (
            annotated is None
            or not Path(annotated.annotations).is_file()
            or not Path(annotated.samples).is_file()
        ):
            continue
        try:
            labels = present(annotated.samples, annotated.annotations)
        except InputError as error:
            yield f"{output}: its labels can no longer be read ({error.args[0]}); repair them, and run again"
            continue
        changed = [(row, label) for row, label in annotated.labels.items() if labels.get(row) != label]
        if changed:
            row, label = changed[0]
            rows = first_few([row for row, _ in changed], 1)
            present_state = (
                f"is {labels[row]!r} there now" if row in labels else "no longer has a label there"
            )
            mismatch = f"label {label!r} of row {rows} in {annotated.annotations}, which {present_state}"
            yield f"{output}: made with {mismatch}; run again to train with it, or put the old label back"


def _present_labels(samples: str, annotations: str) -> dict[str, str]:
    """Return the labels in a file of annotations, by the row's number as text."""
    with LabelFile(samples) as file:
        rows = np.arange(len(file.train.labels))
        labels = used_labels(file, rows, merged_labels(file, annotations), annotations)
    return {} if labels is None else labels.labels


def _matches(path: str, patterns: Collection[str]) -> bool:
    return any(fnmatchcase(path, pattern) for pattern in patterns)


def _results(root: Path) -> Iterator[str]:
    for path in sorted(root.rglob("*")):
        relative = path.relative_to(root)
        is_result = not IGNORED_FOLDERS.intersection(relative.parts) and path.suffix not in IGNORED_SUFFIXES
        if path.is_file() and is_result and not path.name.startswith("."):
            yield str(path)
