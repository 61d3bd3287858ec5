"""JPEG files for benchmarks, and the dataset.h5 that lists them."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from activepool.data.samples import Part, Samples, write_samples

#: JPEG quality of the files.
QUALITY = 90

#: Octaves of the noise of a photograph, from the width of 6 cells on.
OCTAVES = 9


def write_dataset(folder: Path, images: Iterator[np.ndarray], rows: int | None = None) -> Path:
    """Write JPEG files and a dataset.h5 that lists them, its test part empty; return its path.

    Args:
        folder: where to write.
        images: a file is written of each.
        rows: of the dataset, which lists the files in turn; by default each once.
    """
    paths = []
    for number, pixels in enumerate(images):
        paths.append(f"{number}.jpg")
        Image.fromarray(pixels).save(folder / paths[-1], quality=QUALITY)
    listed = [paths[row % len(paths)] for row in range(len(paths) if rows is None else rows)]
    train = Part.from_files([0] * len(listed), listed)
    write_samples(folder / "dataset.h5", Samples(train, Part.from_files([], []), ["any"], str(folder)))
    return folder / "dataset.h5"


def smooth_images(count: int, height: int, width: int) -> Iterator[np.ndarray]:
    """Yield images (height, width, 3) of smooth noise with a little grain."""
    random = np.random.default_rng(0)
    for _ in range(count):
        coarse = random.integers(0, 256, (12, 16, 3), dtype=np.uint8)
        smooth = np.asarray(Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC))
        grain = random.integers(-12, 13, smooth.shape)
        yield np.clip(smooth + grain, 0, 255).astype(np.uint8)


def photographs(count: int, height: int, width: int) -> Iterator[np.ndarray]:
    """Yield images (height, width, 3) whose contrast falls with the frequency about as in photographs."""
    random = np.random.default_rng(0)
    for _ in range(count):
        scene = np.zeros((height, width, 3), np.float32)
        for cells in 6 * 2 ** np.arange(OCTAVES):
            coarse = random.normal(size=(3, max(cells * height // width, 1), cells)).astype(np.float32)
            for channel, plane in enumerate(coarse):
                enlarged = Image.fromarray(plane).resize((width, height), Image.Resampling.BICUBIC)
                scene[..., channel] += np.asarray(enlarged) * (6 / cells) ** 0.9
        scene = 128 + 55 * (scene - scene.mean()) / scene.std()
        yield np.clip(scene + random.normal(size=scene.shape) * 4, 0, 255).astype(np.uint8)
