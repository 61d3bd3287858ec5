"""What the stages of image models share: the arguments that name a round's images."""

import argparse
import json

from activepool.compute import resolve_device
from activepool.data.label_file import LabelFile
from activepool.features.image_round import ImageRound
from activepool.index_files import read_index
from activepool.pool import unlabelled_pool
from activepool.stages.parsing import StageParser, count, natural
from activepool.stages.program import add_compute_arguments, reading_workers


def add_image_round_arguments(parser: StageParser) -> None:
    """Add the strategy, and what `image_round` needs."""
    parser.add_argument("--strategy", required=True, help="a strategy's name, or file.py:function")
    parser.add_argument("--options", type=json.loads, default={}, help="options of its image model, as JSON")
    parser.add_input("--dataset", required=True, help="dataset.h5")
    parser.add_input("--validation", required=True, help="validation.csv: rows outside the pool")
    parser.add_input(
        "--labelled", nargs="+", required=True, help="index files that together are the labelled set"
    )
    parser.add_argument("--seed", type=natural, required=True)
    parser.add_argument(
        "--round", type=count, required=True, help="the round that trains on the picks, from 1"
    )
    add_compute_arguments(parser)


def image_round(arguments: argparse.Namespace) -> ImageRound:
    """Return the images of the round that the arguments name."""
    labelled = read_index(*arguments.labelled)
    with LabelFile(arguments.dataset) as file:
        samples = len(file.train.labels)
    return ImageRound(
        dataset=arguments.dataset,
        labelled=labelled,
        unlabelled=unlabelled_pool(samples, read_index(arguments.validation), labelled),
        seed=arguments.seed,
        round_number=arguments.round,
        device=resolve_device(arguments.device),
        workers=reading_workers(arguments),
    )
