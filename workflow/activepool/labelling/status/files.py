"""The files of a labelled pool that the status is computed from."""

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
        rows: those of the labels.
        weight_decay: of the head.
        fixed: why cross-validation did not choose it, in words; None if it did.
    """

    batch: str
    labels: int
    held_out: int
    right: int
    rows: frozenset[int]
    weight_decay: float
    fixed: str | None


def read_training(training: str | Path, labels: str | Path) -> Training:
    """Read the training.json and the labels.csv of a batch."""
    facts, known = read_facts(training), read_labels(labels)
    share = facts.accuracy
    counts = Counter(known.names)
    held_out = sum(count for count in counts.values() if count > 1) if share is not None else 0
    right = round(share * held_out) if share is not None else 0
    rows = frozenset(known.rows.tolist())
    return Training(
        batch=Path(training).parent.name,
        labels=counts.total(),
        held_out=held_out,
        right=right,
        rows=rows,
        weight_decay=facts.weight_decay,
        fixed=facts.fixed,
    )


def read_named_predictions(path: str | Path) -> NamedPredictions:
    """Read predictions.h5."""
    found, names = read_predictions(path)
    return NamedPredictions(names, found.predicted, found.probability)
