"""Join the metrics of all strategies, seeds and rounds into curves.csv and class_counts.csv."""

import argparse
import re

from activepool.errors import InputError
from activepool.evaluation.curves import RoundMetrics, class_counts_table, curves_table
from activepool.files import read_json, write_table
from activepool.stages.program import run

#: Where the contract of files puts the metrics of a round.
RUN = re.compile(r"(?:.*/)?(?P<owner>[^/]+)/seed(?P<seed>\d+)/round(?P<round>\d+)/metrics\.json")

#: The owner of a round 0, which all strategies share: initial_random, initial_balanced.
SHARED = "initial_"


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--metrics",
        nargs="+",
        required=True,
        help="every <strategy>/seed<S>/round<RR>/metrics.json, and the shared ones in initial_<kind>",
    )
    parser.add_argument("--strategies", nargs="+", required=True, help="in the order of the rows")
    parser.add_argument("--output-curves", required=True, help="curves.csv to write")
    parser.add_argument("--output-class-counts", required=True, help="class_counts.csv to write")
    return parser.parse_args()


def main() -> None:
    """Read all metrics, and write both tables."""
    arguments = parse()
    measured = [read_round(path) for path in arguments.metrics]
    write_table(arguments.output_curves, curves_table(measured, arguments.strategies))
    write_table(arguments.output_class_counts, class_counts_table(measured, arguments.strategies))


def read_round(path: str) -> RoundMetrics:
    """Read one metrics.json; its path says which strategy, seed and round it is."""
    found = RUN.fullmatch(path)
    if not found:
        raise InputError(f"{path}: the path must end in <strategy>/seed<S>/round<RR>/metrics.json")
    metrics = read_json(path)
    if not isinstance(metrics, dict):
        raise InputError(f"{path}: must hold a JSON object, the metrics by name")
    owner = found["owner"]
    strategy = None if owner.startswith(SHARED) else owner
    return RoundMetrics(strategy, int(found["seed"]), int(found["round"]), metrics, path)


if __name__ == "__main__":
    run(main)
