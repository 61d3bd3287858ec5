"""An experiment as runs for trackers: one for each strategy and seed, and one that holds the figures."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from activepool.tracking.tracker import TrackedRun

#: The run of the figures; no strategy has this name.
FIGURES = "figures"


def tracked_runs(curves: pd.DataFrame, settings: dict[str, Any], pictures: Sequence[str]) -> list[TrackedRun]:
    """Return the runs ``<strategy>/seed<S>``, in the order of ``curves``, and the run of the figures.

    The step of a number is the number of labels used; the round is one of the numbers. Empty metrics are left
    out.

    Args:
        curves: curves.csv.
        settings: of the experiment; each run adds its strategy and seed.
        pictures: paths of PNGs.
    """
    runs = []
    for _, rows in curves.groupby(["strategy", "seed"], sort=False):
        strategy, seed = str(rows["strategy"].iloc[0]), int(rows["seed"].iloc[0])
        numbers = dict(_step(row) for _, row in rows.drop(columns=["strategy", "seed"]).iterrows())
        run_settings = {**settings, "strategy": strategy, "seed": seed}
        runs.append(TrackedRun(f"{strategy}/seed{seed}", run_settings, numbers))
    return [*runs, TrackedRun(FIGURES, settings, pictures=tuple(pictures))]


def _step(row: pd.Series) -> tuple[int, dict[str, float]]:
    """Return the number of labels and the other numbers of a row."""
    others = row.drop("labels").dropna()
    return int(row["labels"]), {str(name): float(value) for name, value in others.items()}
