"""Arguments that several stages of a round's query share: the strategy, the pool, the round."""

import argparse
import json

import numpy as np

from activepool.data.pool import unlabelled_pool
from activepool.io.index_files import read_index
from activepool.stages.parsing import StageParser, count, natural


def add_strategy_arguments(parser: StageParser) -> None:
    """Add ``--strategy`` and ``--options``."""
    parser.add_argument("--strategy", required=True, help="a strategy's name, or file.py:function")
    parser.add_argument("--options", type=json.loads, default={}, help="its options for this stage, as JSON")


def add_pool_arguments(parser: StageParser) -> None:
    """Add ``--validation`` and ``--labelled``, which `pool_of` reads."""
    parser.add_input("--validation", required=True, help="validation.csv: rows outside the pool")
    parser.add_input(
        "--labelled", nargs="+", required=True, help="index files that together are the labelled set"
    )


def pool_of(arguments: argparse.Namespace, samples: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the labelled set (l,) and the unlabelled pool (n,) of so many samples, as rows."""
    labelled = read_index(*arguments.labelled)
    return labelled, unlabelled_pool(samples, read_index(arguments.validation), labelled)


def add_query_round_arguments(parser: StageParser) -> None:
    """Add ``--seed`` and ``--round``."""
    parser.add_argument("--seed", type=natural, required=True)
    parser.add_argument(
        "--round", type=count, required=True, help="the round that trains on the picks, from 1"
    )
