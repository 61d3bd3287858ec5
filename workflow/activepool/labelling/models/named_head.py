"""head.h5 and training.json: the head of a project, and the facts about its training."""

from dataclasses import asdict, dataclass, fields
from pathlib import Path

import numpy as np

from activepool.api.heads import Head
from activepool.compute.arrays import FloatArray
from activepool.data.label_file import read_class_names
from activepool.errors import InputError
from activepool.heads.linear import read_head, write_head
from activepool.io.files import read_json, write_json


@dataclass(frozen=True)
class TrainingFacts:
    """Facts about the training of a head.

    Attributes:
        labels: the number of labels that it was trained on.
        fixed: why cross-validation did not choose the weight decay, in words; None if it did.
        temperature: by which logits are divided for calibrated probabilities; 1 if it is not known.
        uncalibrated: why the temperature is not known, in words; None if it is.
        accuracy: the share of right predictions in cross-validation; None if no row was held out. The labels
            are not a random sample of the pool, so this does not estimate the accuracy on the pool.
    """

    labels: int
    classes_without_labels: list[str]
    weight_decay: float
    fixed: str | None
    temperature: float
    uncalibrated: str | None
    accuracy: float | None

    @classmethod
    def from_head(cls, head: Head, labels: int, classes_without_labels: list[str]) -> "TrainingFacts":
        """Return the facts about a head that was cross-validated."""
        validation = head.cross_validation
        assert validation is not None
        return cls(
            labels=labels,
            classes_without_labels=classes_without_labels,
            weight_decay=validation.weight_decay,
            fixed=validation.fixed,
            temperature=head.temperature,
            uncalibrated=head.uncalibrated,
            accuracy=validation.accuracy,
        )

    def head(self, weight: FloatArray, bias: FloatArray, classes: list[str]) -> Head:
        """Return the head that the facts are about, from its arrays and the names of its classes."""
        return Head(
            weight,
            bias,
            np.array(classes),
            self.weight_decay,
            temperature=self.temperature,
            uncalibrated=self.uncalibrated,
        )


def write_named_head(path: str | Path, head: Head) -> None:
    """Write head.h5 with the names of its classes."""
    write_head(path, head.linear, class_names=head.classes.tolist(), weight_decay=head.weight_decay)


def write_facts(path: str | Path, facts: TrainingFacts) -> None:
    """Write training.json."""
    write_json(path, asdict(facts))


def read_facts(path: str | Path) -> TrainingFacts:
    """Read training.json; raises InputError if it is not such a file."""
    content = read_json(path)
    names = {field.name for field in fields(TrainingFacts)}
    if not isinstance(content, dict) or set(content) != names:
        raise InputError(f"{path}: not what train_labelled writes; delete the file to regenerate it")
    return TrainingFacts(**content)


def read_named_head(path: str | Path, facts: TrainingFacts, width: int) -> Head:
    """Read head.h5, for features of ``width``; raises InputError if it is not such a file."""
    linear, names = read_head(path, width), read_class_names(path)
    if len(names) != linear.num_classes:
        raise InputError(
            f"{path}: has {len(names)} class_names for {linear.num_classes} classes; delete the file to "
            "regenerate it"
        )
    return facts.head(linear.weight, linear.bias, names)
