"""What the choices of an extraction save, and how they change the features.

    python benchmarks/image_choices.py decoding --output decoding.csv
    python benchmarks/image_choices.py network --architecture resnet50 --output network.csv

``decoding``: JPEG files of 3000 x 4000 pixels, made here, as a loader's process reads them: whole, and scaled
(`features: {decoding: scaled}`).
``network``: batches of smooth noise through the network
    - as it was built, with new memory filled before use, as torch's deterministic algorithms do by default;
    - as it was built;
    - with batch normalisations folded into convolutions;
    - with linear layers as convolutions, too, as on every CPU;
    - folded, in bfloat16 (`features: {precision: bfloat16}`).

A row has the milliseconds per image, and the ratio to the first row: medians of repeats that interleave all
rows, in CPU time of one thread, which other processes on the machine disturb less. ``change`` is the
Euclidean norm of the change of an image's feature vector, relative to that of the vector: the median and the
largest of all images.
"""

import argparse
import copy
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from photographs import photographs, smooth_images, write_dataset
from torch import Tensor

from activepool.backbones.backbone import Backbone
from activepool.backbones.checkpoint import load_backbone
from activepool.backbones.execution import on_device, pixels, reproducible
from activepool.backbones.folding import fold
from activepool.backbones.linear_layers import convolve
from activepool.backbones.settings import BackboneSettings
from activepool.features.images import PartImages, Request
from activepool.io.files import write_table

#: Height and width of the photographs, in pixels.
PHOTOGRAPH = (3000, 4000)


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("choice", choices=MEASUREMENTS)
    parser.add_argument(
        "--architecture", default="resnet18", help="without a checkpoint, its weights are random"
    )
    parser.add_argument("--checkpoint", help="weights of the architecture")
    parser.add_argument("--image-size", type=int, default=224)
    parser.add_argument("--images", type=int, default=16)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--output", help="CSV to write")
    return parser.parse_args()


def decoding(arguments: argparse.Namespace) -> pd.DataFrame:
    """Measure scaled decoding beside whole decoding."""
    backbone = backbone_of(arguments)
    with tempfile.TemporaryDirectory() as folder:
        dataset = write_dataset(Path(folder), photographs(arguments.images, *PHOTOGRAPH))
        ways = {
            name: PartImages(dataset, "train", backbone.preprocessing, scaled=name == "scaled")
            for name in ("whole", "scaled")
        }
        requests = [Request(np.array([row])) for row in range(arguments.images)]
        seconds = interleaved(
            {name: lambda request, images=images: images[request] for name, images in ways.items()},
            requests,
            arguments.repeats,
        )
        features = {
            name: np.concatenate([encoded(backbone, images[request][0]) for request in requests])
            for name, images in ways.items()
        }
    return table(seconds, features)


def network(arguments: argparse.Namespace) -> pd.DataFrame:
    """Measure the forward pass of one batch of all images."""
    backbone = backbone_of(arguments)
    changed, _ = fold(backbone)
    convolved = copy.deepcopy(changed)
    convolve(convolved)
    side = backbone.preprocessing.image_size
    batch = np.stack(list(smooth_images(arguments.images, side, side)))
    images = torch.from_numpy(batch).permute(0, 3, 1, 2)

    def filled(images: Tensor) -> Tensor:
        torch.utils.deterministic.fill_uninitialized_memory = True
        features: Tensor = backbone(images)
        torch.utils.deterministic.fill_uninitialized_memory = False
        return features

    def in_bfloat16(images: Tensor) -> Tensor:
        with torch.autocast("cpu", torch.bfloat16):
            return changed(images)

    ways = {
        "memory filled": filled,
        "as built": backbone,
        "folded": changed,
        "convolved": convolved,
        "bfloat16": in_bfloat16,
    }
    seconds = interleaved(ways, [pixels(images, "cpu")], arguments.repeats)
    return table(seconds, {name: encoded(way, images) for name, way in ways.items()}, arguments.images)


MEASUREMENTS = {"decoding": decoding, "network": network}


def backbone_of(arguments: argparse.Namespace) -> Backbone:
    """Return the backbone; without a checkpoint, with random weights."""
    settings = BackboneSettings(name=arguments.architecture, image_size=arguments.image_size)
    backbone, _ = load_backbone(settings, 3, arguments.checkpoint, random_seed=0)
    return on_device(backbone.eval(), "cpu")


def interleaved(works: dict[str, Callable], inputs: list, repeats: int) -> dict[str, float]:
    """Return the median seconds of CPU time of each work for one of the inputs."""
    seconds: dict[str, list[float]] = {name: [] for name in works}
    with reproducible(1), torch.inference_mode():
        for _ in range(repeats):
            for batch in inputs:
                for name, work in works.items():
                    start = time.process_time()
                    work(batch)
                    seconds[name].append(time.process_time() - start)
    return {name: float(np.median(values)) for name, values in seconds.items()}


def encoded(network: Callable[[Tensor], Tensor], images: Tensor) -> np.ndarray:
    """Return the features of uint8 images."""
    with reproducible(1), torch.inference_mode():
        return network(pixels(images, "cpu")).float().numpy()


def table(seconds: dict[str, float], features: dict[str, np.ndarray], images: int = 1) -> pd.DataFrame:
    """Return a row for each way; the first is what the others are compared with.

    Args:
        seconds: for ``images`` images.
        features: (n, d) of the same images.
    """
    first = next(iter(seconds))

    def rows() -> Iterator[dict[str, object]]:
        for name, values in features.items():
            changes = np.linalg.norm(values - features[first], axis=1) / np.linalg.norm(
                features[first], axis=1
            )
            yield {
                "way": name,
                "milliseconds": 1e3 * seconds[name] / images,
                "ratio": seconds[first] / seconds[name],
                "change": np.median(changes),
                "largest_change": changes.max(),
            }

    return pd.DataFrame(rows())


def main() -> None:
    """Measure, print and write."""
    arguments = parse()
    measured = MEASUREMENTS[arguments.choice](arguments).assign(architecture=arguments.architecture)
    print(measured.to_string(index=False, float_format="{:.3g}".format))
    if arguments.output:
        write_table(arguments.output, measured)


if __name__ == "__main__":
    main()
