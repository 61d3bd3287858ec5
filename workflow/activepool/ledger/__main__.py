"""The ledger on the command line: `python -m activepool.ledger show labels.csv`."""

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from activepool.errors import InputError
from activepool.ledger.book import read, repair
from activepool.ledger.state import state_of


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command, print its lines, and return the exit status.

    It is 2 for a ledger with mistakes, and 1 if `check` finds defects that a run mends.
    """
    options = _parser().parse_args(arguments)
    try:
        if not options.ledger.exists():
            raise InputError(f"{options.ledger}: there is no such file; give the path of the ledger")
        lines, status = {"show": _show, "check": _check, "repair": _repair}[options.command](options)
    except InputError as error:
        print(error, file=sys.stderr)
        return 2
    print(*lines, sep="\n")
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m activepool.ledger", description="The ledger of labels.")
    commands = parser.add_subparsers(dest="command", required=True)
    descriptions = {
        "show": "print the classes, the batches, and the samples on which annotators disagree",
        "check": "print all mistakes, each with its line; change nothing",
        "repair": "put back what was lost or changed, or enter changes made by hand as corrections",
    }
    for name, text in descriptions.items():
        command = commands.add_parser(name, help=text, description=f"{text.capitalize()}.")
        command.add_argument("ledger", type=Path, help="CSV file, such as beetles.ledger.csv")
    command.add_argument(
        "--edits",
        choices=("refuse", "undo", "correct"),
        default="refuse",
        help="what becomes of entries that were changed by hand: an error (default); what they said comes "
        "back; or it comes back, and what they say now is entered as a correction",
    )
    command.add_argument("--who", default="", help="who corrects; by default whoever made the entry")
    return parser


def _show(options: argparse.Namespace) -> tuple[list[str], int]:
    ledger = read(options.ledger)
    state = state_of(ledger.entries)
    counts = Counter(sample.label for sample in state.samples.values() if sample.label)
    lines = [f"{options.ledger}: {len(ledger.entries)} entries about {len(state.samples)} samples"]
    lines += [f"class {name!r}: {counts[name]} labelled" for name in state.classes]
    for batch in state.batches.values():
        kind = "audit set" if batch.is_audit else "batch"
        lines.append(f"{kind} {batch.name!r}: {batch.came_back} of {len(batch.samples)} came back")
    for sample in state.disputed:
        opinions = [f"{who} {entry.label or entry.event}" for who, entry in sample.opinions.items()]
        lines.append(f"disputed: {sample.sources[0]!r} ({', '.join(opinions)})")
    return [*lines, *map(str, state.twins), *ledger.notices], 0


def _check(options: argparse.Namespace) -> tuple[list[str], int]:
    ledger = read(options.ledger)
    if not ledger.entries:
        return [f"{options.ledger}: has no entry; if it had some, put it back from a backup"], 0
    summary = [] if ledger.defects else [f"{options.ledger}: {len(ledger.entries)} entries, no mistake"]
    return [*summary, *ledger.notices], int(bool(ledger.defects))


def _repair(options: argparse.Namespace) -> tuple[list[str], int]:
    actions = repair(options.ledger, options.edits, options.who)
    return list(actions) or [f"{options.ledger}: is in order"], 0


if __name__ == "__main__":
    sys.exit(main())
