"""What the stages of a round's query share: their arguments, and the query that these describe."""

import argparse
from typing import Any, NamedTuple

import numpy as np

from activepool.compute.seeds import generator
from activepool.data.annotations import UNLABELABLE
from activepool.data.label_file import LabelFile
from activepool.data.labels import UsedLabels, known_labels, used_labels
from activepool.errors import InputError
from activepool.heads.linear import read_head
from activepool.io.named_arrays import read_arrays
from activepool.io.score_files import read_scores
from activepool.stages.parsing import StageParser, count
from activepool.stages.program import add_compute_arguments, compute_of
from activepool.stages.query_arguments import (
    add_pool_arguments,
    add_query_round_arguments,
    add_strategy_arguments,
    pool_of,
)
from activepool.strategies.declaration import Strategy
from activepool.strategies.query import Query


class RoundQuery(NamedTuple):
    """A query, all picks of the rounds before (m,) in their order, and the annotations that it holds."""

    query: Query
    picked: np.ndarray
    used: UsedLabels | None


def add_query_arguments(parser: StageParser) -> None:
    """Add the arguments that `read_query` reads, and which strategy it is."""
    add_strategy_arguments(parser)
    parser.add_input(
        "--features",
        required=True,
        help="features.h5; dataset.h5 will do for a strategy that reads no features",
    )
    add_pool_arguments(parser)
    parser.add_argument("--annotations", help="CSV of labels that came after the features were made")
    parser.add_input("--head", help="head.h5 of the round before")
    parser.add_input("--scores", help="scores.h5 of this round")
    parser.add_input("--prepared", help="prepared.h5 of this strategy")
    parser.add_input("--state", help="state.h5 of this strategy's round before")
    add_query_round_arguments(parser)
    parser.add_argument("--budget", type=count, required=True, help="how many to pick")
    parser.add_argument("--remaining-budget", type=count, help="picks of this and all later rounds together")
    add_compute_arguments(parser)


def read_query(arguments: argparse.Namespace, strategy: Strategy, file: LabelFile) -> RoundQuery:
    """Gather what the strategy declares that it reads, and nothing else.

    Picks that cannot be labelled are left out of the labelled set of a strategy that reads labels. For the
    others a pick is a pick, so that no annotation changes what they pick next.
    """
    picked, unlabelled = pool_of(arguments, len(file.train.labels))
    picked_labels = known_labels(file, picked, arguments.annotations)
    optional: dict[str, Any] = {}
    read = [(picked, picked_labels)] if strategy.reads_labels else []
    labelled = picked
    if strategy.reads_labels:
        labelled = picked[picked_labels != UNLABELABLE]
        optional["labels"] = picked_labels[picked_labels != UNLABELABLE]
    if "features" in strategy.reads:
        optional["features"] = file.train.features
    if "head" in strategy.reads:
        optional["head"] = read_head(arguments.head, file.train.features.shape[1])
    if "oracle_labels" in strategy.reads:
        optional["oracle_labels"] = known_labels(file, unlabelled, arguments.annotations)
        if (optional["oracle_labels"] == UNLABELABLE).any():
            raise InputError(
                f"{arguments.annotations}: {strategy.name} reads all labels, and some samples cannot be "
                "labelled; leave it out"
            )
        read.append((unlabelled, optional["oracle_labels"]))
    if strategy.is_scored:
        table = read_scores(arguments.scores)
        if not np.array_equal(table.index, unlabelled):
            raise InputError(
                f"{arguments.scores}: its rows are not the unlabelled pool of this round; delete it"
            )
        optional |= {"predicted": table.predicted, "scores": table.scores, "nearest": table.nearest}
    if arguments.prepared:
        optional["prepared"] = read_arrays(arguments.prepared)
    if arguments.state:
        optional["state"] = read_arrays(arguments.state)
    query = Query(
        budget=min(arguments.budget, len(unlabelled)),
        unlabelled=unlabelled,
        labelled=labelled,
        num_classes=len(file.class_names),
        remaining_budget=arguments.remaining_budget,
        generator=generator(arguments.seed, arguments.round, f"select/{strategy.name}"),
        compute=compute_of(arguments),
        **optional,
    )
    rows, labels = (np.concatenate(parts) for parts in zip(*read, strict=True)) if read else (picked[:0],) * 2
    return RoundQuery(query, picked, used_labels(file, rows, labels, arguments.annotations))
