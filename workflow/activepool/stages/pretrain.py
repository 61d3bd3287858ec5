"""Pretrain a backbone on a dataset's own images, without their labels (SimCLR)."""

import argparse
import json

from activepool.backbones.settings import BackboneSettings, parsed
from activepool.compute import resolve_device
from activepool.pretraining.settings import PretrainSettings
from activepool.pretraining.training import pretrain
from activepool.stages.program import add_compute_arguments, add_log_argument, copy_stderr, run


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dataset", required=True, help="dataset.h5, of which the train images are used")
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
        help='JSON: {"method": "simclr", "epochs", "batch_size", "learning_rate", "weight_decay", '
        '"temperature", "projection_width", "warmup_epochs", "augmentation": "natural", "digits" or "crop", '
        '"seed", "threads"}; only epochs is needed',
    )
    parser.add_argument("--output", required=True, help="safetensors file of the weights to write")
    parser.add_argument("--curve", required=True, help="CSV of loss and learning rate per epoch to write")
    add_log_argument(parser)
    add_compute_arguments(parser)
    return parser.parse_args()


def main() -> None:
    """Train and write."""
    arguments = parse()
    copy_stderr(arguments.log)
    pretrain(
        arguments.dataset,
        parsed(BackboneSettings, arguments.backbone, "backbone"),
        parsed(PretrainSettings, arguments.pretrain, "pretrain"),
        arguments.output,
        arguments.curve,
        resolve_device(arguments.device),
        # One reads in this process: a second one would cost more than it brings.
        workers=arguments.workers if arguments.workers > 1 else 0,
    )


if __name__ == "__main__":
    run(main)
