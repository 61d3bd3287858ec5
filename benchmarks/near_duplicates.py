"""How alike the features of near-duplicates are, and those of different photographs.

    python benchmarks/near_duplicates.py photos --architecture resnet50 --checkpoint moco.pth --format moco_v2

Takes random photographs of a folder, and copies some of them: saved again, scaled, cropped, brighter, turned.
A row for each kind of copy gives the percentage of copies whose cosine with their original is at least each
threshold. The last row gives the percentage of photographs that another one resembles as much; ``--output``
shows which, because some of them are near-duplicates as well.
"""

import argparse
import tempfile
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
from PIL import Image, ImageEnhance

from activepool.backbones.settings import BackboneSettings
from activepool.compute.shards import Shard
from activepool.data.image_files import decode_image
from activepool.data.image_formats import is_image_name
from activepool.data.samples import Part, Samples, write_samples
from activepool.features.extract import ExtractSettings, extract_shard

THRESHOLDS = (0.8, 0.85, 0.9, 0.92, 0.94, 0.95, 0.96, 0.97, 0.98, 0.99)


def cropped(image: Image.Image, share: float) -> Image.Image:
    """Return the middle of an image, with this share of each side."""
    width, height = image.size
    left, top = width * (1 - share) / 2, height * (1 - share) / 2
    return image.crop((round(left), round(top), round(width - left), round(height - top)))


COPIES: dict[str, Callable[[Image.Image], Image.Image]] = {
    "saved again": lambda image: image,
    "three quarters of the size": lambda image: image.resize((image.width * 3 // 4, image.height * 3 // 4)),
    "middle 95 %": lambda image: cropped(image, 0.95),
    "middle 85 %": lambda image: cropped(image, 0.85),
    "10 % brighter": lambda image: ImageEnhance.Brightness(image).enhance(1.1),
    "30 % brighter": lambda image: ImageEnhance.Brightness(image).enhance(1.3),
    "turned by 3°": lambda image: image.rotate(3, Image.Resampling.BICUBIC),
}

#: JPEG's quality of the copies.
QUALITY = 85


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--architecture", default="resnet50")
    parser.add_argument("--checkpoint", help="by default random weights, or those of your own function")
    parser.add_argument("--format")
    parser.add_argument("--image-size", type=int)
    parser.add_argument("--images", type=int, default=2000, help="photographs to compare with each other")
    parser.add_argument("--copied", type=int, default=200, help="photographs to copy")
    parser.add_argument("--output", help="picture of the most alike photographs to write")
    return parser.parse_args()


def write_images(folder: Path, originals: list[Path], copied: int) -> Path:
    """Write copies and a dataset.h5: the originals, then each kind of copy of the first of them."""
    paths = [str(path.absolute()) for path in originals]
    for kind, change in COPIES.items():
        for number, original in enumerate(originals[:copied]):
            paths.append(str(folder / f"{kind} {number}.jpg"))
            change(decode_image(original, "RGB")).save(paths[-1], quality=QUALITY)
    samples = Samples(Part.from_files([0] * len(paths), paths), Part.from_files([], []), ["any"], str(folder))
    write_samples(folder / "dataset.h5", samples)
    return folder / "dataset.h5"


def directions(dataset: Path, arguments: argparse.Namespace) -> np.ndarray:
    """Return the features of all images, scaled to length 1, (n, d) float64."""
    settings = BackboneSettings(
        name=arguments.architecture, image_size=arguments.image_size, format=arguments.format
    )
    output = dataset.with_name("features.h5")
    extract_shard(dataset, settings, arguments.checkpoint, ExtractSettings(), Shard(0, 1), output)
    with h5py.File(output) as file:
        features = file["train/features"][:].astype(np.float64)
    return features / np.linalg.norm(features, axis=1, keepdims=True)


def shares(cosines: np.ndarray) -> list[float]:
    """Return the share of cosines at or above each threshold, in percent."""
    return [100 * float(np.mean(cosines >= threshold)) for threshold in THRESHOLDS]


def draw(path: str, originals: list[Path], nearest: np.ndarray, cosines: np.ndarray, side: int = 96) -> None:
    """Write the pairs of photographs whose features are most alike, one pair above the other."""
    pairs = sorted(
        {tuple(sorted((row, int(nearest[row])))): cosines[row] for row in range(len(cosines))}.items(),
        key=lambda pair: -pair[1],
    )
    sheet = Image.new("RGB", (12 * side, 12 * side))
    for number, (pair, _) in enumerate(pairs[:72]):
        for place, row in enumerate(pair):
            image = decode_image(originals[row], "RGB").resize((side, side))
            sheet.paste(image, (number % 12 * side, (2 * (number // 12) + place) * side))
    sheet.save(path)
    print("cosines of the pairs:", " ".join(f"{cosine:.3f}" for _, cosine in pairs[:72]))


def main() -> None:
    """Measure and print."""
    arguments = parse()
    files = sorted(path for path in arguments.folder.rglob("*") if is_image_name(path.name))
    chosen = np.random.default_rng(0).permutation(len(files))[: arguments.images]
    originals = [files[number] for number in chosen]
    copied = min(arguments.copied, len(originals))
    with tempfile.TemporaryDirectory() as folder:
        vectors = directions(write_images(Path(folder), originals, copied), arguments)
    first = vectors[: len(originals)]
    rows = {}
    for number, kind in enumerate(COPIES):
        copies = vectors[len(originals) + number * copied :][:copied]
        rows[kind] = shares(np.einsum("ij,ij->i", first[:copied], copies))
    products = first @ first.T
    np.fill_diagonal(products, -1)
    rows["another photograph"] = shares(products.max(axis=1))
    print(pd.DataFrame.from_dict(rows, orient="index", columns=THRESHOLDS).round(1).to_string())
    if arguments.output:
        draw(arguments.output, originals, products.argmax(axis=1), products.max(axis=1))


if __name__ == "__main__":
    main()
