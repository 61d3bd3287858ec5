"""Train the whole network of a round on its labelled images, and measure it on the test set."""

import argparse
import hashlib
import json

import pandas as pd

from activepool.backbones.checkpoint import load_backbone, save_weights
from activepool.backbones.settings import BackboneSettings, parsed
from activepool.compute.blocks import Compute
from activepool.data.label_file import LabelFile
from activepool.data.labels import UsedLabels
from activepool.evaluation.round_metrics import round_metrics
from activepool.features.images import image_channels
from activepool.finetuning.classifier import features_of
from activepool.finetuning.images import LabelledImages
from activepool.finetuning.training import RoundData, finetune
from activepool.heads.linear import write_head
from activepool.heads.settings import head_settings
from activepool.io.files import file_digest, write_json, write_table
from activepool.io.training_state import StateFile
from activepool.parallel.distributed import Processes, joined
from activepool.stages.parsing import StageParser
from activepool.stages.program import (
    add_compute_arguments,
    add_log_argument,
    copy_stderr,
    reading_workers,
    run,
)
from activepool.stages.round_samples import add_round_sample_arguments, read_round_samples


def command_line() -> StageParser:
    """Return the command line."""
    parser = StageParser(__doc__)
    parser.add_argument(
        "--head", type=json.loads, required=True, help="JSON: solver finetune, and its options"
    )
    parser.add_argument("--backbone", type=json.loads, required=True, help="JSON, as for the stage extract")
    parser.add_input("--checkpoint", required=True, help=".safetensors, .pt or .pth file, or none")
    parser.add_input("--dataset", required=True, help="dataset.h5")
    add_round_sample_arguments(parser)
    parser.add_output("--output", required=True, help="safetensors file of the backbone's weights to write")
    parser.add_output("--output-head", required=True, help="head.h5 to write")
    parser.add_output("--metrics", required=True, help="metrics.json to write")
    parser.add_output("--curve", required=True, help="CSV of loss and accuracy per epoch to write")
    add_log_argument(parser)
    add_compute_arguments(parser)
    return parser


def main(arguments: argparse.Namespace) -> UsedLabels | None:
    """Train, measure and write; return the annotations that were used."""
    with joined(arguments.device) as processes:
        if processes.is_main:
            copy_stderr(arguments.log)
        return work(arguments, processes)


def work(arguments: argparse.Namespace, processes: Processes) -> UsedLabels | None:
    """Train; the main process measures and writes. Return the annotations that were used."""
    settings = parsed(BackboneSettings, arguments.backbone, "backbone")
    workers = reading_workers(arguments, processes.count)
    with LabelFile(arguments.dataset) as file:
        samples = read_round_samples(arguments, file)
        test = LabelledImages.all_known(file.path, "test", file.test.labels)
        class_names = file.class_names
    labelled, validation = (
        LabelledImages(test.dataset, "train", *part) for part in (samples.labelled, samples.validation)
    )
    data = RoundData(labelled, validation, len(class_names), arguments.seed, arguments.round)
    channels = settings.channels or image_channels(arguments.dataset)
    backbone, digest = load_backbone(
        settings.name, settings.image_size, channels, arguments.checkpoint, settings.checkpoint_format
    )
    state = StateFile.beside(arguments.output, fingerprint(arguments, data, digest))
    trained, history = finetune(backbone, data, head_settings(arguments.head), state, processes, workers)
    if not processes.is_main:
        return None
    rows = features_of(backbone, test, processes.device, workers)
    metrics = round_metrics(trained, rows, data.labelled.labels, class_names, Compute())
    where = {"seed": arguments.seed, "round": arguments.round, "unlabelled": len(samples.unlabelled)}
    write_table(arguments.curve, pd.DataFrame(history))
    save_weights(
        arguments.output, backbone, {"backbone": arguments.backbone, "head": arguments.head, **where}
    )
    write_head(
        arguments.output_head, trained.head, validation_accuracy=trained.validation_accuracy, **trained.facts
    )
    write_json(arguments.metrics, metrics | where)
    state.remove()
    return samples.used


def fingerprint(arguments: argparse.Namespace, data: RoundData, checkpoint_digest: str) -> str:
    """Return what names this training, so that the state of no other is gone on with."""
    sets = [part.tolist() for part in (data.labelled.rows, data.labelled.labels, data.validation.rows)]
    named = {
        "settings": [arguments.head, arguments.backbone, arguments.seed, arguments.round],
        "dataset": file_digest(arguments.dataset),
        "checkpoint": checkpoint_digest,
        "sets": hashlib.sha256(json.dumps(sets).encode()).hexdigest(),
    }
    return json.dumps(named, sort_keys=True)


if __name__ == "__main__":
    run(command_line(), main)
