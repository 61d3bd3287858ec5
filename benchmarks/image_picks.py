"""Picks and accuracy with features computed in bfloat16, or stored in float16, beside those of float32.

    python benchmarks/image_picks.py cifar10 --image-size 128 \
        --architecture workflow/experiments/efficientnet_lite0.py:efficientnet_lite0 --output picks.csv

The folder has ``train/<class>/`` and ``test/<class>/``. Each seed draws a labelled set, trains a head and
picks once by each strategy. A row has the share of its picks that are those of float32, and the head's
accuracy on the test part: means over the seeds.
"""

import argparse
import tempfile
from pathlib import Path

import h5py
import numpy as np
import pandas as pd

import activepool
from activepool.backbones.settings import BackboneSettings
from activepool.compute.shards import Shard
from activepool.data.kinds import build
from activepool.data.samples import Samples, write_samples
from activepool.features.extract import extract_shard
from activepool.features.settings import ExtractSettings
from activepool.io.files import write_table

STRATEGIES = ("margin", "base", "coreset", "badge")


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("root", help="folder of the images")
    parser.add_argument("--architecture", required=True)
    parser.add_argument("--checkpoint", help="weights of the architecture")
    parser.add_argument("--image-size", type=int, default=224)
    parser.add_argument("--train", type=int, default=3000, help="images of the pool")
    parser.add_argument("--test", type=int, default=1000)
    parser.add_argument("--labelled", type=int, default=200)
    parser.add_argument("--budget", type=int, default=100)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--output", help="CSV to write")
    return parser.parse_args()


def samples_of(arguments: argparse.Namespace) -> Samples:
    """Return random images of both parts."""
    whole, random = build("folder", root=arguments.root), np.random.default_rng(0)
    parts = [
        part.take(np.sort(random.permutation(len(part))[:count]))
        for part, count in ((whole.train, arguments.train), (whole.test, arguments.test))
    ]
    return Samples(*parts, whole.class_names, whole.root)


def features_of(dataset: Path, arguments: argparse.Namespace, precision: str | None) -> dict[str, np.ndarray]:
    """Return the features of both parts, stored in float32."""
    backbone = BackboneSettings(name=arguments.architecture, image_size=arguments.image_size)
    output, settings = dataset.with_name("shard.h5"), ExtractSettings(64, "float32", precision)
    extract_shard(dataset, backbone, arguments.checkpoint, settings, Shard(), output)
    with h5py.File(output) as file:
        return {part: file[f"{part}/features"][:] for part in ("train", "test")}


def round_of(
    samples: Samples, features: dict[str, np.ndarray], seed: int, arguments: argparse.Namespace
) -> tuple[dict[str, set[int]], float]:
    """Return the picks of each strategy after a labelled set that the seed draws, and the accuracy."""
    pool, classes = features["train"], len(samples.class_names)
    labelled = np.sort(np.random.default_rng(seed).permutation(len(pool))[: arguments.labelled])
    labels = np.full(len(pool), -1)
    labels[labelled] = samples.train.labels[labelled]
    head = activepool.train_head(pool, labels, classes=classes, weight_decay=1e-3)
    picks = {
        strategy: activepool.select(
            strategy, pool, budget=arguments.budget, labels=labels, classes=classes, head=head, seed=seed
        )
        for strategy in STRATEGIES
    }
    accuracy = float((head.predict(features["test"]) == samples.test.labels).mean())
    return {strategy: set(rows.tolist()) for strategy, rows in picks.items()}, accuracy


def main() -> None:
    """Measure, print and write."""
    arguments = parse()
    samples = samples_of(arguments)
    with tempfile.TemporaryDirectory() as folder:
        dataset = Path(folder) / "dataset.h5"
        write_samples(dataset, samples)
        exact, lower = (features_of(dataset, arguments, precision) for precision in (None, "bfloat16"))
    stored = {part: values.astype(np.float16) for part, values in exact.items()}
    features = {"float32": exact, "stored in float16": stored, "bfloat16": lower}
    rows = []
    for seed in range(arguments.seeds):
        rounds = {way: round_of(samples, values, seed, arguments) for way, values in features.items()}
        reference, _ = rounds["float32"]
        for way, (picks, accuracy) in rounds.items():
            same = {
                name: len(picks[name] & reference_picks) / arguments.budget
                for name, reference_picks in reference.items()
            }
            rows.append({"way": way, "accuracy": accuracy, **same})
    table = pd.DataFrame(rows).groupby("way", sort=False).mean().reset_index()
    print(table.to_string(index=False, float_format="{:.3f}".format))
    if arguments.output:
        write_table(arguments.output, table)


if __name__ == "__main__":
    main()
