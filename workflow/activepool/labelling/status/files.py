"""The files of a labelled pool that the status is computed from."""

import hashlib
import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from activepool.compute.arrays import FloatArray, IntArray
from activepool.labelling.models.named_head import read_facts
from activepool.labelling.models.predictions import read_predictions
from activepool.labelling.models.training_labels import read_labels


@dataclass(frozen=True)
class NamedPredictions:
    """A model's predictions of the pool, or of its first M rows if it has grown since.

    Attributes:
        class_names: (C,) the model's classes.
        predicted: (M,) numbers of classes.
        probabilities: (M,) of the predicted classes.
    """

    class_names: list[str]
    predicted: IntArray
    probabilities: FloatArray

    def name(self, row: int) -> str:
        """Return the predicted class of a row."""
        return self.class_names[int(self.predicted[row])]


@dataclass(frozen=True)
class Training:
    """The training of a batch's model.

    Attributes:
        batch: the batch that the model was made for; it trained on the labels that came before.
        labels: how many they were.
        held_out: how many of them cross-validation held out: all but the only label of a class.
        right: how many of these were predicted right.
        digest: of the labels and their rows; models of the same labels are the same.
    """

    batch: str
    labels: int
    held_out: int
    right: int
    digest: str


def read_training(training: str | Path, labels: str | Path) -> Training:
    """Read the training.json and the labels.csv of a batch."""
    share, known = read_facts(training).accuracy, read_labels(labels)
    counts = Counter(known.names)
    held_out = sum(count for count in counts.values() if count > 1) if share is not None else 0
    right = round(share * held_out) if share is not None else 0
    digest = hashlib.sha256(json.dumps([known.rows.tolist(), known.names]).encode()).hexdigest()
    return Training(Path(training).parent.name, counts.total(), held_out, right, digest)


def read_named_predictions(path: str | Path) -> NamedPredictions:
    """Read predictions.h5."""
    found, names = read_predictions(path)
    return NamedPredictions(names, found.predicted, found.probability)
