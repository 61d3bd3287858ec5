"""Send an experiment's numbers and figures to a tracker; one that fails is told of, and fails nothing."""

import argparse
import json
import sys
from pathlib import Path

from activepool.figures.results import read_curves
from activepool.io.files import written_whole
from activepool.stages.parsing import StageParser
from activepool.stages.program import run as run_stage
from activepool.tracking.registry import TRACKERS
from activepool.tracking.runs import tracked_runs
from activepool.tracking.sending import SECONDS, send


def command_line() -> StageParser:
    """Return the command line."""
    parser = StageParser(__doc__)
    parser.add_argument("--tracker", required=True, choices=TRACKERS)
    parser.add_argument("--project", required=True, help="what the runs are gathered under")
    parser.add_input("--curves", required=True, help="curves.csv")
    parser.add_input("--pictures", nargs="*", default=[], help="figures, as PNG")
    parser.add_argument("--settings", type=json.loads, default={}, help="of the experiment, as a JSON object")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="that it has for each run")
    parser.add_argument("--folder", required=True, help="for the tracker's own files")
    parser.add_output("--output", required=True, help="text: the runs that it took, and why it failed")
    return parser


def main(arguments: argparse.Namespace) -> None:
    """Read, send, and write what came of it."""
    runs = tracked_runs(read_curves(arguments.curves).table, arguments.settings, arguments.pictures)
    folder = Path(arguments.folder)
    outcome = send(arguments.tracker, arguments.project, folder, runs, arguments.seconds)
    lines = [f"sent: {name}" for name in outcome.sent]
    if outcome.failure:
        lines.append(f"warning: tracker {arguments.tracker}: {outcome.failure}")
        print(f"activepool: {lines[-1]}; the experiment goes on without it", file=sys.stderr)
    with written_whole(arguments.output) as temporary:
        temporary.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


if __name__ == "__main__":
    run_stage(command_line(), main)
