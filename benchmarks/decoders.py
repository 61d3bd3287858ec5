"""CPU time of JPEG decoders beside Pillow, which reads all images here.

    uv pip install --target decoders --no-deps simplejpeg torchcodec
    PYTHONPATH=decoders python benchmarks/decoders.py --output results/benchmarks/decoders.csv

Each decoder that is installed turns the bytes of synthetic JPEG files into red, green and blue of 8 bits. The
last row is all that a loader does for an image of a ResNet: read, decode, resize and crop. A row has the
milliseconds per image, the ratio to Pillow's, and the largest difference of a pixel from Pillow's: medians of
repeats that interleave all rows, in CPU time of one thread.
"""

import argparse
import importlib.util
import io
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch
from image_choices import interleaved
from measuring import report, run
from photographs import photographs, write_dataset
from PIL import Image

from activepool.backbones.registry import build
from activepool.features.images import PartImages, Request

#: How many files of each height and width, in pixels: ImageNet's usual size, and a telephone's.
SIZES = {(375, 500): 24, (3000, 4000): 4}

#: Turns the bytes of a file into pixels (H, W, 3) or (3, H, W).
Decoder = Callable[[bytes], object]


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--output", help="CSV to write")
    return parser.parse_args()


def pillow(content: bytes) -> np.ndarray:
    """Decode as `activepool.data.image_files` does."""
    with Image.open(io.BytesIO(content), formats=["JPEG"]) as image:
        return np.asarray(image.convert("RGB"))


def decoders() -> Iterator[tuple[str, Decoder]]:
    """Yield Pillow, and the other decoders that are installed."""
    yield "pillow", pillow
    if importlib.util.find_spec("simplejpeg"):
        import simplejpeg

        yield "simplejpeg", simplejpeg.decode_jpeg
    if importlib.util.find_spec("torchcodec"):
        from torchcodec.decoders import decode_jpeg

        yield (
            "torchcodec",
            lambda content: decode_jpeg(torch.frombuffer(bytearray(content), dtype=torch.uint8)),
        )


def change(pixels: object, reference: np.ndarray) -> int:
    """Return the largest difference of a pixel."""
    values = np.asarray(pixels).astype(int)
    values = values if values.shape == reference.shape else np.moveaxis(values, 0, -1)
    return int(np.abs(values - reference).max())


def measure(size: tuple[int, int], count: int, repeats: int) -> Iterator[dict[str, object]]:
    """Yield a row for each decoder, and one for the loader."""
    with tempfile.TemporaryDirectory() as folder:
        dataset = write_dataset(Path(folder), photographs(count, *size))
        contents = [Path(folder, f"{number}.jpg").read_bytes() for number in range(count)]
        images = PartImages(dataset, "train", build("resnet18", 224, 3).preprocessing)
        decoder_of = dict(decoders())
        works = {name: lambda row, work=work: work(contents[row]) for name, work in decoder_of.items()}
        works["loader"] = lambda row: images[Request(np.array([row]))]
        seconds = interleaved(works, list(range(count)), repeats)
    for name, elapsed in seconds.items():
        yield {
            "height": size[0],
            "width": size[1],
            "work": name,
            "milliseconds": 1e3 * elapsed,
            "ratio": elapsed / seconds["pillow"],
            "change": change(decoder_of[name](contents[0]), pillow(contents[0]))
            if name in decoder_of
            else np.nan,
        }


def main() -> None:
    """Measure, print and write."""
    arguments = parse()
    rows = [row for size, count in SIZES.items() for row in measure(size, count, arguments.repeats)]
    report(rows, arguments.output)


if __name__ == "__main__":
    run(main)
