from typing import Annotated

from activepool.compute.blocks import Compute
from activepool.data.used_labels import UsedLabels
from activepool.errors import InputError
from activepool.heads.settings import HeadSettings, SgdSettings, head_settings
from activepool.programs.stage import Input, Json, Natural, Output, stage


@stage
def train(
    features: Input,
    validation: Input,
    labelled: Input,
    recipe: Annotated[HeadSettings, Json(head_settings)],
    seed: Natural,
    round: Natural,
    head: Output,
    metrics: Output,
    curve: Output | None = None,
    annotations: str | None = None,
    compute: Compute = Compute(),
) -> UsedLabels | None:
    """Train the linear head of a round on its labelled set and evaluate it on the test set.

    Args:
        features: features.h5
        validation: validation.csv: rows that choose the head
        labelled: labelled.csv: the labelled set
        recipe: JSON: solver, and its options
        seed: seed of the run
        round: number of the round, from 0
        head: head.h5 to write
        metrics: metrics.json to write
        curve: CSV of loss and accuracies per epoch to write, for the solver sgd
        annotations: CSV of labels that came after features.h5
    """
    from activepool.data.round_samples import Labelled, read_round_samples
    from activepool.evaluation.round_metrics import round_metrics
    from activepool.features.store import FeatureFile
    from activepool.heads.labelled import LabelledRows
    from activepool.heads.lbfgs import train_lbfgs
    from activepool.heads.linear import write_trained_head
    from activepool.io.files import write_json, write_table

    if curve is not None and not isinstance(recipe, SgdSettings):
        raise InputError(f"train: solver {recipe.solver!r} has no epochs; leave out --curve")

    with FeatureFile(features) as file:
        samples, matrix = read_round_samples(file, validation, labelled, annotations), file.train.features
        training_set, validation_set = (
            LabelledRows(matrix, *part) for part in (samples.labelled, samples.validation)
        )
        problem = training_set, validation_set, len(file.class_names)
        if isinstance(recipe, SgdSettings):
            from activepool.heads.sgd import train_sgd  # only here: it imports torch, which takes seconds

            trained_head = train_sgd(*problem, recipe, seed, round, compute, file.views())
        else:
            trained_head = train_lbfgs(*problem, recipe, compute)
        test = LabelledRows(file.test.features, *Labelled.known(file.test.labels))
        results = round_metrics(trained_head, test, training_set.labels, file.class_names, compute)
    write_trained_head(head, trained_head)
    if curve is not None:
        import pandas as pd  # only here: its import takes longer than most trainings

        write_table(curve, pd.DataFrame(trained_head.history))
    write_json(metrics, results | {"seed": seed, "round": round, "unlabelled": len(samples.unlabelled)})
    return samples.used_labels


if __name__ == "__main__":
    train.run()
