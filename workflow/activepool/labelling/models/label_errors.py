"""Labels that are likely wrong, by confident learning.

Northcutt, Jiang and Chuang 2021, Confident learning: estimating uncertainty in dataset labels, section 3.1. A
row is confidently of class j if its held-out probability of j is at least the mean of that probability over
the rows with the label j; of several such classes, the one with the largest probability counts. Where it is
another class than the label's, off the diagonal of the confident joint, the label is likely wrong. As in the
authors' package cleanlab, a label that is also the prediction is not among them. The rows are ranked by the
probability of their labels, the authors' self-confidence (section 3.2). Their pruning by class or by noise
rate, cleanlab's default, lists about as many rows.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from activepool.compute.arrays import BoolArray, FloatArray, IntArray
from activepool.errors import InputError
from activepool.io.files import write_table
from activepool.labelling.models.held_out import HeldOut
from activepool.labelling.models.training_labels import TrainingLabels

#: Probabilities this far below a threshold reach it: the errors of float32 and of means. As in cleanlab.
TOLERANCE = 1e-6


def off_diagonal(labels: IntArray, probabilities: FloatArray) -> BoolArray:
    """Return which of n rows are confidently of another class than their label, (n,).

    The ``probabilities`` (n, C) of each class are those of a model that was not trained on the row.
    """
    chances, counts = probabilities.astype(np.float64), np.bincount(labels, minlength=probabilities.shape[1])
    self_confidences = chances[np.arange(len(labels)), labels]
    sums = np.bincount(labels, self_confidences, minlength=len(counts))
    thresholds = np.divide(sums, counts, out=np.full(len(counts), np.inf), where=counts > 0)
    confidences = np.where(chances >= thresholds - TOLERANCE, chances, -1)
    is_off: BoolArray = (confidences.max(axis=1) >= 0) & (confidences.argmax(axis=1) != labels)
    return is_off


def write_label_errors(
    path: str | Path, held_out: HeldOut, labels: TrainingLabels, samples: Sequence[str]
) -> None:
    """Write the labels that are likely wrong, those with the smallest probability first.

    The CSV has no numbers of rows: people send the list back, maybe after rows got other numbers. Among the
    ``labels`` are those of ``held_out``; ``samples`` (N,) are those of the pool's rows.

    Raises: InputError if a label is not the one that was held out.
    """
    names, numbers = np.array(held_out.class_names), held_out.label
    place = {row: number for number, row in enumerate(labels.rows.tolist())}
    for row, label in zip(held_out.index.tolist(), held_out.label_names, strict=True):
        if row not in place or labels.labels[place[row]] != label:
            raise InputError(
                f"labels.csv: row {row} does not have the label {label!r} of held_out.h5; train again"
            )
    confidences = held_out.probabilities[np.arange(len(numbers)), numbers]
    suspects = np.flatnonzero(off_diagonal(numbers, held_out.probabilities) & (held_out.predicted != numbers))
    ranked = suspects[np.lexsort((suspects, confidences[suspects]))]
    rows = held_out.index[ranked].tolist()
    columns = {
        "source": [labels.sources[place[row]] for row in rows],
        "label": names[numbers[ranked]],
        "label_probability": confidences[ranked],
        "suggested": names[held_out.predicted[ranked]],
        "probability": held_out.probability[ranked],
        "sample": [samples[row] for row in rows],
    }
    write_table(path, pd.DataFrame(columns))
