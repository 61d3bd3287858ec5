from collections.abc import Mapping
from typing import Any

from activepool.compute.blocks import Compute
from activepool.programs.stage import Count, Input, Natural, Output, stage


@stage
def propose(
    strategy: str,
    features: Input,
    candidates: Input,
    labels: Input,
    budget: Count,
    seed: Natural,
    number: Count,
    selected: Output,
    options: Mapping[str, Any] = {},
    head: Input | None = None,
    compute: Compute = Compute(),
) -> None:
    """Pick the next batch of a pool that people label.

    Args:
        strategy: name of a strategy, or file.py:function
        features: features.h5 of the pool
        candidates: candidates.csv: rows that may be picked
        labels: labels.csv: the labelled rows
        budget: number of picks; fewer if there are fewer candidates
        seed: seed of the project
        number: number of the batch, from 1
        selected: selected.csv to write: index, source, and columns of the strategy
        options: JSON: the options of the strategy
        head: head.h5; not for a strategy that needs no label
    """
    import numpy as np

    from activepool.data.label_file import read_class_names
    from activepool.errors import InputError
    from activepool.features.store import FeatureFile
    from activepool.heads.linear import read_head
    from activepool.io.index_files import read_index, write_index
    from activepool.labelling.models.training_labels import class_numbers, read_labels
    from activepool.strategies.assembly import assemble_query, prepare_rounds
    from activepool.strategies.checked_selection import checked_pick
    from activepool.strategies.registry import find_strategy

    rows, labelled = read_index(candidates), read_labels(labels)
    if not len(rows):
        raise InputError(f"{candidates}: has no sample; all have gone out to people")
    numbers = class_numbers(labelled.labels, read_class_names(head)) if head else np.empty(0, np.int64)
    all_batches = find_strategy(strategy, options)
    declaration, prepared = all_batches.in_round(number), None
    with FeatureFile(features) as file:
        matrix = file.train.features
        trained_head = read_head(head, matrix.shape[1]) if head else None
        if declaration.prepare:  # again in each batch: what was kept would not fit a pool that has grown
            pool = np.union1d(rows, labelled.rows)
            prepared = prepare_rounds(all_batches, matrix, pool, seed, compute, options)
        query = assemble_query(
            declaration,
            budget=budget,
            unlabelled=rows,
            labelled=labelled.rows,
            labels=numbers,
            num_classes=trained_head.num_classes if trained_head else 0,
            seed=seed,
            round_number=number,
            features=matrix,
            head=trained_head,
            remaining_budget=budget,
            prepared=prepared,
            compute=compute,
        )
        selection = checked_pick(declaration, query, options, strategy)
        columns = {"index": selection.index} | file.train.source_column(selection.index)
    write_index(selected, columns | selection.columns)


if __name__ == "__main__":
    propose.run()
