"""The stage `curves`."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from activepool.io.rounds import Run
from activepool.programs.rounds import METRICS, MeasuredRounds
from activepool.programs.stage import Input, Output, stage

if TYPE_CHECKING:
    import numpy as np

    from activepool.evaluation.curves import RoundMetrics


@stage
def curves(runs: MeasuredRounds, samples: Input, curves: Output, class_counts: Output) -> None:
    """Join the metrics of all strategies, seeds and rounds into curves.csv and class_counts.csv.

    Args:
        runs: JSON: the rounds whose metrics.json is read (see activepool.io.rounds)
        samples: dataset.h5 or features.h5, for the class names and the train labels, which show rare classes
        curves: curves.csv to write
        class_counts: class_counts.csv to write
    """
    from activepool.evaluation.curves import class_counts_table, curves_table
    from activepool.io.files import write_table

    measured = [
        replace(metrics, strategy=strategy)
        for metrics in (_read_round(run, path) for run, path in runs.files(METRICS).items())
        for strategy in runs.strategies_of(metrics.strategy)
    ]
    train_counts, class_names = _read_classes(samples)
    write_table(curves, curves_table(measured, runs.strategies, train_counts))
    write_table(class_counts, class_counts_table(measured, runs.strategies, train_counts, class_names))


def _read_round(run: Run, path: Path) -> "RoundMetrics":
    """Return the metrics of a round."""
    from activepool.errors import InputError
    from activepool.evaluation.curves import RoundMetrics
    from activepool.io.files import read_json

    metrics = read_json(path)
    if not isinstance(metrics, dict):
        raise InputError(f"{path}: must hold a JSON object, the metrics by name")
    return RoundMetrics(*run, metrics, str(path))


def _read_classes(path: str) -> "tuple[np.ndarray | None, list[str]]":
    """Return the number of train samples of each class, (C,), and the C names.

    The counts are None if any label is unknown.
    """
    import numpy as np

    from activepool.data.label_file import LabelFile

    with LabelFile(path) as file:
        labels, names = file.train.labels, file.class_names
    return np.bincount(labels, minlength=len(names)) if (labels >= 0).all() else None, names


if __name__ == "__main__":
    curves.run()
