"""Images per second of decoding, of the forward pass, and of both at once as in extraction.

    python benchmarks/images.py --output images.csv
    python benchmarks/images.py --architecture resnet50 --image-size 224 --workers 1 2 --output large.csv

The images are JPEG files of smooth noise, with the usual size of ImageNet's. ``share`` is the rate of both at
once relative to the slower of the two alone: 1 if neither waits for the other. ``gflop`` is what the forward
pass of one image computes. On a CPU, decoding and the forward pass compete for cores: with W workers and one
thread of the network they use W + 1. benchmarks/image_choices.py measures the choices of an extraction.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from photographs import smooth_images, write_dataset
from torch.utils.flop_counter import FlopCounterMode

from activepool.backbones.backbone import Backbone
from activepool.backbones.checkpoint import save_weights
from activepool.backbones.execution import MEMORY_FORMAT, is_cuda, pixels, reproducible
from activepool.backbones.registry import build
from activepool.backbones.settings import BackboneSettings
from activepool.compute.blocks import row_blocks
from activepool.compute.devices import resolve_device
from activepool.features.extract import THREADS, ExtractSettings, Shard, extract_shard
from activepool.features.images import PartImages, Request, load_requests
from activepool.io.files import write_table

#: Height and width of the files, in pixels.
FILE_SIZE = (375, 500)


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--images", type=int, default=512, help="number of images that are read")
    parser.add_argument("--files", type=int, help="synthetic files, read in turn (default: one an image)")
    parser.add_argument("--architecture", default="resnet18")
    parser.add_argument("--image-size", type=int, default=224)
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--workers", type=int, nargs="+", default=[0, 1], help="processes that decode")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--output", help="CSV to write")
    return parser.parse_args()


def decode(
    dataset: Path, backbone: Backbone, arguments: argparse.Namespace, workers: int, device: str
) -> None:
    """Decode all images into batches, and move them to the device."""
    images = PartImages(dataset, "train", backbone.preprocessing)
    blocks = row_blocks(len(images), arguments.batch_size)
    requests = (Request(np.arange(block.start, block.stop)) for block in blocks)
    for views in load_requests(images, requests, workers, pinned=is_cuda(device)):
        pixels(views[0], device)


def forward(backbone: Backbone, arguments: argparse.Namespace, device: str) -> None:
    """Pass as many images through the network, always the same batch."""
    side = arguments.image_size
    batch = torch.randint(0, 256, (arguments.batch_size, 3, side, side), dtype=torch.uint8)
    with reproducible(THREADS), torch.inference_mode():
        for _ in row_blocks(arguments.images, arguments.batch_size):
            with torch.autocast(torch.device(device).type, torch.float16, enabled=is_cuda(device)):
                backbone(pixels(batch, device)).float().cpu()


def forward_gflop(backbone: Backbone, side: int, device: str) -> float:
    """Return the 10⁹ additions and multiplications of the forward pass of one image."""
    with FlopCounterMode(display=False) as counter, torch.inference_mode():
        backbone(torch.zeros(1, 3, side, side, device=device))
    return counter.get_total_flops() / 1e9


def rate(work: Callable[[], None], images: int) -> float:
    """Return the images per second of one call."""
    start = time.perf_counter()
    work()
    return images / (time.perf_counter() - start)


def measure(dataset: Path, arguments: argparse.Namespace) -> pd.DataFrame:
    """Return a row for each number of workers, with medians."""
    device = resolve_device(arguments.device)
    settings = BackboneSettings(name=arguments.architecture, image_size=arguments.image_size)
    backbone = build(settings.name, settings.image_size, 3)
    checkpoint = dataset.with_name("weights.safetensors")
    save_weights(checkpoint, backbone, {})
    backbone.eval().to(device, memory_format=MEMORY_FORMAT)
    extraction = ExtractSettings(batch_size=arguments.batch_size)
    rows = []
    for workers in arguments.workers:
        works = {
            "decoding": lambda count=workers: decode(dataset, backbone, arguments, count, device),
            "forward": lambda: forward(backbone, arguments, device),
            "both": lambda count=workers: extract_shard(
                dataset,
                settings,
                str(checkpoint),
                extraction,
                Shard(0, 1),
                dataset.with_name("out.h5"),
                device,
                count,
            ),
        }
        rates = {name: [] for name in works}
        for _ in range(arguments.repeats):
            for name, work in works.items():
                rates[name].append(rate(work, arguments.images))
        medians = {name: float(np.median(values)) for name, values in rates.items()}
        share = medians["both"] / min(medians["decoding"], medians["forward"])
        rows.append({"workers": workers, **medians, "share": share})
    gflop = forward_gflop(backbone, arguments.image_size, device)
    return pd.DataFrame(rows).assign(gflop=gflop, architecture=arguments.architecture, device=device)


def main() -> None:
    """Measure, print and write."""
    arguments = parse()
    with tempfile.TemporaryDirectory() as folder:
        images = smooth_images(arguments.files or arguments.images, *FILE_SIZE)
        table = measure(write_dataset(Path(folder), images, arguments.images), arguments)
    print(table.to_string(index=False, float_format="{:.3g}".format))
    if arguments.output:
        write_table(arguments.output, table)


if __name__ == "__main__":
    main()
