from activepool.programs.stage import Input, Output, stage


@stage
def export_predictions(
    pool: Input, ledger: str, predictions: Input, training: Input, table: Output, parquet: Output
) -> None:
    """Write the predictions for all files of a pool, beside the labels that people gave.

    Args:
        pool: samples.csv of the pool
        ledger: the ledger
        predictions: predictions.h5
        training: training.json of the model, which says whether its probabilities are calibrated
        table: predictions.csv to write: source, predicted, probability, margin, label, status, sample and
            calibrated
        parquet: predictions.parquet to write: the same
    """
    from pathlib import Path

    from activepool.labelling.models.named_head import read_facts
    from activepool.labelling.models.prediction_tables import prediction_blocks, write_tables
    from activepool.labelling.pool.table import read_pool
    from activepool.ledger.book import read
    from activepool.ledger.state import state_of

    pool_table, state = read_pool(Path(pool).parent), state_of(read(ledger).entries)
    is_calibrated = read_facts(training).uncalibrated is None
    write_tables(table, parquet, prediction_blocks(predictions, pool_table, state, is_calibrated))


if __name__ == "__main__":
    export_predictions.run()
