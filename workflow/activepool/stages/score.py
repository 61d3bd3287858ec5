from argparse import ArgumentTypeError
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any

from activepool.compute.blocks import Compute
from activepool.compute.shards import Shard
from activepool.data.used_labels import UsedLabels
from activepool.errors import InputError
from activepool.programs.stage import Count, Input, Natural, Output, Text, stage


def _score(name: str) -> str:
    """Return the name of a score, or raise the command line's error for an unknown name."""
    from activepool.scores.pool_scorer import SCORES

    if name not in SCORES:
        raise ArgumentTypeError(f"{name!r} is not a score; choose from {', '.join(SCORES)}")
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
    """Score the unlabelled pool, or a shard of it, sample by sample.

    The head of the previous round scores the samples. A strategy may also score their images with its own
    model, and precompute what its selection needs.

    Args:
        features: features.h5, or dataset.h5 for a strategy that reads no features
        validation: validation.csv: rows outside the pool
        labelled: labelled.csv of the previous round
        scores: scores.h5 to write
        head: head.h5 of the previous round
        head_scores: names of scores to compute from the head, such as margin
        nearest_for_budget: with head_scores: also list the samples nearest to each class's boundary, for this
            budget
        strategy: name of the strategy, or file.py:function, if it precomputes or has a model
        options: JSON: the options of the strategy for this stage
        dataset: dataset.h5, for the strategy's model
        model: safetensors file of the weights of the strategy's model
        prepared: prepared.h5 of the strategy
        budget: number of picks
        remaining_budget: number of picks of this and all later rounds
        annotations: CSV of labels that came after features.h5
        seed: seed of the run
        round: number of the round that trains on the picks, from 1
    """
    from activepool.compute.blocks import BLOCK_ROWS
    from activepool.data.label_file import LabelFile
    from activepool.data.round_samples import read_pool
    from activepool.features.image_round import ImageRound
    from activepool.features.store import FeatureFile
    from activepool.heads.linear import read_head
    from activepool.io.score_files import ScoreTable, write_scores
    from activepool.programs.round_query import QueryFiles, read_query
    from activepool.strategies.assembly import score_pool
    from activepool.strategies.registry import find_strategy

    declaration, label_record = find_strategy(strategy, options).in_round(round) if strategy else None, None
    reads_features = head is not None or (declaration is not None and declaration.reads_features)
    with (FeatureFile if reads_features else LabelFile)(features) as file:
        _, pool = read_pool(len(file.train.labels), validation, labelled)
        part = shard.rows(len(pool), BLOCK_ROWS)
        table = ScoreTable(pool[part])
        if head_scores or model:
            if head is None or not isinstance(file, FeatureFile):
                raise InputError("score: scoring needs a head and features; give --head and --features")
            matrix = file.train.features
            predicted, score_columns, nearest = score_pool(
                matrix,
                read_head(head, matrix.shape[1]),
                table.index,
                tuple(head_scores),
                compute,
                nearest_for_budget=nearest_for_budget,
                pool_size=len(pool),
            )
            table = replace(table, predicted=predicted, scores=score_columns, nearest=nearest)
        if declaration and model:
            from activepool.backbones.checkpoint_reading import read_checkpoint  # torch takes seconds

            if dataset is None:
                raise InputError("score: the model needs images; give --dataset")
            images = ImageRound.read(dataset, validation, labelled, seed, round, compute)
            images = replace(images, unlabelled=table.index)
            table = replace(table, scores=declaration.image_scores(read_checkpoint(model), images, options))
        if declaration and declaration.precompute:
            files = QueryFiles(validation, labelled, annotations, head=head, prepared=prepared)
            query, _, label_record = read_query(
                declaration,
                file,
                files,
                budget=budget,
                seed=seed,
                round_number=round,
                compute=compute,
                remaining_budget=remaining_budget,
                table=table,
            )
            table = replace(table, per_sample=declaration.precomputed(query, options))
    write_scores(scores, table)
    return label_record


if __name__ == "__main__":
    score.run()
