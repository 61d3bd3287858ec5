"""A case in the form of CIFAR-10: the same bits on one core and on two, whatever the order of the jobs."""

import numpy as np
import pytest
from PIL import Image
from workflow_runs import Folder

pytestmark = pytest.mark.long

CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")

#: Images of a class in each part.
TRAIN_IMAGES, TEST_IMAGES = 24, 4

#: Of all that has results of its own: pretraining, features, preparations, scores, states, draws.
CONFIGURATION = {
    "experiment": "trial",
    "dataset": {"kind": "folder", "name": "cifar10", "root": "cifar10"},
    "backbone": {"architecture": "small", "image_size": 32},
    "pretrain": {"epochs": 1, "warmup_epochs": 0, "batch_size": 64, "augmentation": "natural"},
    "features": {"dtype": "float16", "shards": 2},
    "validation": {"fraction": 0.1},
    "initial": {"size": 20},
    "budget": 10,
    "rounds": 3,
    "seeds": 1,
    "strategies": ["base", "coreset", "badge", "cluster_margin"],
    "head": {"solver": "lbfgs"},
}


def write_images(root):
    """Write colour images of 32 × 32 as JPEG, each class of a colour of its own, below train/ and test/."""
    draws = np.random.default_rng(0)
    colours = draws.integers(0, 256, (len(CLASSES), 3))
    for part, images in (("train", TRAIN_IMAGES), ("test", TEST_IMAGES)):
        for name, colour in zip(CLASSES, colours, strict=True):
            folder = root / part / name
            folder.mkdir(parents=True)
            for number in range(images):
                pixels = np.clip(draws.normal(colour, 60, (32, 32, 3)), 0, 255).astype(np.uint8)
                Image.fromarray(pixels).save(folder / f"{number:04d}.jpg")


def run(path, cores, strategies):
    """Run on so many cores; return the folder."""
    path.mkdir()
    write_images(path / "cifar10")
    folder = Folder(path, {**CONFIGURATION, "strategies": strategies})
    folder.snakemake("results/trial/curves.csv", cores=cores)
    return folder


def test_one_core_and_two_make_the_same_bits(tmp_path):
    strategies = CONFIGURATION["strategies"]
    one = run(tmp_path / "one", 1, strategies)
    two = run(tmp_path / "two", 2, strategies[::-1])
    # The order of strategies is that of the rows of curves.csv and class_counts.csv.
    kinds = (
        "results/**/*.h5",
        "results/**/selected.csv",
        "results/**/metrics.json",
        "results/**/*.safetensors",
    )
    digests = one.digests(*kinds)
    names = [path.rpartition("/")[2] for path in digests]
    assert names.count("selected.csv") == names.count("head.h5") == 1 + 2 * len(strategies)
    assert digests == two.digests(*kinds)
