"""An experiment as trackers are told it: a run for each strategy and seed, and one that holds the figures."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from activepool.tracking.tracker import TrackedRun

#: The run of the figures; no strategy has this name.
FIGURES = "figures"


def tracked_runs(curves: pd.DataFrame, settings: dict[str, Any], pictures: Sequence[str]) -> list[TrackedRun]:
    """Return the runs ``<strategy>/seed<S>``, in the order of ``curves``, and that of the figures.

    The step of a number is how many labels were used; the round is a number of its own. A metric that is
    empty in a round is left out there.

    Args:
        curves: curves.csv.
        settings: of the experiment; strategy and seed join them.
        pictures: paths of PNGs.
    """
    runs = [
        TrackedRun(
            f"{strategy}/seed{seed}",
            {**settings, "strategy": strategy, "seed": int(seed)},
            dict(map(_step, rows.drop(columns=["strategy", "seed"]).to_dict("records"))),
        )
        for (strategy, seed), rows in curves.groupby(["strategy", "seed"], sort=False)
    ]
    return [*runs, TrackedRun(FIGURES, settings, pictures=tuple(pictures))]


def _step(row: dict[str, Any]) -> tuple[int, dict[str, float]]:
    labels = int(row.pop("labels"))
    return labels, {name: float(value) for name, value in row.items() if pd.notna(value)}
