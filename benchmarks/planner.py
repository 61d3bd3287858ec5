"""The time that Snakemake needs to plan large experiments, in dry runs.

    python benchmarks/planner.py --output results/benchmarks/planner.csv

Each experiment compares ten strategies on the handwritten digits and splits every divisible stage into
--shards jobs. Planning reads no data. One measurement is one `snakemake --dry-run --quiet rules`, from start
to end of its process.
"""

import argparse
import re
import sys
import tempfile
from pathlib import Path
from typing import Any

import pandas as pd
import yaml
from measuring import run_snakemake

from activepool.io.files import write_table

#: The ten strategies with the most jobs.
STRATEGIES = ["confidence", "margin", "entropy", "mase", "base", "coreset", "badge", "vaal", "cluster_margin"]
STRATEGIES += [{"strategy": "cluster_margin", "name": "cluster_margin_20", "margin_factor": 20}]

CONFIGURATION = "planned.yaml"


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 3, 5], help="of each experiment")
    parser.add_argument("--rounds", type=int, nargs="+", default=[10, 16, 30], help="of each experiment")
    parser.add_argument("--shards", type=int, default=8, help="jobs of extraction, scoring and measuring")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--output", help="CSV to write")
    return parser.parse_args()


def main() -> None:
    """Plan each experiment; print and write the table."""
    arguments = parse()
    sizes = zip(arguments.seeds, arguments.rounds, strict=True)
    rows = [measure(seeds, rounds, arguments.shards, arguments.repeats) for seeds, rounds in sizes]
    table = pd.DataFrame(rows)
    print(table.to_string(index=False, float_format="{:.2f}".format))
    if arguments.output:
        write_table(arguments.output, table)


def measure(seeds: int, rounds: int, shards: int, repeats: int) -> dict[str, object]:
    """Return one experiment's row: its jobs, and the medians of seconds, CPU seconds and peak memory."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, CONFIGURATION).write_text(
            yaml.safe_dump(configuration(seeds, rounds, shards)), encoding="utf-8"
        )
        runs = pd.DataFrame([dry_run(folder) for _ in range(repeats)])
    jobs = int(runs.pop("jobs")[0])
    return {"seeds": seeds, "rounds": rounds, "shards": shards, "jobs": jobs, **runs.median().to_dict()}


def configuration(seeds: int, rounds: int, shards: int) -> dict[str, Any]:
    """Return the experiment."""
    return {
        "experiment": "planned",
        "dataset": {"kind": "digits"},
        "backbone": {"architecture": "identity", "image_size": 8},
        "features": {"shards": shards},
        "pool_shards": shards,
        "initial": {"size": 20},
        "budget": 10,
        "rounds": rounds,
        "seeds": seeds,
        "strategies": STRATEGIES,
        "head": {"solver": "lbfgs"},
    }


def dry_run(folder: str) -> dict[str, float]:
    """Plan the experiment in ``folder`` in a new process; return jobs, seconds, CPU seconds and memory."""
    options = ["--configfile", CONFIGURATION, "--cores", "8", "--dry-run", "--quiet", "rules"]
    times, printed = run_snakemake(folder, *options)
    total = re.search(r"(?m)^total +(\d+)$", printed)
    if total is None:
        sys.exit(f"snakemake planned nothing\n{printed}")
    return {"jobs": int(total[1]), **times}


if __name__ == "__main__":
    main()
