from activepool.programs.stage import METRICS, Input, MeasuredRounds, Output, stage


@stage
def curves(runs: MeasuredRounds, samples: Input, curves: Output, class_counts: Output) -> None:
    """Join the metrics of all strategies, seeds and rounds into curves.csv and class_counts.csv.

    Args:
        runs: JSON: the rounds whose metrics.json is read (see activepool.io.rounds)
        samples: dataset.h5 or features.h5, for the class names and the train labels, which show rare classes
        curves: curves.csv to write
        class_counts: class_counts.csv to write
    """
    import numpy as np

    from activepool.data.label_file import LabelFile
    from activepool.errors import InputError
    from activepool.evaluation.curves import RoundMetrics, class_counts_table, curves_table
    from activepool.io.files import read_json, write_table

    all_metrics = []
    for run, path in runs.files(METRICS).items():
        metrics = read_json(path)
        if not isinstance(metrics, dict):
            raise InputError(f"{path}: must hold a JSON object, the metrics by name")
        for strategy in runs.strategies_of(run.strategy):
            all_metrics.append(RoundMetrics(strategy, run.seed, run.round_number, metrics, str(path)))
    with LabelFile(samples) as file:
        labels, class_names = file.train.labels, file.class_names
    # Nobody knows which classes are rare as long as labels are missing.
    train_counts = np.bincount(labels, minlength=len(class_names)) if (labels >= 0).all() else None
    write_table(curves, curves_table(all_metrics, runs.strategies, train_counts))
    write_table(class_counts, class_counts_table(all_metrics, runs.strategies, train_counts, class_names))


if __name__ == "__main__":
    curves.run()
