"""Checks, before any job, that the file of annotations fits the samples, and that a run uses all its labels.

In embeddings without names, only the row identifies a vector, and rows can move.
"""

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from activepool.compute.arrays import FloatArray
from activepool.compute.blocks import BLOCK_ROWS, row_blocks
from activepool.data.annotations import (
    UNLABELABLE,
    Annotation,
    Annotations,
    TrainPart,
    listed_rows,
    match,
    raise_if_any,
    read_annotations,
    shortened,
)
from activepool.data.embedding_files import EmbeddingPart, opened
from activepool.data.embeddings import remaining_parts
from activepool.data.kinds import build, preview
from activepool.data.label_file import LabelFile
from activepool.data.subset import reduced
from activepool.errors import InputError, first_few
from activepool.features.store import FeatureFile
from activepool.io.index_files import whole_number
from activepool.programs.messages import print_notices
from activepool.records.provenance import Record, record_path
from planning.checks.bare_indices import bare_index, meant_sources, moved, remember
from planning.configuration.datasets import (
    Embeddings,
    HuggingFace,
    ImageDatasetSettings,
    Manifest,
    WebDataset,
)
from planning.configuration.experiment import Experiment
from planning.paths import Paths
from planning.stages.contents import embedding_options, preview_source, source_setting
from planning.stages.digests import StageDigests
from planning.stages.late_labels import LateLabels, rows_of
from planning.stages.settings import ExperimentSettings

#: The source of a row that has no name, see `EmbeddingPart.source_texts`.
ROW = re.compile(r"train/(\d+)")

#: The most rounds that a message names.
MAX_NAMED_ROUNDS = 3


def annotation_problems(experiment: Experiment) -> Iterator[str]:
    """Yield a line for each unusable row; print notices about a file without unusable rows.

    A row may name a sample that an earlier run has read, or one that is listed now, such as a new image that
    the next run will read.
    """
    path = experiment.dataset.annotations
    if path is None or not os.path.isfile(path):  # noqa: PTH113, which is false for a name that is too long
        return
    try:
        annotations = read_annotations(path)
    except InputError as error:
        yield from (f"dataset.annotations: {message}" for message in error.args)
        return
    problems_of_first: list[str] = []
    for part in _parts(experiment):
        labels, problems = match(part, annotations)
        if not problems:
            print_notices(_notices(part, labels, annotations))
            return
        problems_of_first = problems_of_first or problems
    yield from (f"dataset.annotations: {problem}" for problem in shortened(problems_of_first))


def require_fit_to_listing(experiment: Experiment) -> None:
    """Raise InputError with a line for each annotation that does not fit the samples as listed now.

    For a run that reads the samples again, and may find them in other rows than before.
    """
    path, samples = experiment.dataset.annotations, Paths(experiment).samples
    if path is None:
        return
    annotations, earlier = read_annotations(path), _train_part(samples)
    meant = meant_sources(experiment, earlier, annotations)
    # An index may have moved in a list of any length.
    part = _listed(experiment, even_if_large=bool(meant)) if earlier or meant else None
    if part is None:
        return
    of_line = dict(moved(meant, part, annotations))
    others = [annotation for annotation in annotations.rows if annotation.line not in of_line]
    raise_if_any([*of_line.values(), *match(part, replace(annotations, rows=others))[1]])
    if earlier is not None and isinstance(experiment.dataset, Embeddings):
        with FeatureFile(samples) as features, opened(**embedding_options(experiment.dataset)) as present:
            raise_if_any(list(moved_vectors(features, present.train, experiment.dataset.path, annotations)))


def require_fit_to_samples(experiment: Experiment) -> None:
    """Raise InputError with a line for each index that meant another sample when a run first accepted it.

    For a run that takes the samples as they are. Another experiment may have read them again.
    """
    path = experiment.dataset.annotations
    if path is None:
        return
    annotations = read_annotations(path)
    if all(bare_index(annotation) is None for annotation in annotations.rows):
        return  # all samples need not be read
    if (part := _train_part(Paths(experiment).samples)) is None:
        return
    meant = meant_sources(experiment, part, annotations)
    raise_if_any([problem for _, problem in moved(meant, part, annotations)])


def remember_indices(experiment: Experiment) -> None:
    """Record which sample each bare index means, just before the first job of a run."""
    path = experiment.dataset.annotations
    if path is not None and (part := _train_part(Paths(experiment).samples)) is not None:
        remember(experiment, meant_sources(experiment, part, read_annotations(path)))


def _train_part(samples: str) -> TrainPart | None:
    """Return the samples that an earlier run has read; None if there are none, or the file is damaged."""
    if not Path(samples).is_file():
        return None
    try:
        with LabelFile(samples) as file:
            return TrainPart.from_file(file)
    except InputError:
        return None


def _parts(experiment: Experiment) -> Iterator[TrainPart]:
    """Yield the samples that an earlier run with these settings has read, and those listed now."""
    for read in (_read, _listed):
        try:
            part = read(experiment)
        except InputError:  # reported by the check of the dataset, or by its stage
            continue
        if part is not None:
            yield part


def _read(experiment: Experiment) -> TrainPart | None:
    paths = Paths(experiment)
    record = record_path(paths.samples)
    if not Path(paths.samples).is_file() or not record.is_file():
        return None
    stage = "embeddings" if isinstance(experiment.dataset, Embeddings) else "dataset"
    made_by = StageDigests(ExperimentSettings(experiment, paths)).describe(stage, {}, {})
    if list(Record.read(record).depends_on.values()) != [made_by]:
        return None
    with LabelFile(paths.samples) as file:
        return TrainPart.from_file(file)


