"""What the stages of a round's query share: their arguments, and the query that these describe."""

import argparse
from typing import Any

import numpy as np

from activepool.data.label_file import LabelFile
from activepool.errors import InputError
from activepool.heads.linear import read_head
from activepool.labels import known_labels
from activepool.named_arrays import read_arrays
from activepool.scores.store import read_scores
from activepool.seeding import generator
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


def add_query_arguments(parser: StageParser) -> None:
    """Add the arguments that `read_query` reads, and which strategy it is."""
    add_strategy_arguments(parser)
    parser.add_input(
        "--features",
        required=True,
        help="features.h5; dataset.h5 will do for a strategy that reads no features",
    )
    add_pool_arguments(parser)
    parser.add_input("--annotations", help="CSV of labels that came after the features were made")
    parser.add_input("--head", help="head.h5 of the round before")
    parser.add_input("--scores", help="scores.h5 of this round")
    parser.add_input("--prepared", help="prepared.h5 of this strategy")
    parser.add_input("--state", help="state.h5 of this strategy's round before")
    add_query_round_arguments(parser)
    parser.add_argument("--budget", type=count, required=True, help="how many to pick")
    parser.add_argument("--budget-left", type=count, help="picks of this and all later rounds together")
    add_compute_arguments(parser)


def read_query(arguments: argparse.Namespace, strategy: Strategy, file: LabelFile) -> Query:
    """Gather what the strategy declares that it reads, and nothing else."""
    labelled, unlabelled = pool_of(arguments, len(file.train.labels))
    optional: dict[str, Any] = {}
    if "features" in strategy.reads:
        optional["features"] = file.train.features
    if "head" in strategy.reads:
        optional["head"] = read_head(arguments.head, file.train.features.shape[1])
    if "oracle_labels" in strategy.reads:
        optional["oracle_labels"] = known_labels(file, unlabelled, arguments.annotations)
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
    return Query(
        budget=arguments.budget,
        unlabelled=unlabelled,
        labelled=labelled,
        labels=known_labels(file, labelled, arguments.annotations),
        num_classes=len(file.class_names),
        budget_left=arguments.budget_left,
        generator=generator(arguments.seed, arguments.round, f"select/{strategy.name}"),
        compute=compute_of(arguments),
        **optional,
    )
