"""Cross-validated predictions for the labelled rows: held_out.csv for people, held_out.h5 for programs."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from activepool.api.heads import Head
from activepool.compute.arrays import FloatArray, IntArray
from activepool.data.label_file import read_class_names
from activepool.errors import InputError
from activepool.evaluation.calibration import calibrated_probabilities
from activepool.io.hdf5 import read_arrays, write_arrays
from activepool.io.index_files import write_index


@dataclass(frozen=True)
class HeldOut:
    """Predictions for m labelled rows, each by a head that was trained without the row.

    Attributes:
        index: (m,) int64, rows of features.h5, ascending.
        label: (m,) int64, the class that people gave each row.
        predicted: (m,) int64, the predicted class.
        probabilities: (m, C) float32, calibrated.
    """

    index: IntArray
    label: IntArray
    predicted: IntArray
    probabilities: FloatArray
    class_names: list[str]

    @property
    def label_names(self) -> list[str]:
        """The class that people gave each row, by its name."""
        return [self.class_names[number] for number in self.label.tolist()]

    @property
    def predicted_names(self) -> list[str]:
        """The predicted class of each row, by its name."""
        return [self.class_names[number] for number in self.predicted.tolist()]

    @property
    def probability(self) -> FloatArray:
        """(m,) float32, of the predicted class."""
        return self.probabilities[np.arange(len(self.index)), self.predicted]

    @classmethod
    def from_head(cls, head: Head, rows: IntArray) -> "HeldOut":
        """Return the predictions of the cross-validation that chose the weight decay of ``head``.

        ``rows`` (L,) are those of its labels in features.h5, in the order in which it was trained on them.
        """
        validation = head.cross_validation
        assert validation is not None
        probabilities = calibrated_probabilities(validation.logits, head.temperature).astype(np.float32)
        index = rows[validation.rows]
        order = np.argsort(index)
        return cls(
            index[order],
            validation.labels[order],
            validation.predicted[order],
            probabilities[order],
            head.classes.tolist(),
        )


def write_held_out(table: str | Path, arrays: str | Path, held_out: HeldOut) -> None:
    """Write held_out.csv (index, label, predicted, probability), and held_out.h5 with all probabilities."""
    columns = {
        "index": held_out.index,
        "label": np.array(held_out.label_names, dtype=np.str_),
        "predicted": np.array(held_out.predicted_names, dtype=np.str_),
        "probability": held_out.probability,
    }
    write_index(table, columns)
    values = {name: getattr(held_out, name) for name in ("index", "label", "predicted", "probabilities")}
    write_arrays(arrays, values, class_names=held_out.class_names)


def read_held_out(path: str | Path) -> HeldOut:
    """Read held_out.h5; raises InputError if it is not such a file."""
    file, names = read_arrays(path), read_class_names(path)
    held_out = HeldOut(file["index"], file["label"], file["predicted"], file["probabilities"], names)
    shape, num_rows = held_out.probabilities.shape, len(held_out.index)
    if shape != (num_rows, len(names)):
        raise InputError(
            f"{path}: probabilities is of shape {shape}, for {num_rows} rows and {len(names)} class_names; "
            "delete the file to regenerate it"
        )
    return held_out
