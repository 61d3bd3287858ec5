"""What every stage program shares: one clear line for a user's mistake, and a few common arguments."""

import argparse
import sys
from collections.abc import Callable

from threadpoolctl import threadpool_limits

from activepool.compute import Compute, resolve_device
from activepool.errors import InputError


def run(main: Callable[[], None]) -> None:
    """Run a stage's ``main``; an InputError becomes one line on stderr and exit status 2."""
    try:
        with threadpool_limits(1):  # parallelism is ours, over blocks: see activepool.compute
            main()
    except InputError as error:
        print(f"activepool: {error}", file=sys.stderr)
        sys.exit(2)


def add_compute_arguments(parser: argparse.ArgumentParser) -> None:
    """Add ``--device`` and ``--workers``, which change the time of a stage and not its meaning."""
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda or cuda:N (default: auto)")
    parser.add_argument("--workers", type=int, default=1, help="worker threads; no effect on the result")


def compute_of(arguments: argparse.Namespace) -> Compute:
    """Return the Compute that ``--device`` and ``--workers`` name."""
    return Compute(resolve_device(arguments.device), max(1, arguments.workers))
