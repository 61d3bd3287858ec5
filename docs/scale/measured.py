"""What was measured and counted, as docs/measured keeps it: the tables that the benchmarks wrote."""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from scale.model import Query

FOLDER = Path(__file__).parents[1] / "measured"

#: With what a count grows beside the size of the pool: the picks, or all pairs of picks and centers. Passes
#: over the pool grow with neither.
COUNTS = {"turns": "picks", "rows": "picks", "pairs": "pairs"}


@cache
def table(name: str) -> pd.DataFrame:
    """Return the table of one benchmark."""
    return pd.read_csv(FOLDER / f"{name}.csv")


@cache
def host(work: str) -> float:
    """Return the seconds of one thread of the host for each sample (or row, pair, byte) of a work."""
    return float(table("host").set_index("work").seconds[work])


def steps(strategy: str, query: "Query") -> dict[str, float]:
    """Return how often a strategy looks again, by the counts on pools of several sizes.

    Between the sizes that were counted, and beyond them, a count is taken for a power of the size, by the two
    nearest ones that were counted; beyond, for one that neither falls nor grows faster than the pool.
    """
    counted = table("steps")
    counted = counted[counted.strategy == strategy].sort_values("size")
    picks = query.budget / counted.budget
    centers = (query.labelled + query.budget) / (counted.labelled + counted.budget)
    grown = {"picks": picks, "pairs": picks * centers}
    sizes = counted["size"].to_numpy(float)
    found = {
        name: _power_law(sizes, (counted[name] * grown[kind]).to_numpy(float), query.size)
        for name, kind in COUNTS.items()
    }
    return {**found, "passes": float(np.interp(query.size, sizes, counted.passes))}


def _power_law(sizes: np.ndarray, counts: np.ndarray, size: float) -> float:
    if not counts.all():
        return float(np.interp(size, sizes, counts))
    place = int(np.clip(np.searchsorted(sizes, size), 1, len(sizes) - 1))
    low, high = place - 1, place
    power = np.log(counts[high] / counts[low]) / np.log(sizes[high] / sizes[low])
    if not sizes[low] <= size <= sizes[high]:
        power = np.clip(power, 0.0, 1.0)
    return float(counts[high] * (size / sizes[high]) ** power)
