from collections.abc import Sequence

from activepool.programs.stage import Input, Natural, Output, stage


@stage
def training_labels(
    pool: Input,
    ledger: str,
    entries: Natural,
    labels: Output,
    classes: Output,
    given_classes: Sequence[str] = (),
) -> None:
    """Read the labels to train on from a ledger.

    Args:
        pool: samples.csv of the pool
        ledger: the ledger
        entries: number of entries to read, from the first on
        given_classes: classes that the configuration lists; they precede those that arrived with labels
        labels: labels.csv to write: index, source, label, sample
        classes: classes.csv to write: class
    """
    from pathlib import Path

    from activepool.labelling.models.training_set import training_set, write_training_set
    from activepool.labelling.pool.table import read_pool
    from activepool.ledger.book import read
    from activepool.ledger.state import state_of

    pool_table = read_pool(Path(pool).parent)
    state = state_of(read(ledger).entries[:entries], given_classes)
    write_training_set(labels, classes, training_set(state, pool_table), state.classes)


if __name__ == "__main__":
    training_labels.run()
