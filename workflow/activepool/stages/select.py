"""Pick the samples of a round: the query strategy at work."""

import argparse
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from activepool.data.label_file import LabelFile
from activepool.data.labels import UsedLabels
from activepool.errors import InputError
from activepool.features.store import FeatureFile
from activepool.io.index_files import write_index
from activepool.io.named_arrays import NamedArrays, read_arrays, write_arrays
from activepool.stages.parsing import StageParser
from activepool.stages.program import run
from activepool.stages.round_query import add_query_arguments, read_query
from activepool.strategies.checked_selection import checked, read_only
from activepool.strategies.query import Query, Selection
from activepool.strategies.registry import find_strategy


def command_line() -> StageParser:
    """Return the command line."""
    parser = StageParser(__doc__)
    add_query_arguments(parser)
    parser.add_input("--measured", nargs="+", help="what was measured of the samples, all shards in order")
    parser.add_output("--output", required=True, help="selected.csv to write")
    parser.add_output("--output-labelled", help="index file of the labelled set with the picks, to write")
    parser.add_output("--output-state", help="state.h5 to write, for a strategy that keeps one")
    return parser


def main(arguments: argparse.Namespace) -> UsedLabels | None:
    """Pick and write; return the annotations that were used."""
    strategy = find_strategy(arguments.strategy)
    opened = FeatureFile if strategy.reads_features else LabelFile
    with opened(arguments.features) as file:
        query, picked, used = read_query(arguments, strategy, file)
        if arguments.measured:
            query = replace(query, per_sample=read_measured(arguments.measured, len(query.unlabelled)))
        given = strategy.pick(read_only(query), **arguments.options)
        selection = checked(arguments.strategy, query, given)
        columns = index_columns(file, query, selection)
    if arguments.output_state:
        write_arrays(arguments.output_state, selection.state)
    write_index(arguments.output, columns)
    if arguments.output_labelled:
        write_index(arguments.output_labelled, {"index": np.concatenate([picked, selection.index])})
    return used


def read_measured(paths: Sequence[str], rows: int) -> NamedArrays:
    """Return what was measured of all ``rows`` unlabelled samples, from the files of all shards in order.

    Raises InputError if they are more or fewer samples.
    """
    shards = [read_arrays(path) for path in paths]
    arrays = {name: np.concatenate([shard[name] for shard in shards]) for name in shards[0]}
    for name, values in arrays.items():
        if len(values) != rows:
            raise InputError(
                f"{paths[0]} and further shards: {name} has {len(values)} rows, but the unlabelled pool of "
                f"this round has {rows}; delete them"
            )
    return NamedArrays(paths[0], arrays)


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
