"""Pick the samples of a round: the query strategy at work."""

import argparse
import json
from typing import Any

import numpy as np

from activepool.data.label_file import LabelFile
from activepool.errors import InputError
from activepool.features.store import FeatureFile
from activepool.heads.linear import read_head
from activepool.index_files import read_index, write_index
from activepool.labels import known_labels
from activepool.named_arrays import read_arrays, write_arrays
from activepool.pool import unlabelled_pool
from activepool.scores.store import read_scores
from activepool.seeding import generator
from activepool.stages.parsing import StageParser
from activepool.stages.program import add_compute_arguments, compute_of, run
from activepool.strategies.declaration import Strategy
from activepool.strategies.query import Query, Selection
from activepool.strategies.registry import find_strategy


def command_line() -> StageParser:
    """Return the command line."""
    parser = StageParser(__doc__)
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
    parser.add_argument("--budget", type=int, required=True, help="how many to pick")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--round", type=int, required=True, help="the round that trains on the picks, from 1")
    parser.add_argument("--budget-left", type=int, help="picks of this and all later rounds together")
    parser.add_output("--output", required=True, help="selected.csv to write")
    parser.add_output("--output-labelled", help="index file of the labelled set with the picks, to write")
    parser.add_output("--output-state", help="state.h5 to write, for a strategy that keeps one")
    add_compute_arguments(parser)
    return parser


def main(arguments: argparse.Namespace) -> None:
    """Pick and write."""
    strategy = find_strategy(arguments.strategy)
    opened = FeatureFile if strategy.reads_features else LabelFile
    with opened(arguments.features) as file:
        query = build_query(arguments, strategy, file)
        selection = strategy.select(query, **arguments.options)
        check_selection(arguments.strategy, query, selection)
        columns = index_columns(file, query, selection)
    if arguments.output_state:
        write_arrays(arguments.output_state, selection.state)
    write_index(arguments.output, columns)
    if arguments.output_labelled:
        write_index(arguments.output_labelled, {"index": np.concatenate([query.labelled, selection.index])})


def build_query(arguments: argparse.Namespace, strategy: Strategy, file: LabelFile) -> Query:
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


def check_selection(name: str, query: Query, selection: Selection) -> None:
    """Raise InputError if a strategy (perhaps a user's own) broke the rules of a round."""
    index = selection.index
    expected = min(query.budget, len(query.unlabelled))
    if len(index) != expected:
        raise InputError(f"strategy {name!r} picked {len(index)} samples instead of {expected}")
    if len(np.unique(index)) != len(index):
        raise InputError(f"strategy {name!r} picked a sample twice")
    if not np.isin(index, query.unlabelled).all():
        raise InputError(f"strategy {name!r} picked a sample that is not in the unlabelled pool")


def index_columns(file: LabelFile, query: Query, selection: Selection) -> dict[str, np.ndarray]:
    """Return the index file's columns: index, source, predicted where known, and the strategy's own."""
    columns: dict[str, np.ndarray] = {"index": selection.index}
    if file.train.sources is not None:
        columns["source"] = file.train.sources_of(selection.index)
    if query.predicted is not None:
        columns["predicted"] = query.predicted[np.searchsorted(query.unlabelled, selection.index)]
    return columns | selection.columns


if __name__ == "__main__":
    run(command_line(), main)
