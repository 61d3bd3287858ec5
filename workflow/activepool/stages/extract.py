"""Pass images through a backbone: one shard of the features of a dataset."""

import argparse
import json

from activepool.backbones.settings import BackboneSettings, parsed
from activepool.compute.devices import resolve_device
from activepool.features.extract import ExtractSettings, extract_shard
from activepool.features.transforms import AUGMENTATIONS
from activepool.stages.parsing import StageParser, count, natural
from activepool.stages.program import (
    add_compute_arguments,
    add_log_argument,
    add_shard_arguments,
    copy_stderr,
    reading_workers,
    run,
    shard_of,
)


def command_line() -> StageParser:
    """Return the command line."""
    parser = StageParser(__doc__)
    parser.add_input("--dataset", required=True, help="dataset.h5")
    parser.add_argument(
        "--backbone",
        type=json.loads,
        required=True,
        help='JSON: {"name": ..., "image_size": ..., "channels": 1 or 3, "format": ... or "keys": ...}; '
        "image_size by default the backbone's, channels as the images, format plain",
    )
    parser.add_input("--checkpoint", required=True, help=".safetensors, .pt or .pth file, or none")
    add_shard_arguments(parser)
    parser.add_argument(
        "--batch-size", type=count, default=256, help="images at once; may change the last bits"
    )
    parser.add_argument("--views", type=natural, default=0, help="augmented views of each train image")
    parser.add_argument("--augmentation", default="crop", choices=list(AUGMENTATIONS), help="for the views")
    parser.add_argument("--dtype", default="float16", choices=["float16", "float32"], help="of the features")
    parser.add_output("--output", required=True, help="HDF5 file of the shard to write")
    add_compute_arguments(parser)
    add_log_argument(parser)
    return parser


def main(arguments: argparse.Namespace) -> None:
    """Extract and write."""
    copy_stderr(arguments.log)
    extract_shard(
        arguments.dataset,
        parsed(BackboneSettings, arguments.backbone, "backbone"),
        arguments.checkpoint,
        ExtractSettings(arguments.batch_size, arguments.dtype, arguments.views, arguments.augmentation),
        shard_of(arguments),
        arguments.output,
        resolve_device(arguments.device),
        workers=reading_workers(arguments),
    )


if __name__ == "__main__":
    run(command_line(), main)
