"""predictions.h5: the predictions of a head for every row of a pool, with calibrated probabilities.

One dataset for each array of `PoolPredictions`, by row of features.h5; attribute ``class_names``.
"""

from dataclasses import dataclass
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
from activepool.io.hdf5 import read_arrays, write_arrays


@dataclass(frozen=True)
class PoolPredictions:
    """The predictions of a model of C classes for N rows.

    Attributes:
        predicted: (N,) int32, the class of the largest logit; the first one among logits that differ only by
            rounding errors.
        probability: (N,) float32, the calibrated probability of this class.
        margin: (N,) float32, the difference between the two largest calibrated probabilities.
    """

    class_names: list[str]
    predicted: IntArray
    probability: FloatArray
    margin: FloatArray

    def name(self, row: int) -> str:
        """Return the predicted class of a row."""
        return self.class_names[int(self.predicted[row])]


def predict_pool(features: FeatureMatrix, head: Head, compute: Compute) -> PoolPredictions:
    """Return the predictions for all rows of ``features`` (N, d), in float64, by a head of C ≥ 2 classes.

    Memory beyond the result: for each worker READ_ROWS × (d + 5 C) float64.
    Raises: InputError if a feature is not finite.
    """
    weight, bias = (compute.array(values.astype(np.float64)) for values in (head.weight, head.bias))

    def of_block(block: slice) -> tuple[IntArray, FloatArray, FloatArray]:
        with np.errstate(invalid="ignore"):  # 0 · ∞
            logits = to_numpy(compute.array(features.block(block, np.float64)) @ weight.T + bias)
        require_finite(np.arange(block.start, block.stop), logits.sum(axis=1))
        return _of_logits(logits, head.temperature)

    no_rows = _of_logits(np.empty((0, len(head.bias))), 1.0)
    blocks = [no_rows, *compute.map(of_block, row_blocks(features.shape[0], READ_ROWS))]
    return PoolPredictions(head.classes.tolist(), *map(np.concatenate, zip(*blocks, strict=True)))


def _of_logits(logits: FloatArray, temperature: float) -> tuple[IntArray, FloatArray, FloatArray]:
    predicted = first_largest(logits)
    probabilities = calibrated_probabilities(logits, temperature)
    probability = probabilities[np.arange(len(predicted)), predicted]
    second, largest = np.partition(probabilities, -2, axis=1)[:, -2:].T
    return predicted.astype(np.int32), probability.astype(np.float32), (largest - second).astype(np.float32)


def write_predictions(path: str | Path, predictions: PoolPredictions) -> None:
    """Write predictions.h5."""
    arrays = {name: getattr(predictions, name) for name in ("predicted", "probability", "margin")}
    write_arrays(path, arrays, class_names=predictions.class_names)


def read_predictions(path: str | Path) -> PoolPredictions:
    """Read predictions.h5; raises InputError if it is not such a file."""
    file, names = read_arrays(path), read_class_names(path)
    predictions = PoolPredictions(names, file["predicted"], file["probability"], file["margin"])
    if not ((predictions.predicted >= 0) & (predictions.predicted < len(names))).all():
        raise InputError(
            f"{path}: predicts classes beyond its {len(names)} class_names; delete the file to regenerate it"
        )
    return predictions
