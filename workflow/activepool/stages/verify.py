"""Check that the files of a run are whole, unchanged, and made from one another."""

import argparse
import sys

from activepool.records.verification import verify
from activepool.stages.parsing import StageParser
from activepool.stages.program import run


def command_line() -> StageParser:
    """Return the command line."""
    parser = StageParser(__doc__)
    parser.add_argument("--results", default="results", help="the folder to check (default: results)")
    return parser


def main(arguments: argparse.Namespace) -> None:
    """Check, name what does not fit, and exit with status 1 if there is any."""
    findings = verify(arguments.results)
    for line in (*findings.misfits, *findings.mixtures):
        print(f"activepool: {line}", file=sys.stderr)
    print(f"{findings.verified:,} files fit their records; what does not: {len(findings.misfits):,}")
    if findings.misfits:
        sys.exit(1)


if __name__ == "__main__":
    run(command_line(), main)
