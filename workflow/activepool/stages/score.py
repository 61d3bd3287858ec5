"""The stage `score`."""

from argparse import ArgumentTypeError
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

from activepool.compute.blocks import Compute
from activepool.compute.shards import Shard
from activepool.data.used_labels import UsedLabels
from activepool.errors import InputError
from activepool.programs.stage import Count, Input, Natural, Output, Text, stage

if TYPE_CHECKING:
    from activepool.data.label_file import LabelFile
    from activepool.io.score_files import ScoreTable


def _score(name: str) -> str:
    """Return the name of a score; it is checked here, where a command line is read."""
    from activepool.scores.pool_scorer import SCORES

    if name not in SCORES:
        raise ArgumentTypeError(f"{name!r} is no score; there are {', '.join(SCORES)}")
    return name


@stage
def score(
    features: Input,
    validation: Input,
    labelled: Input,
    scores: Output,
    head: Input | None = None,
    head_scores: Sequence[Annotated[str, Text(_score)]] = (),
    nearest_for_budget: Count | None = None,
    strategy: str | None = None,
    options: Mapping[str, Any] = {},
    dataset: Input | None = None,
    model: Input | None = None,
    prepared: Input | None = None,
    budget: Count = 1,
    remaining_budget: Count | None = None,
    annotations: str | None = None,
    seed: Natural = 0,
    round: Count = 1,
    shard: Shard = Shard(),
    compute: Compute = Compute(),
) -> UsedLabels | None:
    """Work on each sample of the unlabelled pool, or of a shard of it, by itself.

    The head of the round before scores the samples. A strategy may score their images with a model of its
    own, and may precompute what it picks by.

    Args:
        features: features.h5; dataset.h5 will do for a strategy that reads no features
        validation: validation.csv: rows outside the pool
        labelled: labelled.csv of the round before
        scores: scores.h5 to write
        head: head.h5 of the round before
        head_scores: which scores to compute from the head: confidence, margin, entropy, boundary
        nearest_for_budget: with head_scores: list those nearest to each class's boundary, for this budget
        strategy: the strategy that precomputes or has a model: a name, or file.py:function
        options: JSON: its options
        dataset: dataset.h5, for its model
        model: safetensors file of the weights of its model
        prepared: prepared.h5 of the strategy
        budget: how many will be picked
        remaining_budget: picks of this and all later rounds together
        annotations: CSV of labels that came after the features were made
        seed: seed of the run
        round: the round that trains on the picks, from 1
    """
    from activepool.compute.blocks import BLOCK_ROWS
    from activepool.data.label_file import LabelFile
    from activepool.data.round_samples import read_pool
    from activepool.features.image_round import ImageRound
    from activepool.features.store import FeatureFile
    from activepool.io.score_files import ScoreTable, write_scores
    from activepool.programs.round_query import QueryFiles, read_query
    from activepool.strategies.registry import find_strategy

    declared, used = find_strategy(strategy) if strategy else None, None
    reads_features = head is not None or (declared is not None and declared.reads_features)
    with (FeatureFile if reads_features else LabelFile)(features) as file:
        _, pool = read_pool(len(file.train.labels), validation, labelled)
        part = shard.rows(len(pool), BLOCK_ROWS)
        table = ScoreTable(pool[part])
        if head_scores or model:
            table = _by_head(table, file, head, tuple(head_scores), nearest_for_budget, len(pool), compute)
        if declared and model:
            from activepool.backbones.checkpoint_reading import read_checkpoint  # torch takes seconds

            if dataset is None:
                raise InputError("score: a model scores images; give --dataset")
            images = ImageRound.read(dataset, validation, labelled, seed, round, compute)
            images = replace(images, unlabelled=table.index)
            table = replace(table, scores=declared.image_scores(read_checkpoint(model), images, options))
        if declared and declared.precompute:
            files = QueryFiles(validation, labelled, annotations, head=head, prepared=prepared)
            query, _, used = read_query(
                declared,
                file,
                files,
                budget=budget,
                seed=seed,
                round_number=round,
                compute=compute,
                remaining_budget=remaining_budget,
                table=table,
            )
            query = replace(query, budget=min(budget, len(pool)))
            table = replace(table, per_sample=declared.precomputed(query, options))
    write_scores(scores, table)
    return used


def _by_head(
    table: "ScoreTable",
    file: "LabelFile",
    head: str | None,
    names: tuple[str, ...],
    nearest_for_budget: int | None,
    pool_size: int,
    compute: Compute,
) -> "ScoreTable":
    """Return the table with the head's classes and scores, and the lists of the nearest if asked for."""
    from activepool.features.store import FeatureFile
    from activepool.heads.linear import read_head
    from activepool.scores.nearest import NearestPerClass
    from activepool.scores.pool_scorer import PoolScorer

    if head is None or not isinstance(file, FeatureFile):
        raise InputError("score: a pool is scored by a head, on features; give --head and --features")
    features = file.train.features
    classifier = read_head(head, features.shape[1])
    nearest = None
    if nearest_for_budget is not None:
        nearest = NearestPerClass.for_budget(nearest_for_budget, classifier.num_classes, pool_size)
    found = PoolScorer(features, classifier, compute).score(table.index, names, nearest)
    lists = nearest.lists() if nearest else None
    return replace(table, predicted=found.pop("predicted"), scores=found, nearest=lists)


if __name__ == "__main__":
    score.run()
