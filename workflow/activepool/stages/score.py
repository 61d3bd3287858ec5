"""Score the unlabelled pool, or a shard of it, with the head of the round before."""

import argparse

from activepool.compute.blocks import BLOCK_ROWS
from activepool.features.store import FeatureFile
from activepool.heads.linear import read_head
from activepool.io.score_files import ScoreTable, write_scores
from activepool.scores.nearest import NearestPerClass
from activepool.scores.pool_scorer import SCORES, PoolScorer
from activepool.stages.parsing import StageParser, count
from activepool.stages.program import (
    add_compute_arguments,
    add_shard_arguments,
    compute_of,
    run,
    shard_of,
)
from activepool.stages.query_arguments import add_pool_arguments, pool_of


def command_line() -> StageParser:
    """Return the command line."""
    parser = StageParser(__doc__)
    parser.add_input("--features", required=True, help="features.h5")
    add_pool_arguments(parser)
    parser.add_input("--head", required=True, help="head.h5 of the round before")
    parser.add_argument("--scores", nargs="+", required=True, choices=sorted(SCORES), help="what to score")
    parser.add_argument(
        "--nearest-for-budget",
        type=count,
        help="list per class the samples nearest to its boundary, for this budget",
    )
    parser.add_output("--output", required=True, help="scores.h5 to write")
    add_shard_arguments(parser)
    add_compute_arguments(parser)
    return parser


def main(arguments: argparse.Namespace) -> None:
    """Score and write."""
    with FeatureFile(arguments.features) as file:
        features = file.train.features
        head = read_head(arguments.head, features.shape[1])
        _, rows = pool_of(arguments, features.shape[0])
        nearest = None
        if arguments.nearest_for_budget is not None:
            nearest = NearestPerClass.for_budget(arguments.nearest_for_budget, head.num_classes, len(rows))
        rows = rows[shard_of(arguments).rows(len(rows), BLOCK_ROWS)]
        scores = PoolScorer(features, head, compute_of(arguments)).score(
            rows, tuple(arguments.scores), nearest
        )
    lists = nearest.lists() if nearest else None
    write_scores(arguments.output, ScoreTable(rows, scores.pop("predicted"), scores, lists))


if __name__ == "__main__":
    run(command_line(), main)
