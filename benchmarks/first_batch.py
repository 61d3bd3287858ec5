"""Compare strategies for a pool without labels: the first batch, and four more after it.

    .venv/bin/python benchmarks/first_batch.py features.h5 truth.csv samples.csv

features.h5 and samples.csv are those of a labelling project (results/<project>/pool); truth.csv has the
columns source and label. Each of ten draws takes 70 % of the samples. Printed are the mean and the standard
deviation over the draws of the accuracy on the samples of the draw that have no label, and how many classes
the first batch found.
"""

import sys

import h5py
import numpy as np
import pandas as pd

import activepool

#: Strategies that need no label, and strategies for the batches after the first.
FIRST = ("random", "coreset", "kmeans", "typiclust", "maxherding")
LATER = ("random", "margin", "badge", "coreset")

DRAWS, SHARE, BATCHES = 10, 0.7, 4

#: Samples in a batch.
SIZES = (20, 50)


def main() -> None:
    """Print both tables."""
    features_path, truth_path, samples_path = sys.argv[1:]
    truth = pd.read_csv(truth_path).set_index("source")["label"]
    labels = pd.read_csv(samples_path)["source"].map(truth)
    is_labelled = labels.notna().to_numpy()
    with h5py.File(features_path) as file:
        features = file["train/features"][:].astype(np.float32)[is_labelled]
    labels = labels[is_labelled].to_numpy()
    for size in SIZES:
        print(f"the first {size} of {len(labels)} samples, accuracy in %")
        for name in FIRST:
            accuracies = np.array([first(features, labels, name, size, draw) for draw in range(DRAWS)])
            report(name, accuracies[:, 0], f", classes {accuracies[:, 1].mean():.1f}")
    size = SIZES[0]
    print(f"{BATCHES} more batches of {size}, after a first one by typiclust")
    for name in LATER:
        report(name, [later(features, labels, name, size, draw) for draw in range(DRAWS)])


def report(name: str, accuracies: object, more: str = "") -> None:
    """Print a line."""
    values = 100 * np.array(accuracies)
    print(f"  {name:12s} {values.mean():.1f} ± {values.std(ddof=1):.1f}{more}", flush=True)


def drawn(features, labels, seed):
    """Return the samples of a draw."""
    rows = np.sort(np.random.default_rng(seed).permutation(len(labels))[: int(SHARE * len(labels))])
    return features[rows], labels[rows]


def pick(name, features, labels, picked, size, seed, number, classes):
    """Return the picks before with those of a batch."""
    known_labels = np.full(len(labels), None, dtype=object)
    known_labels[picked] = labels[picked]
    picks = activepool.select(
        name, features, labels=known_labels, classes=classes, budget=size, seed=seed, round=number
    )
    return np.concatenate([picked, picks])


def accuracy(features, labels, picked):
    """Return the accuracy on the samples without a label."""
    remaining = np.setdiff1d(np.arange(len(labels)), picked)
    head = activepool.train_head(features[picked], labels[picked], weight_decay=1e-4)
    return float((head.predict(features[remaining]) == labels[remaining]).mean())


def first(features, labels, name, size, seed):
    """Return the accuracy after a first batch, and the number of classes in it."""
    features, labels = drawn(features, labels, seed)
    picked = pick(name, features, labels, np.empty(0, np.int64), size, seed, 1, sorted(set(labels)))
    return accuracy(features, labels, picked), len(set(labels[picked]))


def later(features, labels, name, size, seed):
    """Return the accuracy after all batches."""
    features, labels = drawn(features, labels, seed)
    classes = sorted(set(labels))
    picked = pick("typiclust", features, labels, np.empty(0, np.int64), size, seed, 1, classes)
    for number in range(2, BATCHES + 2):
        picked = pick(name, features, labels, picked, size, seed, number, classes)
    return accuracy(features, labels, picked)


if __name__ == "__main__":
    main()
