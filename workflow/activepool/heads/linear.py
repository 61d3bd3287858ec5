"""The linear head: logits = features · weightᵀ + bias, kept in head.h5."""

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import h5py
import numpy as np

from activepool.compute.blocks import Array, Compute
from activepool.errors import InputError
from activepool.io import hdf5
from activepool.io.hdf5 import written_hdf5

#: Logits that differ by less than this part of the row's largest differ only by rounding errors.
LOGIT_ROUNDING = 2.0**-40

#: The weight decay of a head that no label chooses, relative to the total variance of the labelled features.
FIXED_WEIGHT_DECAY = 1e-4


def first_largest(logits: np.ndarray) -> np.ndarray:
    """Return the place of the largest of each row of float64 ``logits`` (n, C), (n,): the first of several.

    Logits count as equal if only rounding errors may separate them.
    """
    largest = logits.max(axis=1, keepdims=True)
    rounding = LOGIT_ROUNDING * np.abs(logits).max(axis=1, keepdims=True)
    places: np.ndarray = (logits >= largest - rounding).argmax(axis=1)
    return places


@dataclass(frozen=True)
class LinearHead:
    """A trained linear classifier: weight (C, d) and bias (C,), both float32."""

    weight: np.ndarray
    bias: np.ndarray

    @property
    def num_classes(self) -> int:
        """C."""
        return len(self.weight)

    def on(self, compute: Compute) -> tuple[Array, Array]:
        """Return (weight, bias) on the device of ``compute``."""
        return compute.array(self.weight), compute.array(self.bias)

    def logits64(self, features: np.ndarray) -> np.ndarray:
        """Return the logits of (n, d) float64 rows in float64: the reference for close decisions."""
        logits: np.ndarray = features @ self._weight64.T + self.bias
        return logits

    def predicted64(self, features: np.ndarray) -> np.ndarray:
        """Return the class of each (n, d) float64 row, (n,): the `first_largest` of its logits."""
        return first_largest(self.logits64(features))

    @cached_property
    def _weight64(self) -> np.ndarray:
        return self.weight.astype(np.float64)


@dataclass(frozen=True)
class TrainedHead:
    """The result of training.

    Attributes:
        head: the head that was kept.
        validation_accuracy: its accuracy on the validation split, 0 to 1.
        facts: further numbers by name: what the validation split chose (epoch, weight decay), and iterations.
        history: a row per epoch, of solvers that have epochs: epoch, loss, validation_accuracy,
            validation_top5, learning_rate.
    """

    head: LinearHead
    validation_accuracy: float
    facts: dict[str, float]
    history: list[dict[str, float]] = field(default_factory=list)


def write_head(path: str | Path, head: LinearHead, **attributes: object) -> None:
    """Write head.h5, with ``attributes`` (the epoch kept, the weight decay chosen, ...) beside the arrays."""
    with written_hdf5(path) as file:
        file["weight"] = head.weight.astype(np.float32)
        file["bias"] = head.bias.astype(np.float32)
        file.attrs.update(attributes)


def write_trained_head(path: str | Path, trained: TrainedHead) -> None:
    """Write head.h5 with what the validation split chose."""
    write_head(path, trained.head, validation_accuracy=trained.validation_accuracy, **trained.facts)


def read_head(path: str | Path, width: int | None = None) -> LinearHead:
    """Read head.h5; raises InputError if it is not one, or not for features of ``width``."""
    with hdf5.opened(path) as file:
        head = LinearHead(_numbers(file, "weight"), _numbers(file, "bias"))
    if head.weight.ndim != 2 or not len(head.weight) or head.bias.shape != head.weight.shape[:1]:
        raise InputError(f"{path}: weight {head.weight.shape} and bias {head.bias.shape} do not fit together")
    if width is not None and head.weight.shape[1] != width:
        raise InputError(f"{path}: head is for features of width {head.weight.shape[1]}, these have {width}")
    return head


def _numbers(file: h5py.File, name: str) -> np.ndarray:
    """Return a dataset of a head file as float32; raises InputError if it does not hold finite numbers."""
    dataset = hdf5.find_dataset(file, name)
    if dataset is None or dataset.dtype.kind != "f":
        raise InputError(f"{file.filename}: not a head file with {name!r}, an array of float32")
    values = hdf5.values(dataset).astype(np.float32)
    if not np.isfinite(values).all():
        raise InputError(f"{file.filename}: {name} holds NaN or infinity; delete the file to regenerate it")
    return values
