"""Score the unlabelled pool, or a shard of it, with the model that a strategy has trained on its images."""

import argparse
from dataclasses import replace

from activepool.backbones.checkpoint_reading import read_checkpoint
from activepool.compute.blocks import BLOCK_ROWS
from activepool.features.store import FeatureFile
from activepool.heads.linear import read_head
from activepool.io.score_files import ScoreTable, write_scores
from activepool.scores.pool_scorer import PoolScorer
from activepool.stages.image_rounds import add_image_round_arguments, image_round
from activepool.stages.parsing import StageParser
from activepool.stages.program import (
    add_log_argument,
    add_shard_arguments,
    compute_of,
    copy_stderr,
    run,
    shard_of,
)
from activepool.strategies.registry import find_strategy


def command_line() -> StageParser:
    """Return the command line."""
    parser = StageParser(__doc__)
    add_image_round_arguments(parser)
    parser.add_input("--model", required=True, help="safetensors file of the model's weights")
    parser.add_input("--features", required=True, help="features.h5")
    parser.add_input("--head", required=True, help="head.h5 of the round before, for the predicted classes")
    parser.add_output("--output", required=True, help="scores.h5 to write")
    add_shard_arguments(parser)
    add_log_argument(parser)
    return parser


def main(arguments: argparse.Namespace) -> None:
    """Score and write."""
    copy_stderr(arguments.log)
    images = image_round(arguments)
    rows = shard_of(arguments).rows(len(images.unlabelled), BLOCK_ROWS)
    images = replace(images, unlabelled=images.unlabelled[rows])
    model = find_strategy(arguments.strategy).image_model
    scores = model.score(read_checkpoint(arguments.model), images, **arguments.options)
    with FeatureFile(arguments.features) as file:
        features = file.train.features
        head = read_head(arguments.head, features.shape[1])
        predicted = PoolScorer(features, head, compute_of(arguments)).score(images.unlabelled, ())[
            "predicted"
        ]
    write_scores(arguments.output, ScoreTable(images.unlabelled, predicted, scores))


if __name__ == "__main__":
    run(command_line(), main)
