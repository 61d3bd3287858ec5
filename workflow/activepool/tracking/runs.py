"""An experiment as runs for trackers: one for each strategy and seed, and one that holds the figures."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from activepool.io.rounds import Rounds
from activepool.tracking.tracker import TrackedRun

#: The file of a round's picks.
SELECTED = "selected.csv"

#: The run of the figures; no strategy has this name.
FIGURES = "figures"


def tracked_runs(
    curves: pd.DataFrame,
    settings: dict[str, Any],
    pictures: Sequence[str],
    rounds: Rounds,
    class_counts: str,
) -> list[TrackedRun]:
    """Return the runs ``<strategy>/seed<S>``, in the order of ``curves``, and the run of the figures.

    The step of a number is the number of labels used; the round is one of the numbers. Empty metrics are left
    out. Each run has the picks of its rounds as files, and the run of the figures the numbers of each class.

    Each run adds its strategy and seed to the ``settings`` of the experiment.
    """
    runs = []
    for _, rows in curves.groupby(["strategy", "seed"], sort=False):
        strategy, seed = str(rows["strategy"].iloc[0]), int(rows["seed"].iloc[0])
        numbers = dict(_step(row) for _, row in rows.drop(columns=["strategy", "seed"]).iterrows())
        run_settings = {**settings, "strategy": strategy, "seed": seed}
        picks = {
            f"round{number:02d}/{SELECTED}": rounds.run(strategy, seed, number) for number in rows["round"]
        }
        files = {name: str(rounds.path(run, SELECTED)) for name, run in picks.items()}
        runs.append(TrackedRun(f"{strategy}/seed{seed}", run_settings, numbers, files=files))
    per_class = {Path(class_counts).name: class_counts}
    return [*runs, TrackedRun(FIGURES, settings, pictures=tuple(pictures), files=per_class)]


def _step(row: pd.Series) -> tuple[int, dict[str, float]]:
    """Return the number of labels and the other numbers of a row."""
    numbers = row.drop("labels").dropna()
    return int(row["labels"]), {str(name): float(value) for name, value in numbers.items()}
