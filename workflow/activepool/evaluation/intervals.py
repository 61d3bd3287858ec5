"""Intervals for shares, such as an accuracy, and the number of labels that makes one narrow enough.

Wilson's score interval (Wilson 1927, Probable inference, the law of succession, and statistical inference):
the shares p from which the observed one is within z standard deviations, √(p(1 − p)/n), of p. Unlike the
interval of the normal distribution it has a width even where none or all of n are right, and it covers the
true share about as often as it says for small n (Brown, Cai and DasGupta 2001, Interval estimation for a
binomial proportion). It supposes a random sample of a large population; where the sample is a good part of
the population, the interval is wider than necessary.
"""

from bisect import bisect_left
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike

from activepool.compute.arrays import FloatArray, IntArray


@dataclass(frozen=True)
class Shares:
    """Shares of counts, all arrays of one shape.

    Attributes:
        value: the observed share; NaN without any case.
        low: the lower end of its interval; 0 without any case.
        high: the upper end; 1 without any case.
    """

    value: FloatArray
    low: FloatArray
    high: FloatArray


def wilson_intervals(hits: ArrayLike, cases: ArrayLike, confidence: float) -> Shares:
    """Return the shares ``hits`` / ``cases`` with Wilson's intervals, float64, in the shape of both.

    Args:
        hits: whole numbers from 0 to ``cases``.
        cases: whole numbers; 0 says nothing, so that the interval is 0 to 1.
        confidence: between 0 and 1.
    """
    num_hits, num_cases = np.broadcast_arrays(np.asarray(hits, float), np.asarray(cases, float))
    if not ((num_hits >= 0) & (num_hits <= num_cases)).all():
        raise ValueError("hits must be from 0 to cases")
    value = np.full(num_hits.shape, np.nan)
    np.divide(num_hits, num_cases, out=value, where=num_cases > 0)
    square = _quantile(confidence) ** 2
    middle = (num_hits + square / 2) / (num_cases + square)
    half_width = _width(num_hits, num_cases, square) / 2
    low = np.where(num_hits == 0, 0.0, np.maximum(middle - half_width, 0.0))
    high = np.where(num_hits == num_cases, 1.0, np.minimum(middle + half_width, 1.0))
    return Shares(value, low, high)


def sample_size(width: float, confidence: float, share: float = 0.5) -> int:
    """Return the smallest sample whose Wilson interval, from end to end, is at most ``width``.

    Args:
        width: between 0 and 1.
        confidence: between 0 and 1.
        share: the share that the sample will show. With ½ the size is enough for any.
    """
    square = _quantile(confidence) ** 2

    def is_enough(size: int) -> bool:
        return float(_width(share * size, size, square)) <= width

    limit = 1
    while not is_enough(limit):
        limit *= 2
    return bisect_left(range(limit), True, limit // 2 + 1, key=is_enough)


def narrowest_width(size: int, confidence: float) -> float | None:
    """Return the smallest width, in hundredths, for which `sample_size` is at most ``size``.

    None if a sample so small has no such width below 1.
    """
    hundredths = range(1, 100)
    return next((width / 100 for width in hundredths if sample_size(width / 100, confidence) <= size), None)


def confusion_matrix(labels: IntArray, predicted: IntArray, num_classes: int) -> IntArray:
    """Return how many rows of class i are predicted j, (C, C) int64."""
    places = labels * num_classes + predicted
    return np.bincount(places, minlength=num_classes**2).reshape(num_classes, num_classes)


def _quantile(confidence: float) -> float:
    """Return z: a normal variable is within ±z with the probability ``confidence``."""
    return NormalDist().inv_cdf((1 + confidence) / 2)


def _width(hits: ArrayLike, cases: ArrayLike, square: float) -> FloatArray:
    """Return the width of Wilson's interval: 2z/(n + z²) · √(k(n − k)/n + z²/4), with ``square`` z²."""
    num_hits, num_cases = np.asarray(hits, float), np.asarray(cases, float)
    variance = num_hits * (num_cases - num_hits) / np.maximum(num_cases, 1)
    width: FloatArray = 2 * np.sqrt(square * (variance + square / 4)) / (num_cases + square)
    return width
