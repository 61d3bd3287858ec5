"""Measures of imbalance against their definitions, on counts of all kinds."""

import json

import numpy as np
import pytest
from scipy.stats import entropy

from activepool.evaluation.imbalance import (
    imbalance_metrics,
    imbalance_ratio,
    normalised_entropy,
    total_variation,
)


@pytest.mark.parametrize("seed", range(5))
def test_random_counts(seed):
    random = np.random.default_rng(seed)
    counts = random.integers(1, 30, random.integers(2, 12))
    shares = counts / counts.sum()
    assert imbalance_ratio(counts) == max(counts) / min(counts)
    assert normalised_entropy(counts) == pytest.approx(entropy(shares, base=len(counts)))
    assert total_variation(counts) == pytest.approx(np.maximum(shares - 1 / len(counts), 0).sum())


@pytest.mark.parametrize("classes", [1, 2, 7])
def test_equal_counts_are_balanced(classes):
    metrics = imbalance_metrics(np.full(classes, 3))
    assert metrics == pytest.approx(
        {"imbalance_ratio": 1, "imbalance_entropy": 1, "imbalance_total_variation": 0}, abs=1e-12
    )


def test_one_class_alone_is_as_unbalanced_as_can_be():
    metrics = imbalance_metrics(np.array([0, 5, 0, 0]))
    assert metrics == {"imbalance_ratio": None, "imbalance_entropy": 0, "imbalance_total_variation": 0.75}
    assert json.dumps(metrics["imbalance_entropy"]) == "0.0"
