"""predictions.h5: what a head predicts for every row of a pool, with calibrated probabilities.

One dataset for each attribute of `PoolPredictions`, by row of features.h5; attribute ``class_names``.
"""

from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from activepool.api.heads import Head
from activepool.compute.arrays import FloatArray, IntArray
from activepool.compute.blocks import READ_ROWS, Compute, row_blocks, to_numpy
from activepool.data.label_file import read_class_names
from activepool.errors import InputError
from activepool.evaluation.calibration import calibrated_probabilities
from activepool.features.store import FeatureMatrix, require_finite
from activepool.heads.linear import first_largest
from activepool.io.named_arrays import read_arrays, write_arrays


@dataclass(frozen=True)
class PoolPredictions:
    """Predictions for N rows.

    Attributes:
        predicted: (N,) int32, the class of the largest logit, the first of those that are equal but for
            rounding errors.
        probability: (N,) float32, the calibrated probability of this class.
        margin: (N,) float32, the difference between the two largest calibrated probabilities.
    """

    predicted: IntArray
    probability: FloatArray
    margin: FloatArray

    @classmethod
    def from_logits(cls, logits: FloatArray, temperature: float) -> "PoolPredictions":
        """Return the predictions for rows with these float64 ``logits`` (N, C), for C ≥ 2."""
        predicted = first_largest(logits)
        probabilities = calibrated_probabilities(logits, temperature)
        own = probabilities[np.arange(len(predicted)), predicted]
        second, largest = np.partition(probabilities, -2, axis=1)[:, -2:].T
        return cls(predicted.astype(np.int32), own.astype(np.float32), (largest - second).astype(np.float32))


def predict_pool(features: FeatureMatrix, head: Head, compute: Compute) -> PoolPredictions:
    """Return the predictions for all rows of ``features`` (N, d), in float64, by a head of C ≥ 2 classes.

    Memory beyond the result: for each worker READ_ROWS × (d + 5 C) float64.
    Raises: InputError if a feature is not finite.
    """
    weight, bias = (compute.array(values.astype(np.float64)) for values in (head.weight, head.bias))

    def of_block(block: slice) -> PoolPredictions:
        with np.errstate(invalid="ignore"):  # 0 · ∞
            logits = to_numpy(compute.array(features.block(block, np.float64)) @ weight.T + bias)
        require_finite(np.arange(block.start, block.stop), logits.sum(axis=1))
        return PoolPredictions.from_logits(logits, head.temperature)

    none = PoolPredictions.from_logits(np.empty((0, len(head.bias))), 1.0)
    blocks = [none, *compute.map(of_block, row_blocks(features.shape[0], READ_ROWS))]
    return PoolPredictions(
        np.concatenate([block.predicted for block in blocks]),
        np.concatenate([block.probability for block in blocks]),
        np.concatenate([block.margin for block in blocks]),
    )


def write_predictions(path: str | Path, predictions: PoolPredictions, class_names: list[str]) -> None:
    """Write predictions.h5."""
    write_arrays(path, asdict(predictions), class_names=class_names)


def read_predictions(path: str | Path) -> tuple[PoolPredictions, list[str]]:
    """Read predictions.h5 and the names of its classes; raises InputError if it is not such a file."""
    file, names = read_arrays(path), read_class_names(path)
    found = PoolPredictions(file["predicted"], file["probability"], file["margin"])
    if not ((found.predicted >= 0) & (found.predicted < len(names))).all():
        raise InputError(
            f"{path}: predicts classes beyond its {len(names)} class_names; delete the file to regenerate it"
        )
    return found, names
