"""The content of metrics.json: the quality of a round's head, and what it cost."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from activepool.compute.blocks import Compute
from activepool.evaluation.imbalance import imbalance_metrics
from activepool.evaluation.metrics import classification_metrics
from activepool.heads.labelled import LabelledRows
from activepool.heads.linear import TrainedHead
from activepool.heads.predictions import predict


def round_metrics(
    trained: TrainedHead,
    test: LabelledRows,
    labels: np.ndarray,
    class_names: Sequence[str],
    compute: Compute,
) -> dict[str, Any]:
    """Return the head's metrics on the test rows, those of the labelled set, and the facts of the training.

    ``labels`` (L,) are those of the labelled set.
    """
    num_classes = len(class_names)
    counts = np.bincount(labels, minlength=num_classes)
    return {
        **classification_metrics(predict(trained.head, test, compute), num_classes),
        "labels": len(labels),
        "class_counts": counts.tolist(),
        "class_names": list(class_names),
        **imbalance_metrics(counts),
        "validation_accuracy": trained.validation_accuracy,
        **trained.facts,
    }
