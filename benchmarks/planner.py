"""How many jobs are planned in a minute: dry-runs of large experiments, whole and part by part.

    python benchmarks/planner.py --output docs/measured/planner.csv

The experiment is ten strategies on the handwritten digits; every stage that can be scattered is so, in
--shards jobs. No file of it is read when it is planned. Its largest form has as many seeds and rounds as
the last numbers given. A dry-run is measured as `snakemake --dry-run --quiet`, from the start of its
process to the end; and once more inside a process, with a clock at some of Snakemake's functions, and with
what `--quiet` leaves out: the order of the jobs, and telling of each. `docs/scale_plan.py` reads the table.
"""

import argparse
import importlib
import inspect
import io
import os
import re
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from functools import wraps
from pathlib import Path
from typing import Any

import pandas as pd
import yaml
from measuring import in_process

from activepool.io.files import write_table

ROOT = Path(__file__).parents[1]

#: The ten strategies with the most jobs.
STRATEGIES = ["confidence", "margin", "entropy", "mase", "base", "coreset", "badge", "vaal", "cluster_margin"]
STRATEGIES += [{"strategy": "cluster_margin", "name": "cluster_margin_20", "margin_factor": 20}]

#: Functions that are timed: module, its class or nothing, the function, and the part that it belongs to.
TIMED = [
    ("planning.loading", "", "load", "configuration"),
    ("planning.checks", "", "check", "configuration"),
    ("snakemake.workflow", "Workflow", "include", "rules"),
    ("snakemake.dag", "DAG", "init", "jobs"),
    ("snakemake.rules", "Rule", "apply_input_function", "functions"),
    ("snakemake.dag", "DAG", "update_needrun", "what_runs"),
    ("snakemake.dag", "DAG", "postprocess", "groups"),
    ("snakemake.scheduling.job_scheduler", "JobScheduler", "schedule", "printing"),
]

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
    """Plan one experiment after the other, print and write the table."""
    arguments = parse()
    sizes = zip(arguments.seeds, arguments.rounds, strict=True)
    rows = [measure(seeds, rounds, arguments.shards, arguments.repeats) for seeds, rounds in sizes]
    table = pd.DataFrame(rows)
    print(table.to_string(index=False, float_format="{:.2f}".format))
    if arguments.output:
        write_table(arguments.output, table)


def measure(seeds: int, rounds: int, shards: int, repeats: int) -> dict[str, object]:
    """Return the row of one experiment: jobs, and medians of seconds, peak memory and the parts' seconds."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, CONFIGURATION).write_text(
            yaml.safe_dump(configuration(seeds, rounds, shards)), encoding="utf-8"
        )
        runs = pd.DataFrame([dry_run(folder) for _ in range(repeats)])
        parts = pd.DataFrame([in_process(parts_of_dry_run, folder) for _ in range(repeats)])
    names = [one if isinstance(one, str) else one["strategy"] for one in STRATEGIES]
    experiment = {"strategies": " ".join(names), "seeds": seeds, "rounds": rounds, "shards": shards}
    experiment["jobs"] = int(parts.pop("jobs")[0])
    return {**experiment, **runs.median().to_dict(), **parts.median().to_dict()}


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


def command(*arguments: str) -> list[str]:
    """Return the arguments of snakemake."""
    files = ["--snakefile", str(ROOT / "Snakefile"), "--configfile", CONFIGURATION]
    return [*files, "--cores", "8", "--dry-run", *arguments]


def dry_run(folder: str) -> dict[str, float]:
    """Plan the experiment in ``folder`` by a process of its own; return its seconds, CPU time and memory."""
    start = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "snakemake", *command("--quiet")],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    if status:
        sys.exit(f"snakemake failed; to see why: cd FOLDER; snakemake {' '.join(command())}")
    used = usage.ru_utime + usage.ru_stime
    return {"seconds": seconds, "cpu_seconds": used, "peak_gb": usage.ru_maxrss * 1024 / 1e9}


class Clock:
    """Seconds of each part, by ``now``, without those of the parts that run within it."""

    def __init__(self, now: Callable[[], float] = time.process_time) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self._now = now
        self._running: list[str] = []
        self._since = now()

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Count what runs within the context as that part."""
        self._stop()
        self._running.append(name)
        try:
            yield
        finally:
            self._stop()
            self._running.pop()

    def _stop(self) -> None:
        now = self._now()
        if self._running:
            self.seconds[self._running[-1]] += now - self._since
        self._since = now

    def timed(self, function: Callable[..., Any], name: str) -> Callable[..., Any]:
        """Return a function, or coroutine function, that does the same and counts as that part."""
        if inspect.iscoroutinefunction(function):

            @wraps(function)
            async def waiting(*arguments: object, **options: object) -> object:
                with self.part(name):
                    return await function(*arguments, **options)

            return waiting

        @wraps(function)
        def calling(*arguments: object, **options: object) -> object:
            with self.part(name):
                return function(*arguments, **options)

        return calling


def parts_of_dry_run(folder: str) -> dict[str, float]:
    """Plan the experiment in ``folder`` here, telling of each job; return jobs and the parts' CPU time."""
    clock, printed = Clock(), io.StringIO()
    os.chdir(folder)
    with clock.part("rest"):
        with clock.part("imports"):
            from snakemake.cli import main as snakemake

            modules = {name: importlib.import_module(name) for name, *_ in TIMED}
        for name, owner, function, part in TIMED:
            place = getattr(modules[name], owner) if owner else modules[name]
            setattr(place, function, clock.timed(getattr(place, function), part))
        with redirect_stdout(printed), redirect_stderr(printed), suppress(SystemExit):
            snakemake(command("--quiet", "host"))
    total = re.search(r"(?m)^total +(\d+)$", printed.getvalue())
    if total is None:
        sys.exit(f"snakemake failed\n{printed.getvalue()}")
    names = dict.fromkeys(["imports", *(part for *_, part in TIMED), "rest"])
    return {"jobs": int(total.group(1)), **{f"{name}_part": clock.seconds[name] for name in names}}


if __name__ == "__main__":
    main()
