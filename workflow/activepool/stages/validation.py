from activepool.data.splits import RoundTo
from activepool.programs.stage import Input, Natural, Output, stage


@stage
def validation(
    samples: Input, fraction: float, seed: Natural, validation: Output, round_to: RoundTo = "samples"
) -> None:
    """Set aside the validation split: class-balanced, from the train part, outside the pool and the budget.

    Args:
        samples: dataset.h5 or features.h5: the train labels
        fraction: share of the labelled train rows, 0 to 1
        seed: seed of the draws
        validation: validation.csv to write
        round_to: size of the split: in whole samples, or a multiple of the number of classes
    """
    from activepool.data.label_file import LabelFile
    from activepool.data.splits import validation_rows
    from activepool.io.index_files import write_index

    with LabelFile(samples) as file:
        rows = validation_rows(file.train.labels, fraction, seed, file.class_names, round_to)
    write_index(validation, {"index": rows})


if __name__ == "__main__":
    validation.run()
