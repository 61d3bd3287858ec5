from collections.abc import Mapping
from typing import Any

from activepool.compute.blocks import Compute
from activepool.data.used_labels import UsedLabels
from activepool.programs.stage import Count, Input, Natural, Output, stage


@stage
def select(
    strategy: str,
    features: Input,
    validation: Input,
    labelled: Input,
    budget: Count,
    seed: Natural,
    round: Count,
    selected: Output,
    labelled_with_picks: Output,
    options: Mapping[str, Any] = {},
    head: Input | None = None,
    scores: Input | None = None,
    prepared: Input | None = None,
    state: Input | None = None,
    next_state: Output | None = None,
    remaining_budget: Count | None = None,
    annotations: str | None = None,
    compute: Compute = Compute(),
) -> UsedLabels | None:
    """Pick the samples of a round with a query strategy.

    Args:
        strategy: name of a strategy, or file.py:function
        features: features.h5, or dataset.h5 for a strategy that reads no features
        validation: validation.csv: rows outside the pool
        labelled: labelled.csv of the previous round
        budget: number of picks
        seed: seed of the run
        round: number of the round that trains on the picks, from 1
        selected: selected.csv to write
        labelled_with_picks: labelled.csv to write: the labelled set with the picks
        options: JSON: the options of the strategy
        head: head.h5 of the previous round
        scores: scores.h5 of this round
        prepared: prepared.h5 of this strategy
        state: state.h5 of the previous round of this strategy
        next_state: state.h5 to write, for a strategy that keeps one
        remaining_budget: number of picks of this and all later rounds
        annotations: CSV of labels that came after features.h5
    """
    import numpy as np

    from activepool.data.label_file import LabelFile
    from activepool.features.store import FeatureFile
    from activepool.io.hdf5 import write_arrays
    from activepool.io.index_files import write_index
    from activepool.programs.round_query import QueryFiles, read_query
    from activepool.strategies.checked_selection import checked_pick
    from activepool.strategies.registry import find_strategy

    declaration = find_strategy(strategy, options).in_round(round)
    files = QueryFiles(validation, labelled, annotations, head, scores, prepared, state)
    with (FeatureFile if declaration.reads_features else LabelFile)(features) as file:
        query, earlier_picks, label_record = read_query(
            declaration,
            file,
            files,
            budget=budget,
            seed=seed,
            round_number=round,
            compute=compute,
            remaining_budget=remaining_budget,
        )
        selection = checked_pick(declaration, query, options, strategy)
        columns = {"index": selection.index} | file.train.source_column(selection.index)
        class_names = file.class_names
    if query.predicted is not None:
        predicted = query.predicted[np.searchsorted(query.unlabelled, selection.index)]
        columns["predicted"] = np.array(class_names, dtype=object)[predicted]
    if next_state:
        write_arrays(next_state, selection.state)
    write_index(selected, columns | selection.columns)
    write_index(labelled_with_picks, {"index": np.concatenate([earlier_picks, selection.index])})
    return label_record


if __name__ == "__main__":
    select.run()
