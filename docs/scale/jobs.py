"""How many jobs an experiment has, and how long Snakemake plans them, by docs/measured/planner.csv."""

import numpy as np

from activepool.strategies.registry import find_strategy
from scale.measured import table
from scale.text import duration, markdown, two_digits, volume

#: Seconds that planning may take.
LIMIT = 60


def jobs_of_rounds(strategies: list[str], seeds: int, rounds: int, shards: int) -> int:
    """Return how many jobs the rounds of an experiment are, with round 0 and what is prepared."""
    jobs = 3  # of a seed: validation split, initial pool, training
    for name in strategies:
        declared = find_strategy(name)
        jobs += bool(declared.prepare)
        jobs += (rounds - 1) * 2  # select and train
        if declared.is_scored:
            jobs += (rounds - 1) * (bool(declared.image_model) + shards + (shards > 1))
        if declared.measure and shards > 1:
            jobs += (1 if declared.keeps_state else rounds - 1) * shards
    return seeds * jobs


def jobs_of(strategies: list[str], seeds: int, rounds: int, shards: int) -> int:
    """Return how many jobs an experiment is; for features, figures and tables as many as those planned."""
    planned = table("planner").iloc[-1]
    measured = planned.strategies.split(), int(planned.seeds), int(planned.rounds), int(planned.shards)
    others = int(planned.jobs) - jobs_of_rounds(*measured)
    return others + jobs_of_rounds(strategies, seeds, rounds, shards)


def planning_seconds(jobs: float) -> float:
    """Return how long so many jobs are planned with a core free for it: a line through the CPU times."""
    slope, start = _line()
    return start + slope * jobs


def jobs_in_a_minute() -> float:
    """Return how many jobs are planned in LIMIT seconds."""
    slope, start = _line()
    return (LIMIT - start) / slope


def most_shards(strategies: list[str], seeds: int, rounds: int) -> int:
    """Return the most shards, a power of two, with which an experiment is planned within LIMIT."""
    shards = 1
    while planning_seconds(jobs_of(strategies, seeds, rounds, 2 * shards)) <= LIMIT:
        shards *= 2
    return shards


def _line() -> tuple[float, float]:
    planned = table("planner")
    slope, start = np.polyfit(planned.jobs, planned.cpu_seconds, 1)
    return float(slope), float(start)


def planner() -> str:
    """Return how long experiments were planned, and the CPU time of each part."""
    planned = table("planner")
    parts = [name.removesuffix("_part") for name in planned if name.endswith("_part")]
    header = ["jobs", "`--dry-run --quiet`", "CPU time", "memory", *(one.replace("_", " ") for one in parts)]
    rows = [
        [
            f"{row.jobs:,}",
            *(f"{one:.1f} s" for one in (row.seconds, row.cpu_seconds)),
            volume(row.peak_gb * 1e9),
            *(f"{row[f'{name}_part']:.1f} s" for name in parts),
        ]
        for _, row in planned.iterrows()
    ]
    return markdown(header, rows)


def shards() -> str:
    """Return how many jobs experiments of ImageNet's size are by their shards, and the time of planning."""
    largest = table("planner").iloc[-1].strategies.split()
    paper = [
        "random",
        "balanced_random",
        "mase",
        "margin",
        "confidence",
        "base",
        "vaal",
        "partitioned",
        "partitioned",
    ]
    cases = {
        "imagenet_linear.yaml: 9 strategies, 3 seeds, 8 rounds": (paper, 3, 8),
        "10 strategies, 5 seeds, 30 rounds": (largest, 5, 30),
    }
    counts = (1, 2, 4, 8, 16, 32, 64)
    rows = []
    for label, case in cases.items():
        jobs = [jobs_of(*case, count) for count in counts]
        cells = [f"{one:,} ({duration(planning_seconds(one))})" for one in jobs]
        rows.append([label, *cells, str(most_shards(*case))])
    header = [
        "experiment",
        *(f"{count} shard{'s' if count > 1 else ''}" for count in counts),
        "most in a minute",
    ]
    found = f"{two_digits(jobs_in_a_minute())}"
    return f"Jobs that are planned in a minute: **{found}**.\n\n" + markdown(header, rows)
