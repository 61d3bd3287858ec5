"""What the stages of image models share: the arguments that name a round's images."""

import argparse

from activepool.compute.devices import resolve_device
from activepool.data.label_file import LabelFile
from activepool.features.image_round import ImageRound
from activepool.stages.parsing import StageParser
from activepool.stages.program import add_compute_arguments, reading_workers
from activepool.stages.query_arguments import (
    add_pool_arguments,
    add_query_round_arguments,
    add_strategy_arguments,
    pool_of,
)


def add_image_round_arguments(parser: StageParser) -> None:
    """Add the strategy, and what `image_round` needs."""
    add_strategy_arguments(parser)
    parser.add_input("--dataset", required=True, help="dataset.h5")
    add_pool_arguments(parser)
    add_query_round_arguments(parser)
    add_compute_arguments(parser)


def image_round(arguments: argparse.Namespace) -> ImageRound:
    """Return the images of the round that the arguments name."""
    with LabelFile(arguments.dataset) as file:
        labelled, unlabelled = pool_of(arguments, len(file.train.labels))
    return ImageRound(
        dataset=arguments.dataset,
        labelled=labelled,
        unlabelled=unlabelled,
        seed=arguments.seed,
        round_number=arguments.round,
        device=resolve_device(arguments.device),
        workers=reading_workers(arguments),
    )
