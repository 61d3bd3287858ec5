"""Train the model that a strategy has of its own on the images of a round."""

import argparse

from activepool.backbones.checkpoint import write_tensors
from activepool.io.training_state import state_path
from activepool.stages.image_rounds import add_image_round_arguments, image_round
from activepool.stages.parsing import StageParser
from activepool.stages.program import add_log_argument, copy_stderr, run
from activepool.strategies.registry import find_strategy


def command_line() -> StageParser:
    """Return the command line."""
    parser = StageParser(__doc__)
    add_image_round_arguments(parser)
    parser.add_output("--output", required=True, help="safetensors file of the model's weights to write")
    add_log_argument(parser)
    return parser


def main(arguments: argparse.Namespace) -> None:
    """Train and write."""
    copy_stderr(arguments.log)
    model = find_strategy(arguments.strategy).image_model
    state = state_path(arguments.output)
    weights = model.train(image_round(arguments), state, **arguments.options)
    write_tensors(arguments.output, weights)
    state.unlink(missing_ok=True)


if __name__ == "__main__":
    run(command_line(), main)