def _listed(experiment: Experiment, even_if_large: bool = False) -> TrainPart | None:
    """Return the samples as a run would read them now; None without a list, or if a list takes long."""
    dataset = experiment.dataset
    if isinstance(dataset, Embeddings):
        thinned = dataset.test_fraction, dataset.imbalance, dataset.fraction
        with opened(**embedding_options(dataset)) as embeddings:
            train, rows = remaining_parts(dataset.path, embeddings, *thinned)["train"]
            sources = train.source_texts()[rows]
            return TrainPart(dataset.path, train.labels[rows], sources, embeddings.class_names)
    if not isinstance(dataset, ImageDatasetSettings):
        return None
    if preview(preview_source(dataset)) is None and not even_if_large:
        return None
    samples = build(dataset.kind, **source_setting(dataset)["options"])
    name = dataset.path if isinstance(dataset, Manifest | WebDataset | HuggingFace) else dataset.root
    # With "skip", the unreadable images leave first, and the others move up.
    is_final = dataset.on_unreadable == "stop"
    if is_final:
        samples = reduced(samples, dataset.imbalance, dataset.fraction)
    return TrainPart(name, samples.train.labels, samples.train.sources, samples.class_names, is_final)


def _notices(part: TrainPart, labels: np.ndarray, annotations: Annotations) -> Iterator[str]:
    path = annotations.path
    if not annotations.rows:
        yield f"{path}: has no label yet"
    marked = int((labels == UNLABELABLE).sum())
    if marked:
        yield f"{path}: samples that cannot be labelled: {marked}; no round trains on them"
    if part.ambiguous and part.is_final:
        source, rows = next(iter(part.ambiguous.items()))
        yield (
            f"{part.name}: {len(part.ambiguous)} sources name several rows ({source!r}: "
            f"{listed_rows(rows)}); {path} must name such samples by their index"
        )


def moved_vectors(
    features: FeatureFile, present: EmbeddingPart, path: str, annotations: Annotations
) -> Iterator[str]:
    """Yield a line for each annotation of a row that has another vector now, if rows have moved.

    Rows have moved if one of the vectors in ``features``, which a run has read, is in another row of
    ``present``, the file at ``path``. If none is, another network may have computed all vectors again, and
    the rows may well be the same samples.
    """
    part = TrainPart.from_file(features)
    width = features.train.features.shape[1]
    if present.sources is not None or part.sources is None or present.width != width:
        return
    of_rows = {_row(part, annotation): annotation for annotation in annotations.rows}
    named = {row: ROW.fullmatch(part.sources[row]) for row in of_rows if row is not None}
    rows = np.array([row for row, name in named.items() if name], dtype=np.int64)
    before = features.train.features.take(rows)
    rows_before = [int(name[1]) for name in named.values() if name]

    def is_kept(number: int) -> bool:
        row = rows_before[number]
        exists = row < len(present.labels)
        return exists and np.array_equal(before[number], _vectors(present, slice(row, row + 1))[0])

    # In the order of the rows: a table reads each batch once, going forward.
    changed = sorted(number for number in np.argsort(rows_before).tolist() if not is_kept(number))
    rows_now = _rows_now(present, before[changed]) if changed else {}
    for number in changed if rows_now else ():
        annotation, row_now = of_rows[int(rows[number])], rows_now.get(before[number].tobytes())
        its_row = "no row" if row_now is None else f"row {row_now}"
        yield (
            f"{annotations.path}:{annotation.line}: 'train/{rows_before[number]}' was the vector that "
            f"{its_row} of {path} has now; put new rows last, or correct this file and delete "
            f"{features.path}"
        )


def _row(part: TrainPart, annotation: Annotation) -> int | None:
    """Return the row that an annotation is about; None if it is a new one."""
    row = next(iter(part.rows_of(annotation.source.strip())), whole_number(annotation.index))
    return row if row is not None and row < len(part.labels) else None


def _rows_now(present: EmbeddingPart, vectors: FloatArray) -> dict[bytes, int]:
    """Return the present row of each of these vectors, by its bytes; those that are gone are missing."""
    wanted_vectors = {vector.tobytes() for vector in vectors}
    rows: dict[bytes, int] = {}
    for block in row_blocks(len(present.labels), BLOCK_ROWS):
        for row, vector in enumerate(_vectors(present, block), start=block.start):
            if (content := vector.tobytes()) in wanted_vectors:
                rows.setdefault(content, row)
    return rows


def _vectors(present: EmbeddingPart, rows: slice) -> FloatArray:
    """Return vectors as features.h5 would hold them."""
    with np.errstate(over="ignore"):
        return np.ascontiguousarray(present.features.read(rows), dtype=np.float32)


def require_use_of_labels(late_labels: LateLabels, writes: Iterable[str]) -> None:
    """Raise InputError if a run that ``writes`` these files may leave bought labels unused.

    These are the labels of samples that are only in a selected.csv that the run would rewrite. If
    the run reads the samples again, also raise InputError for annotations that no longer fit them; if not,
    for each index that meant another sample when a run first accepted it.
    """
    paths, labels, written = late_labels.paths, late_labels.by_row(), set(writes)
    if paths.samples in written:
        require_fit_to_listing(paths.experiment)
    else:
        require_fit_to_samples(paths.experiment)
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
