"""Measures of the imbalance of a labelled set's class counts."""

import numpy as np


def imbalance_metrics(counts: np.ndarray) -> dict[str, float | None]:
    """Return all measures of (C,) counts with a positive sum, by their names in metrics.json."""
    return {
        "imbalance_ratio": imbalance_ratio(counts),
        "imbalance_entropy": normalised_entropy(counts),
        "imbalance_total_variation": total_variation(counts),
    }


def imbalance_ratio(counts: np.ndarray) -> float | None:
    """Return the largest count over the smallest, 1 or more; None (null in JSON) if a class has no sample."""
    return float(counts.max() / counts.min()) if counts.min() > 0 else None


def normalised_entropy(counts: np.ndarray) -> float:
    """Return Σ_c p_c log(1/p_c) / log C of the classes' shares: 1 for equal shares, 0 for all in one class.

    A class without samples adds nothing. 1 if there is only one class.
    """
    if len(counts) == 1:
        return 1.0
    shares = counts[counts > 0] / counts.sum()
    return float((shares * np.log(1 / shares)).sum() / np.log(len(counts)))


def total_variation(counts: np.ndarray) -> float:
    """Return ½ Σ_c |p_c − 1/C|: the share of labels that would have to change to make the classes equal."""
    return float(np.abs(counts / counts.sum() - 1 / len(counts)).sum() / 2)
