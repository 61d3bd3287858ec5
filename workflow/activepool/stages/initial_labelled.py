from typing import Literal

from activepool.programs.stage import Count, Input, Natural, Output, stage


@stage
def initial_labelled(
    samples: Input,
    validation: Input,
    kind: Literal["random", "balanced"],
    size: Count,
    seed: Natural,
    selected: Output,
    labelled: Output,
) -> None:
    """Pick the labelled set of round 0, at random or class-balanced.

    Args:
        samples: dataset.h5 or features.h5: the train labels
        validation: validation.csv: rows outside the pool
        kind: how to pick
        size: number of picks
        seed: seed of the draws
        selected: selected.csv to write
        labelled: labelled.csv to write: the same rows, as the labelled set
    """
    from activepool.data.label_file import LabelFile
    from activepool.data.splits import initial_pool
    from activepool.io.index_files import read_index, write_index

    with LabelFile(samples) as file:
        rows = initial_pool(file.train.labels, read_index(validation), kind, size, seed)
        columns = {"index": rows} | file.train.source_column(rows)
    write_index(selected, columns)
    write_index(labelled, {"index": rows})


if __name__ == "__main__":
    initial_labelled.run()
