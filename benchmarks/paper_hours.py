"""Core hours of the paper's experiments, from the images per second of their networks on this machine.

    python benchmarks/paper_hours.py --output results/benchmarks/paper_hours.csv
    python benchmarks/paper_hours.py --experiments cifar10_finetuning --device cuda --images 1024

On one thread, each experiment's network extracts the features of synthetic JPEG files and trains on them with
the experiment's recipe. ``hours`` is what all images of the experiment take at these rates: those that pass
through the network for features, and those of pretraining and finetuning if no training ends early. A crop of
pretraining counts as an image of finetuning. Heads on stored features, queries, and VAAL's own networks are
not in it.
"""

import argparse
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import yaml
from measuring import report, run, seconds_of
from photographs import photographs, write_dataset

from activepool.backbones.backbone import Backbone
from activepool.backbones.checkpoint import save_weights
from activepool.backbones.registry import DEFAULT_IMAGE_SIZE, build
from activepool.backbones.settings import BackboneSettings
from activepool.compute.devices import resolve_device
from activepool.compute.shards import Shard
from activepool.data.round_samples import Labelled
from activepool.features.extract import extract_shard
from activepool.features.settings import ExtractSettings
from activepool.finetuning.training import RoundData, finetune
from activepool.heads.settings import FinetuneSettings, head_settings
from activepool.io.training_state import StateFile, state_path
from activepool.parallel.distributed import Processes
from planning.configuration.loading import load
from planning.paper.estimates import estimate
from planning.paper.experiments import NAMES, ON_REQUEST, experiment_file

#: Height and width of the files, in pixels, if the network takes larger images than CIFAR's.
FILE_SIZE = (375, 500)

#: The largest side of images that dataset.h5 holds; here they are files of their size.
SMALL = 32

#: Files, which are read in turn.
FILES = 16

#: The seed and the number of the round that finetuning draws from.
ANY_ROUND = (0, 0)


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--experiments", nargs="+", default=NAMES + ON_REQUEST, choices=NAMES + ON_REQUEST)
    parser.add_argument("--images", type=int, default=128, help="that each network extracts and trains on")
    parser.add_argument("--workers", type=int, default=0, help="processes that decode")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--output", help="CSV to write")
    return parser.parse_args()


@dataclass(frozen=True)
class Network:
    """The network of an experiment, with random weights.

    Attributes:
        settings: of the backbone, without a checkpoint.
        dataset: dataset.h5 with as many images as are measured.
        images: how many they are.
        device, workers: where the network runs, and how many processes decode.
    """

    settings: BackboneSettings
    dataset: Path
    images: int
    device: str
    workers: int

    def extraction_rate(self) -> float:
        """Return the images per second of an extraction."""
        folder = self.dataset.parent
        weights, output = folder / "weights.safetensors", folder / "features.h5"
        save_weights(weights, self._backbone(), {})
        settings = ExtractSettings(batch_size=min(self.images, ExtractSettings().batch_size))
        where = (output, self.device, self.workers)
        return self.images / seconds_of(
            lambda: extract_shard(self.dataset, self.settings, str(weights), settings, Shard(0, 1), *where)
        )

    def training_rate(self, recipe: FinetuneSettings) -> float:
        """Return the images per second of one epoch of finetuning, which validates on a single image."""
        labelled = Labelled(np.arange(self.images), np.arange(self.images) % 2)
        data = RoundData(self.dataset, labelled, labelled.take(slice(0, 1)), 2, *ANY_ROUND)
        recipe = replace(recipe, epochs=1, batch_size=min(self.images, recipe.batch_size))
        state = StateFile(state_path(self.dataset.with_name("head.h5")), "")
        backbone, processes = self._backbone(), Processes(device=self.device)
        return self.images / seconds_of(
            lambda: finetune(backbone, data, recipe, state, processes, self.workers)
        )

    def _backbone(self) -> Backbone:
        return build(self.settings.name, self.settings.image_size, 3)


def row(name: str, arguments: argparse.Namespace) -> dict[str, object]:
    """Return the rates and the hours of an experiment."""
    experiment = load(yaml.safe_load(experiment_file(name).read_text(encoding="utf-8")), name)
    estimated = estimate(experiment)
    backbone = experiment.backbone
    assert estimated is not None and backbone is not None
    side = backbone.image_size or DEFAULT_IMAGE_SIZE
    with tempfile.TemporaryDirectory() as folder:
        size = FILE_SIZE if side > SMALL else (side, side)
        dataset = write_dataset(Path(folder), photographs(FILES, *size), arguments.images)
        settings = BackboneSettings(name=backbone.architecture, image_size=backbone.image_size)
        device = resolve_device(arguments.device)
        network = Network(settings, dataset, arguments.images, device, arguments.workers)
        extraction = network.extraction_rate()
        recipe = head_settings(
            experiment.head.model_dump() if experiment.finetunes else {"solver": "finetune"}
        )
        training = network.training_rate(recipe) if estimated.trained_images else np.nan
    return {
        "experiment": name,
        "device": device,
        "extracted_per_second": extraction,
        "trained_per_second": training,
        "extraction_hours": estimated.images / extraction / 3600,
        "training_hours": estimated.trained_images / training / 3600,
    }


def main() -> None:
    """Measure, print and write."""
    arguments = parse()
    report([row(name, arguments) for name in arguments.experiments], arguments.output)


if __name__ == "__main__":
    run(main)
