"""Train the linear head of a round on its labelled set, and measure it on the test set."""

import argparse
import json

from activepool.data.labels import UsedLabels
from activepool.evaluation.round_metrics import round_metrics
from activepool.features.store import FeatureFile
from activepool.heads.labelled import LabelledRows
from activepool.heads.linear import write_head
from activepool.heads.settings import head_settings
from activepool.heads.training import train_head
from activepool.heads.views import read_views
from activepool.io.files import write_json
from activepool.stages.parsing import StageParser
from activepool.stages.program import add_compute_arguments, compute_of, run
from activepool.stages.round_samples import add_round_sample_arguments, read_round_samples


def command_line() -> StageParser:
    """Return the command line."""
    parser = StageParser(__doc__)
    parser.add_input("--features", required=True, help="features.h5")
    add_round_sample_arguments(parser)
    parser.add_argument(
        "--head", type=json.loads, required=True, help="how to train: JSON with solver and its options"
    )
    parser.add_output("--output", required=True, help="head.h5 to write")
    parser.add_output("--metrics", required=True, help="metrics.json to write")
    add_compute_arguments(parser)
    return parser


def main(arguments: argparse.Namespace) -> UsedLabels | None:
    """Train, measure and write; return the annotations that were used."""
    settings, compute = head_settings(arguments.head), compute_of(arguments)
    with FeatureFile(arguments.features) as file:
        samples, features = read_round_samples(arguments, file), file.train.features
        labelled = LabelledRows(features, *samples.labelled)
        validation = LabelledRows(features, *samples.validation)
        trained = train_head(
            labelled,
            validation,
            len(file.class_names),
            settings,
            arguments.seed,
            arguments.round,
            compute,
            read_views(arguments.features),
        )
        test = LabelledRows.all_known(file.test.features, file.test.labels)
        metrics = round_metrics(trained, test, labelled.labels, file.class_names, compute)
    write_head(
        arguments.output, trained.head, validation_accuracy=trained.validation_accuracy, **trained.facts
    )
    where = {"seed": arguments.seed, "round": arguments.round, "unlabelled": len(samples.unlabelled)}
    write_json(arguments.metrics, metrics | where)
    return samples.used


if __name__ == "__main__":
    run(command_line(), main)
