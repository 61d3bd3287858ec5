"""Synthetic features: Gaussian ones and Gaussian mixtures, in memory or in a file like features.h5."""

import argparse
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np

from activepool.compute.blocks import BLOCK_ROWS, row_blocks
from activepool.features.store import FeatureMatrix
from activepool.heads.linear import LinearHead

#: Pools of this size or more are written to a file in float16, and read as the workflow reads them.
LARGE = 200_000

#: Standard deviation of the class centres in the file's mixture; that of the noise is 1.
SPREAD = 0.12

#: Rows of the test part of a synthetic file.
TEST_ROWS = 1000


def spectral_mixture(samples: int, width: int, classes: int) -> tuple[np.ndarray, np.ndarray]:
    """Return features (n, d) and labels of a Gaussian mixture: classes overlap, the spectrum falls."""
    random = np.random.default_rng(0)
    scales = np.geomspace(1, 0.05, width, dtype=np.float32) ** 0.5
    centres = random.standard_normal((classes, width), dtype=np.float32)
    centres *= np.float32(4 * np.log(classes) / width) ** 0.5
    labels = random.integers(0, classes, samples)
    features = random.standard_normal((samples, width), dtype=np.float32)
    features += centres[labels]
    features *= scales
    return features, labels


def write_mixture(path: Path, size: int, width: int, classes: int, imbalance: float = 1.0) -> None:
    """Write a features.h5 of a Gaussian mixture in float16, block by block.

    Args:
        path: the file.
        size: N, rows of its training part.
        width: d.
        classes: C.
        imbalance: the frequency of the first class over that of the last; the others are in between.
    """
    random = np.random.default_rng(0)
    centres = mixture_centres(width, classes)
    frequency = np.geomspace(imbalance, 1, classes)
    frequency /= frequency.sum()
    with h5py.File(path, "w") as file:
        for part, rows in (("train", size), ("test", TEST_ROWS)):
            labels = random.choice(classes, rows, p=frequency)
            features = file.create_dataset(f"{part}/features", (rows, width), np.float16)
            fill(features, random, lambda block, labels=labels: centres[labels[block]])
            file[f"{part}/labels"] = labels
        file.attrs["class_names"] = [str(label) for label in range(classes)]


def fill(
    dataset: h5py.Dataset, random: np.random.Generator, offset: Callable[[slice], np.ndarray | float]
) -> None:
    """Write standard normal rows to ``dataset``, plus the offset of their block."""
    for block in row_blocks(len(dataset), BLOCK_ROWS):
        noise = random.standard_normal((block.stop - block.start, dataset.shape[1]), dtype=np.float32)
        dataset[block] = noise + offset(block)


def mixture_centres(width: int, classes: int) -> np.ndarray:
    """Return the centres of the classes of `write_mixture`, (C, d) float32."""
    return np.random.default_rng(1).normal(size=(classes, width)).astype(np.float32) * np.float32(SPREAD)


def mixture_head(width: int, classes: int) -> LinearHead:
    """Return the optimal head for the mixture with equally large classes."""
    centres = mixture_centres(width, classes)
    return LinearHead(centres, -0.5 * np.square(centres).sum(axis=1))


def add_pool_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the common arguments of the benchmarks of core-set and BADGE."""
    parser.add_argument("--features", help="HDF5 file with train/features; default: synthetic Gaussian ones")
    parser.add_argument("--size", type=int, default=50_000, help="N, rows of the pool, of synthetic features")
    parser.add_argument("--width", type=int, default=2048, help="d, of synthetic features")
    parser.add_argument("--budget", type=int, default=1000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--products", type=int, default=10, help="picks to measure the products on")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--folder", help="folder for a large pool (N × d × 2 bytes)")
    parser.add_argument("--output", help="CSV to write")


def open_pool(arguments: argparse.Namespace, folder: str) -> FeatureMatrix:
    """Return the features that the arguments name, or synthetic Gaussian ones."""
    if arguments.features:
        return FeatureMatrix.from_dataset(h5py.File(arguments.features)["train/features"])
    random = np.random.default_rng(0)
    shape = (arguments.size, arguments.width)
    if arguments.size < LARGE:
        return FeatureMatrix.from_array(random.standard_normal(shape, dtype=np.float32))
    file = h5py.File(Path(folder) / "features.h5", "w")
    dataset = file.create_dataset("train/features", shape, np.float16)
    fill(dataset, random, lambda _: 0.0)
    file.flush()
    return FeatureMatrix.from_dataset(dataset)
