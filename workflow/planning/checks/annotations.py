"""A check of the file of annotations against the samples, before any job."""

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from activepool.data.annotations import (
    UNLABELABLE,
    Annotations,
    TrainPart,
    listed_rows,
    match,
    raise_if_any,
    read_annotations,
    shortened,
)
from activepool.data.embedding_files import opened
from activepool.data.kinds import build, preview
from activepool.data.label_file import LabelFile
from activepool.errors import InputError
from activepool.features.store import FeatureFile
from activepool.io.index_files import whole_number
from activepool.programs.messages import print_notices
from activepool.records.provenance import Record, record_path
from planning.checks.moved_vectors import moved_vectors
from planning.configuration.datasets import (
    DatasetSettings,
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
from planning.stages.settings import ExperimentSettings


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
    path = experiment.dataset.annotations
    if path is None or (part := _listed(experiment)) is None:
        return
    annotations = read_annotations(path)
    raise_if_any(match(part, annotations)[1])
    samples = Paths(experiment).samples
    with LabelFile(samples) as file:
        raise_if_any(list(_moved(TrainPart.from_file(file), part, annotations)))
    if isinstance(experiment.dataset, Embeddings):
        with FeatureFile(samples) as features, opened(**embedding_options(experiment.dataset)) as present:
            raise_if_any(list(moved_vectors(features, present.train, experiment.dataset.path, annotations)))


def _moved(read: TrainPart, listed: TrainPart, annotations: Annotations) -> Iterator[str]:
    """Yield a line for each annotation with only an index that now names another sample."""
    if read.sources is None or listed.sources is None or not listed.is_final:
        return
    for annotation in annotations.rows:
        row = None if annotation.source.strip() else whole_number(annotation.index)
        if row is None or row >= min(len(read.sources), len(listed.sources)):
            continue
        earlier, present = read.sources[row], listed.sources[row]
        if earlier != present:
            yield (
                f"{annotations.path}:{annotation.line}: index {row} was {earlier!r}, but is {present!r} in "
                f"{listed.name} now; add the column 'source', which names the labelled sample"
            )


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


def _listed(experiment: Experiment) -> TrainPart | None:
    dataset = experiment.dataset
    if isinstance(dataset, Embeddings):
        with opened(**embedding_options(dataset)) as embeddings:
            train = embeddings.train
            final = not _thinned(dataset) and dataset.test_fraction is None
            return TrainPart(dataset.path, train.labels, train.source_texts(), embeddings.class_names, final)
    if not isinstance(dataset, ImageDatasetSettings) or preview(preview_source(dataset)) is None:
        return None
    samples = build(dataset.kind, **source_setting(dataset)["options"])
    name = dataset.path if isinstance(dataset, Manifest | WebDataset | HuggingFace) else dataset.root
    final = not _thinned(dataset) and dataset.on_unreadable == "stop"
    return TrainPart(name, samples.train.labels, samples.train.sources, samples.class_names, final)


def _thinned(dataset: DatasetSettings) -> bool:
    return dataset.imbalance is not None or dataset.fraction is not None


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
