from activepool.programs.stage import Input, Output, stage


@stage
def export_predictions(pool: Input, ledger: str, predictions: Input, table: Output, parquet: Output) -> None:
    """Write the predictions for all files of a pool, beside the labels that people gave.

    Args:
        pool: samples.csv of the pool
        ledger: the ledger
        predictions: predictions.h5
        table: predictions.csv to write: source, predicted, probability, margin, label, status, sample
        parquet: predictions.parquet to write: the same
    """
    from pathlib import Path

    from activepool.labelling.models.prediction_tables import prediction_blocks, write_tables
    from activepool.labelling.pool.table import read_pool
    from activepool.ledger.book import read
    from activepool.ledger.state import state_of

    pool_table, state = read_pool(Path(pool).parent), state_of(read(ledger).entries)
    write_tables(table, parquet, prediction_blocks(predictions, pool_table, state))


if __name__ == "__main__":
    export_predictions.run()
