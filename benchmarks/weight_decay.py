"""What the weight decay that cross-validation chooses is worth, and what the fixed rule for few labels loses.

    python benchmarks/weight_decay.py --output docs/measured/weight_decay.csv

scikit-learn's three data sets of classes, as they are, and a Gaussian mixture of 256 columns stand for
features. The labelled rows are drawn at random, so that few of them leave some classes without a label. All
other rows are the test; the table holds means of its accuracy over the draws, in percent. ``cpu_ratio`` is
the CPU time of the choice and one training, over that of one training.
"""

import argparse
import time

import numpy as np
import pandas as pd
from sklearn.datasets import load_breast_cancer, load_digits, load_wine
from synthetic import spectral_mixture

from activepool.compute.blocks import Compute
from activepool.features.store import FeatureMatrix
from activepool.heads.cross_validation import cross_validate
from activepool.heads.labelled import LabelledRows
from activepool.heads.lbfgs import regularisation_path
from activepool.heads.linear import FIXED_WEIGHT_DECAY
from activepool.heads.predictions import predict
from activepool.heads.settings import LbfgsSettings
from activepool.io.files import write_table

SIZES = (6, 10, 20, 30, 50, 100, 200, 400)

DECAYS = (1e-2, 1e-3, 1e-4, 1e-5, 1e-6)


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--draws", type=int, default=10)
    parser.add_argument("--output", help="CSV to write")
    return parser.parse_args()


def main() -> None:
    """Measure each data set and number of labels."""
    arguments = parse()
    rows = [
        measure(name, features, labels, size, arguments.draws)
        for name, (features, labels) in problems().items()
        for size in SIZES
        if 2 * size <= len(labels)
    ]
    table = pd.DataFrame(rows)
    print(table.to_string(index=False, float_format="{:.1f}".format))
    if arguments.output:
        write_table(arguments.output, table)


def problems() -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Return features (N, d) and labels (N,) by name."""
    return {
        "digits": load_digits(return_X_y=True),
        "breast_cancer": load_breast_cancer(return_X_y=True),
        "wine": load_wine(return_X_y=True),
        "mixture": spectral_mixture(2000, 256, 10),
    }


def measure(
    name: str, features: np.ndarray, labels: np.ndarray, size: int, draws: int
) -> dict[str, float | str]:
    """Return one row of the table."""
    matrix, classes = FeatureMatrix.from_array(features), int(labels.max()) + 1
    settings, compute = LbfgsSettings(weight_decays=DECAYS), Compute()
    outcomes = []
    for draw in range(draws):
        order = np.random.default_rng([draw, size]).permutation(len(labels))
        labelled, test = (LabelledRows(matrix, rows, labels[rows]) for rows in (order[:size], order[size:]))
        heads = regularisation_path(labelled, classes, DECAYS, settings, compute)
        accuracies = dict(
            zip(DECAYS, (100 * predict(head, test, compute).accuracy for head in heads), strict=True)
        )
        started = time.process_time()
        regularisation_path(labelled, classes, (FIXED_WEIGHT_DECAY,), settings, compute)
        trained = time.process_time()
        tested = cross_validate(labelled, classes, settings, draw, compute)
        chosen = time.process_time()
        outcomes.append(
            {
                "fixed_by_rule": 100.0 * (tested.fixed is not None),
                "train_head": accuracies[tested.weight_decay],
                "fixed": accuracies[FIXED_WEIGHT_DECAY],
                "best_in_hindsight": max(accuracies.values()),
                "cpu_ratio": (chosen - started) / (trained - started),
                **{f"decay_{decay:.0e}": accuracy for decay, accuracy in accuracies.items()},
            }
        )
    return {"features": name, "labels": size, "draws": draws, **pd.DataFrame(outcomes).mean().to_dict()}


if __name__ == "__main__":
    main()
