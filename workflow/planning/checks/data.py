"""Checks of an experiment against its dataset, before any job: its files, vectors, and sizes of parts."""

import json
import math
from collections.abc import Iterator

from activepool.data.embedding_files import opened
from activepool.data.embeddings import feature_problems, name_problems
from activepool.data.kinds import EMBEDDINGS, preview
from activepool.data.previews import Preview
from activepool.data.splits import validation_counts
from activepool.errors import InputError, Problems
from activepool.programs.messages import print_notices
from planning.checks.settings import pretraining_notices
from planning.configuration.datasets import Embeddings
from planning.configuration.experiment import Experiment, Features
from planning.stages.contents import cache_file, content_digest, embedding_options, preview_source, store

#: Settings that name files of features, and those that say which of their arrays are read.
FEATURE_FILES, ARRAY_SETTINGS = ("path", "test_features"), ("array", "label_array", "source_array")

#: Features of a part beyond which only the job reads them: it takes about six seconds to check so many.
MAX_VALUES = 10**9


def previewed(experiment: Experiment) -> tuple[Preview | None, list[str]]:
    """Return the size of the dataset (None if unknown), and a line for each problem with its files."""
    dataset, data, problems = experiment.dataset, None, Problems()
    try:
        with problems.noted():
            data = preview(preview_source(dataset))
        if isinstance(dataset, Embeddings):
            with problems.noted():
                problems.extend(vector_problems(dataset))
    except OSError as error:
        problems.append(f"{error.filename} cannot be read ({error.strerror})")
    lines = [line.removeprefix("dataset: ") for problem in problems for line in problem.splitlines()]
    return data, [f"dataset: {line}" for line in dict.fromkeys(lines)]


def data_problems(experiment: Experiment) -> Iterator[str]:
    """Yield a line for each problem with the dataset, or with sizes that do not fit it; print its notices."""
    data, problems = previewed(experiment)
    yield from problems
    if data is None:
        return
    if experiment.dataset.kind == EMBEDDINGS:  # the listing of images prints their notices
        print_notices(data.notices)
        if "features" in experiment.model_fields_set:
            print_notices(["features: says how to read images; embeddings are taken as they are"])
    else:
        yield from shard_problems(experiment.features, max(data.num_train, data.num_test))
    print_notices(pretraining_notices(experiment.pretrain, data.num_train))
    split, split_fits = experiment.validation, True
    try:
        in_validation = int(
            validation_counts(data.train_class_counts, split.fraction, data.class_names, split.round_to).sum()
        )
    except InputError as error:
        yield f"validation.fraction: {error}"
        # Any split has at least one sample of each class.
        split_fits = False
        in_validation = int((data.train_class_counts > 0).sum())
        if not in_validation:
            return
    if experiment.pool_shards > data.num_train - in_validation:
        yield (
            f"pool_shards: {experiment.pool_shards:,} jobs cannot share a pool of "
            f"{data.num_train - in_validation:,} samples; give fewer"
        )
    yield from _budget_problems(experiment, data, in_validation, with_notice=split_fits)
    if data.num_train > data.train_class_counts.sum():
        for strategy in experiment.strategies:
            if strategy.declared.reads_pool_labels:
                yield (
                    f"strategies: {strategy.folder} reads labels of the pool, but some are unknown; "
                    "leave it out"
                )


def shard_problems(features: Features, images: int) -> Iterator[str]:
    """Yield a line if more jobs would extract than the largest part of a dataset has images."""
    shards, size = features.shards, features.batch_size
    if shards > images:
        yield (
            f"features.shards: {shards:,} jobs cannot share {images:,} images; with batches of {size:,}, at "
            f"most {-(-images // size):,} have any to extract"
        )


def _budget_problems(
    experiment: Experiment, data: Preview, in_validation: int, with_notice: bool
) -> Iterator[str]:
    labelled, pool = int(data.train_class_counts.sum()) - in_validation, data.num_train - in_validation
    initial, budget, queries = experiment.initial.size, experiment.budget, experiment.rounds - 1
    queried = f"{queries} {'query' if queries == 1 else 'queries'} of {budget}"
    # Each query but the last buys its budget, and one sample is left for the last.
    fitting = min(labelled, pool - (queries - 1) * budget - 1 if queries else pool)
    last_size = pool - initial - (queries - 1) * budget
    if initial > labelled:
        fits = f"it can be {fitting} at most" if fitting > 0 else f"with {queried}, none fits; lower rounds"
        yield (
            f"initial.size: {initial} is larger than the {labelled} labelled training "
            f"samples outside the validation split; {fits}"
        )
    elif queries and last_size < 1:
        affordable = pool - initial - 1
        most = {
            "the budget": affordable // max(1, queries - 1),
            "rounds": affordable // budget + 2,
            "initial.size": fitting,
        }
        fits = ", or ".join(f"{key} can be {number} at most" for key, number in most.items() if number > 0)
        yield (
            f"budget: {initial} initial samples and {queried} are {initial + queries * budget}, but the pool "
            f"has {pool}; {fits}, and the last query then picks what is left"
        )
    elif queries and last_size < budget and with_notice:
        print_notices([f"the last query picks the {last_size} samples that are left of the pool"])


def vector_problems(dataset: Embeddings) -> list[str]:
    """Return a line for each part with unusable names of rows or features.

    Features must be finite, and float32 must be able to compute with them. If there are too many to read
    twice, only the job checks them.
    Raises: InputError if the files cannot be opened.
    """
    options = embedding_options(dataset)
    features = {key: content_digest(options[key]) for key in FEATURE_FILES if key in options}
    arrays = {key: options[key] for key in ARRAY_SETTINGS if key in options}
    usable = cache_file(json.dumps(["usable names and features", features, arrays]))
    if usable.exists():
        return []
    with opened(**options, with_labels=False) as files:
        problems = name_problems(files)
        parts = filter(None, (files.train, files.test))
        if all(math.prod(part.features.shape) <= MAX_VALUES for part in parts):
            problems = list(dict.fromkeys([*problems, *feature_problems(files)]))
    if not problems:
        store(usable, {"usable": True})
    return problems
