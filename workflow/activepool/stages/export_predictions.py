"""The stage `export_predictions`."""

from activepool.programs.stage import Input, Output, stage


@stage
def export_predictions(
    predictions: Input, samples: Input, labels: Input, table: Output, parquet: Output
) -> None:
    """Write what is predicted for every sample of a pool, beside the labels that people gave.

    Args:
        predictions: predictions.h5
        samples: samples.csv of the pool
        labels: labels.csv: index, source, label
        table: predictions.csv to write: source, predicted, probability, margin, label, sample
        parquet: predictions.parquet to write: the same
    """
    from activepool.labelling.prediction_tables import prediction_blocks, write_tables

    write_tables(table, parquet, prediction_blocks(predictions, samples, labels))


if __name__ == "__main__":
    export_predictions.run()
