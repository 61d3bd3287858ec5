"""Read a dataset of images: their labels, where they lie, and the pixels of small ones."""

import argparse
import json

from activepool.data.dataset import prepare
from activepool.data.samples import write_samples
from activepool.data.settings import DatasetSettings
from activepool.io.files import write_table
from activepool.stages.parsing import StageParser
from activepool.stages.program import add_log_argument, copy_stderr, run, say


def command_line() -> StageParser:
    """Return the command line."""
    parser = StageParser(__doc__)
    parser.add_argument(
        "--dataset",
        type=json.loads,
        required=True,
        help='JSON: {"kind": ..., "options": {...}, "imbalance": {"kind", "factor", "seed"} or null, '
        '"fraction": 0 to 1 or null, "on_unreadable": "stop" or "skip", "exif": "ignore" or "apply"}',
    )
    parser.add_argument("--workers", type=int, default=1, help="worker threads; no effect on the result")
    parser.add_output("--output", required=True, help="dataset.h5 to write")
    parser.add_output("--unreadable", required=True, help="CSV of images left out as unreadable, to write")
    add_log_argument(parser)
    return parser


def main(arguments: argparse.Namespace) -> None:
    """Read and write."""
    copy_stderr(arguments.log)
    samples, unreadable = prepare(DatasetSettings.parse(arguments.dataset), max(1, arguments.workers))
    say(samples.notices)
    write_samples(arguments.output, samples)
    write_table(arguments.unreadable, unreadable)


if __name__ == "__main__":
    run(command_line(), main)
