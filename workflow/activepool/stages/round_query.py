"""What the stages of a round's query share: their arguments, and the query that these describe."""

import argparse
import json
from typing import Any

import numpy as np

from activepool.data.label_file import LabelFile
from activepool.errors import InputError
from activepool.heads.linear import read_head
from activepool.index_files import read_index
from activepool.labels import known_labels
from activepool.named_arrays import read_arrays
from activepool.pool import unlabelled_pool
from activepool.scores.store import read_scores
from activepool.seeding import generator
from activepool.stages.parsing import StageParser, count, natural
from activepool.stages.program import add_compute_arguments, compute_of
from activepool.strategies.declaration import Strategy
from activepool.strategies.query import Query


def add_query_arguments(parser: StageParser) -> None:
    """Add the arguments that `read_query` reads, and which strategy it is."""
    parser.add_argument("--strategy", required=True, help="a strategy's name, or file.py:function")
    parser.add_argument("--options", type=json.loads, default={}, help="its options, as JSON")
    parser.add_input(
        "--features",
        required=True,
        help="features.h5; dataset.h5 will do for a strategy that reads no features",
    )
    parser.add_input("--validation", required=True, help="validation.csv: rows outside the pool")
    parser.add_input(
        "--labelled", nargs="+", required=True, help="index files that together are the labelled set"
    )
    parser.add_input("--annotations", help="CSV of labels that came after the features were made")
    parser.add_input("--head", help="head.h5 of the round before")
    parser.add_input("--scores", help="scores.h5 of this round")
    parser.add_input("--prepared", help="prepared.h5 of this strategy")
    parser.add_input("--state", help="state.h5 of this strategy's round before")
    parser.add_argument("--budget", type=count, required=True, help="how many to pick")
    parser.add_argument("--seed", type=natural, required=True)
    parser.add_argument(
        "--round", type=count, required=True, help="the round that trains on the picks, from 1"
    )
    parser.add_argument("--budget-left", type=count, help="picks of this and all later rounds together")
    add_compute_arguments(parser)


def read_query(arguments: argparse.Namespace, strategy: Strategy, file: LabelFile) -> Query:
    """Gather what the strategy declares that it reads, and nothing else."""
    labelled = read_index(*arguments.labelled)
    unlabelled = unlabelled_pool(len(file.train.labels), read_index(arguments.validation), labelled)
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
