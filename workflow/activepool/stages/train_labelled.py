from activepool.compute.blocks import Compute
from activepool.programs.stage import Input, Natural, Output, stage


@stage
def train_labelled(
    features: Input,
    labels: Input,
    classes: Input,
    seed: Natural,
    head: Output,
    held_out: Output,
    held_out_probabilities: Output,
    training: Output,
    compute: Compute = Compute(),
) -> None:
    """Train the linear head of a labelling project on all its training labels.

    Cross-validation on these labels chooses the weight decay and the temperature. The head has the classes
    that have labels, in the order of classes.csv: a class without labels gets no probability. The labels are
    sorted by their samples, because rows are numbered again after results were deleted, and neither the folds
    nor the last bits of a sum may depend on row numbers.

    Args:
        features: features.h5
        labels: labels.csv: index, source, label, sample
        classes: classes.csv: all classes in their order
        seed: seed of the folds
        head: head.h5 to write, with the names of its classes
        held_out: held_out.csv to write: the predictions of cross-validation for the labelled rows
        held_out_probabilities: held_out.h5 to write: the same with the probabilities of all classes
        training: training.json to write: number of labels, chosen weight decay, and temperature
    """
    from dataclasses import replace

    import numpy as np

    from activepool.api.heads import calibrate, train_on
    from activepool.features.store import FeatureFile, FeatureMatrix
    from activepool.labelling.models.held_out import HeldOut, write_held_out
    from activepool.labelling.models.named_head import TrainingFacts, write_facts, write_named_head
    from activepool.labelling.models.training_labels import read_training_set

    with FeatureFile(features) as file:
        matrix = file.train.features
        samples, without_labels = read_training_set(labels, classes, matrix.shape[0])
        labelled_features = FeatureMatrix.from_array(matrix.take(samples.rows))
    labelled_rows, no_rows = replace(samples, rows=np.arange(len(samples.rows))), np.empty(0, np.int64)
    trained_head = train_on(labelled_features, labelled_rows, no_rows, None, None, seed, compute)
    trained_head = calibrate(trained_head, labelled_features, labelled_rows, no_rows, compute)
    write_named_head(head, trained_head)
    write_held_out(held_out, held_out_probabilities, HeldOut.from_head(trained_head, samples.rows))
    write_facts(training, TrainingFacts.from_head(trained_head, len(samples.rows), without_labels))


if __name__ == "__main__":
    train_labelled.run()
