"""Pretrain a backbone on a dataset's own images, without their labels (SimCLR or MoCo v2).

With activepool.parallel.launch, or torchrun, several processes train together, each on a GPU of its own.
"""

import argparse
import json

from activepool.backbones.settings import BackboneSettings, parsed
from activepool.parallel.distributed import joined
from activepool.pretraining.settings import pretrain_settings
from activepool.pretraining.training import pretrain
from activepool.stages.parsing import StageParser
from activepool.stages.program import (
    add_compute_arguments,
    add_log_argument,
    copy_stderr,
    reading_workers,
    run,
)


def command_line() -> StageParser:
    """Return the command line."""
    parser = StageParser(__doc__)
    parser.add_input("--dataset", required=True, help="dataset.h5, of which the train images are used")
    parser.add_argument(
        "--backbone",
        type=json.loads,
        required=True,
        help='JSON: {"name": ..., "image_size": ..., "channels": 1 or 3}; channels by default as the images',
    )
    parser.add_argument(
        "--pretrain",
        type=json.loads,
        required=True,
        help='JSON: {"method": "simclr" or "moco_v2", "epochs": ..., further keys of '
        "activepool.pretraining.settings}; only epochs is needed",
    )
    parser.add_output("--output", required=True, help="safetensors file of the weights to write")
    parser.add_output(
        "--curve", required=True, help="CSV of loss, learning rate and k-NN accuracy per epoch to write"
    )
    add_log_argument(parser)
    add_compute_arguments(parser)
    return parser


def main(arguments: argparse.Namespace) -> None:
    """Train and write."""
    with joined(arguments.device) as processes:
        if processes.is_main:
            copy_stderr(arguments.log)
        pretrain(
            arguments.dataset,
            parsed(BackboneSettings, arguments.backbone, "backbone"),
            pretrain_settings(arguments.pretrain),
            arguments.output,
            arguments.curve,
            processes,
            workers=reading_workers(arguments, processes.count),
        )


if __name__ == "__main__":
    run(command_line(), main)
