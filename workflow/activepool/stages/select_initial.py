from activepool.compute.blocks import Compute
from activepool.programs.stage import Count, Input, Natural, Output, stage


@stage
def select_initial(
    strategy: str,
    features: Input,
    validation: Input,
    size: Count,
    seed: Natural,
    selected: Output,
    labelled: Output,
    compute: Compute = Compute(),
) -> None:
    """Pick the labelled set of round 0 with a query strategy that needs no label.

    Args:
        strategy: name of the strategy
        features: features.h5
        validation: validation.csv: rows outside the pool
        size: number of picks
        seed: seed of the run
        selected: selected.csv to write
        labelled: labelled.csv to write: the same rows, as the labelled set
    """
    import numpy as np

    from activepool.data.splits import initial_candidates
    from activepool.features.store import FeatureFile
    from activepool.io.index_files import read_index, write_index
    from activepool.strategies.assembly import assemble_query
    from activepool.strategies.checked_selection import checked_pick
    from activepool.strategies.registry import find_strategy

    declaration = find_strategy(strategy)
    with FeatureFile(features) as file:
        query = assemble_query(
            declaration,
            budget=size,
            unlabelled=initial_candidates(file.train.labels, read_index(validation), size),
            labelled=np.empty(0, dtype=np.int64),
            num_classes=len(file.class_names),
            seed=seed,
            round_number=0,
            features=file.train.features,
            compute=compute,
        )
        selection = checked_pick(declaration, query, {})
        columns = {"index": selection.index} | file.train.source_column(selection.index)
    write_index(selected, columns | selection.columns)
    write_index(labelled, {"index": selection.index})


if __name__ == "__main__":
    select_initial.run()
