from collections.abc import Sequence

from activepool.programs.stage import Input, Output, stage


@stage
def candidates(
    pool: Input, ledger: str, candidates: Output, ask_again: Sequence[str] = (), sent: Sequence[Input] = ()
) -> None:
    """List the samples that may go out in the next batch.

    Args:
        pool: samples.csv of the pool
        ledger: the ledger
        candidates: candidates.csv to write: index, source
        ask_again: states of samples that may go out once more, see activepool.ledger.state.Status
        sent: files of batches that go out before this one
    """
    from pathlib import Path

    import numpy as np

    from activepool.io.index_files import write_index
    from activepool.labelling.models.training_set import candidate_rows
    from activepool.labelling.pool.table import read_pool
    from activepool.ledger.book import read
    from activepool.ledger.state import Status, state_of

    pool_table = read_pool(Path(pool).parent)
    rows = candidate_rows(state_of(read(ledger).entries), pool_table, [Status(name) for name in ask_again])
    sources = np.array([pool_table.row_sources[row] for row in rows])
    write_index(candidates, {"index": rows, "source": sources})


if __name__ == "__main__":
    candidates.run()
