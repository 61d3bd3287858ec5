"""What a stage read from a file of annotations, for the record of its files."""

from dataclasses import dataclass


@dataclass(frozen=True)
class UsedLabels:
    """The part of a file of annotations, for a file of samples, that the result of a stage depends on.

    ``labels`` are those of the rows that the stage used, by the row's number as text.
    """

    annotations: str
    samples: str
    labels: dict[str, str]
