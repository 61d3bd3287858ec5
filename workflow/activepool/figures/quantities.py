"""Names and units of the metrics on an axis."""

import math
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Quantity:
    """A metric on an axis.

    Attributes:
        title: its name in words.
        unit: the unit drawn; empty for a pure number.
        factor: drawn value = factor · value in curves.csv.
        least, most: bounds of the values, in the unit drawn.
        lower_is_better: for an unknown metric, higher is assumed to be better.
    """

    title: str
    unit: str = ""
    factor: float = 1.0
    least: float = -math.inf
    most: float = math.inf
    lower_is_better: bool = False

    @property
    def axis_label(self) -> str:
        """Name and unit."""
        return f"{self.title} ({self.unit})" if self.unit else self.title

    @property
    def sign(self) -> int:
        """1, or −1 where lower is better: sign · value is better when larger."""
        return -1 if self.lower_is_better else 1

    @property
    def difference_label(self) -> str:
        """Name and unit of a difference of two values, on two lines."""
        unit = {"%": "percentage points"}.get(self.unit, self.unit)
        return f"{self.title}, difference" + (f"\n({unit})" if unit else "")


def _percent(title: str) -> Quantity:
    return Quantity(title, "%", 100.0, 0.0, 100.0)


#: The metrics with a known name, unit and direction, in the order of print.
KNOWN_METRICS = {
    "top1": _percent("Top-1 accuracy"),
    "top5": _percent("Top-5 accuracy"),
    "balanced_accuracy": _percent("Balanced accuracy"),
    "tail_accuracy": _percent("Tail accuracy"),
    "validation_accuracy": _percent("Validation accuracy"),
    "ece": replace(_percent("Calibration error"), lower_is_better=True),
    "nll": Quantity("Negative log-likelihood", "nats", lower_is_better=True),
    "imbalance_ratio": Quantity("Imbalance ratio", least=1.0, lower_is_better=True),
    "imbalance_entropy": Quantity("Class entropy", least=0.0, most=1.0),
    "imbalance_total_variation": Quantity("Total variation", least=0.0, most=1.0, lower_is_better=True),
}


def quantity(metric: str) -> Quantity:
    """Return the quantity of ``metric``; an unknown one keeps its name and has no unit."""
    return KNOWN_METRICS.get(metric, Quantity(metric.replace("_", " ")))
