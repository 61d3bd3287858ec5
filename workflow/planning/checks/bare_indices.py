"""Annotations with only an index, and the sample that each meant when a run first accepted it.

An index is the row of a sample, and rows move when samples come or go. A record keeps the sample of each
index, because the file of samples may be gone, as after a failure of the job that reads the samples again.
"""

import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from activepool.data.annotations import Annotation, Annotations, TrainPart
from activepool.io.index_files import whole_number
from planning.configuration.experiment import Experiment
from planning.stages.contents import cache_file, store


def bare_index(annotation: Annotation) -> int | None:
    """Return the index of an annotation that has no source; None for any other."""
    return None if annotation.source.strip() else whole_number(annotation.index)


def meant_sources(experiment: Experiment, read: TrainPart | None, annotations: Annotations) -> dict[int, str]:
    """Return the source that each bare index had when a run first accepted it, as far as known.

    Those without a record mean a row of ``read``, the samples that an earlier run has read; None for none.
    """
    sources = () if read is None or read.sources is None else read.sources
    accepted = _accepted(_record(experiment))
    rows = {row for annotation in annotations.rows if (row := bare_index(annotation)) is not None}
    now = {row: str(sources[row]) for row in rows if row < len(sources)}
    return now | {row: source for row, source in accepted.items() if row in rows}


def remember(experiment: Experiment, meant: dict[int, str]) -> None:
    """Record the source that each bare index has, see `meant_sources`."""
    record = _record(experiment)
    if meant != _accepted(record):
        store(record, {"sources": {str(row): source for row, source in sorted(meant.items())}})


def moved(meant: dict[int, str], present: TrainPart, annotations: Annotations) -> Iterator[tuple[int, str]]:
    """Yield the line and problem of each annotation with only an index that may now name another sample."""
    for annotation in annotations.rows:
        row = bare_index(annotation)
        if row is None or row not in meant or present.sources is None:
            continue
        earlier, where = meant[row], f"{annotations.path}:{annotation.line}"
        if not present.is_final:
            yield (
                annotation.line,
                f"{where}: index {row} was {earlier!r}, and may be another image once the images are read "
                "again (on_unreadable: skip); give its source in the column 'source' instead",
            )
        elif row < len(present.sources) and present.sources[row] != earlier:
            yield (
                annotation.line,
                f"{where}: index {row} was {earlier!r}, but is {present.sources[row]!r} in "
                f"{present.name} now; add the column 'source', which names the labelled sample",
            )


def _record(experiment: Experiment) -> Path:
    annotations = Path(experiment.dataset.annotations or "").absolute()
    return cache_file(json.dumps(["indices of annotations", experiment.experiment, str(annotations)]))


def _accepted(record: Path) -> dict[int, str]:
    with suppress(OSError, ValueError, TypeError, KeyError, AttributeError):
        sources = json.loads(record.read_text(encoding="utf-8"))["sources"]
        return {int(row): str(source) for row, source in sources.items()}
    return {}
