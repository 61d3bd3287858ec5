from activepool.programs.stage import Input, Output, stage


@stage
def label_errors(held_out: Input, labels: Input, pool: Input, errors: Output) -> None:
    """List the labels that are likely wrong, by confident learning, the likeliest first.

    Args:
        held_out: held_out.h5 of train_labelled
        labels: labels.csv: index, source, label, sample
        pool: samples.csv of the pool
        errors: label_errors.csv to write: source, label, label_probability, suggested, probability, sample
    """
    from activepool.labelling.models.held_out import read_held_out
    from activepool.labelling.models.label_errors import write_label_errors
    from activepool.labelling.models.training_labels import read_labels
    from activepool.labelling.pool.table import read_samples

    samples = read_samples(pool)["sample"].tolist()
    write_label_errors(errors, read_held_out(held_out), read_labels(labels), samples)


if __name__ == "__main__":
    label_errors.run()
