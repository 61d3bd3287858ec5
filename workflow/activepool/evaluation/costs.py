"""The cost of each stage of an experiment, from the records beside its files."""

from collections.abc import Iterable

import pandas as pd

from activepool.records.provenance import Record


def costs_table(records: Iterable[Record]) -> pd.DataFrame:
    """Return one row per stage, the costliest first.

    ``seconds`` is the wall-clock time summed over the stage's jobs, whatever their number of cores;
    ``median_seconds`` and ``longest_seconds`` are times of single jobs; ``peak_memory_mb`` is the resident
    memory of the largest process of any job, in 10⁶ bytes.
    """
    jobs = pd.DataFrame(
        [(record.stage, record.seconds, record.peak_memory_mb) for record in records],
        columns=["stage", "seconds", "memory"],
    )
    table = jobs.groupby("stage", as_index=False).agg(
        jobs=("seconds", "size"),
        seconds=("seconds", "sum"),
        median_seconds=("seconds", "median"),
        longest_seconds=("seconds", "max"),
        peak_memory_mb=("memory", "max"),
    )
    rounded = table.round(dict.fromkeys(("seconds", "median_seconds", "longest_seconds"), 2))
    return rounded.sort_values(["seconds", "stage"], ascending=[False, True], ignore_index=True)
