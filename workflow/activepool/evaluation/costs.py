"""The cost of each stage of an experiment, from the records beside its files."""

from collections.abc import Iterable

import pandas as pd

from activepool.records.provenance import Record

COLUMNS = ["stage", "jobs", "seconds", "median_seconds", "longest_seconds", "peak_memory_mb"]


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
    by_stage = jobs.groupby("stage")
    table = pd.DataFrame(
        {
            "jobs": by_stage.size(),
            "seconds": by_stage["seconds"].sum().round(2),
            "median_seconds": by_stage["seconds"].median().round(2),
            "longest_seconds": by_stage["seconds"].max().round(2),
            "peak_memory_mb": by_stage["memory"].max(),
        }
    ).reset_index()
    return table.sort_values(["seconds", "stage"], ascending=[False, True], ignore_index=True)[COLUMNS]
