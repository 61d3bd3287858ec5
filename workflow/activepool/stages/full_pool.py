from activepool.data.used_labels import UsedLabels
from activepool.programs.stage import Input, Output, stage


@stage
def full_pool(
    samples: Input, validation: Input, labelled: Output, annotations: str | None = None
) -> UsedLabels | None:
    """List all labelled samples of the pool; training on them gives the ceiling of an experiment.

    Args:
        samples: dataset.h5 or features.h5: the train labels
        validation: validation.csv: rows outside the pool
        labelled: index file to write: the rows of the pool with a known label
        annotations: CSV of labels that came after the samples
    """
    from activepool.data.label_file import LabelFile
    from activepool.data.round_samples import merged_labels, used_labels
    from activepool.data.splits import unlabelled_pool
    from activepool.io.index_files import read_index, write_index

    with LabelFile(samples) as file:
        labels = merged_labels(file, annotations)
        pool = unlabelled_pool(len(labels), read_index(validation))
        label_record = used_labels(file, pool, labels[pool], annotations)
    write_index(labelled, {"index": pool[labels[pool] >= 0]})
    return label_record


if __name__ == "__main__":
    full_pool.run()
