"""Temperature scaling: calibrated probabilities.

Guo et al. 2017, On Calibration of Modern Neural Networks, section 4.2: p = softmax(logits / T), with the
T > 0 that minimises the negative log-likelihood of rows that the head was not trained on. T changes no
prediction.
"""

from bisect import bisect_left
from dataclasses import dataclass

import numpy as np

from activepool.compute.arrays import FloatArray, IntArray

#: With fewer rows the temperature is not fitted.
MIN_ROWS = 10

#: Temperatures are 2^(k / STEPS_PER_OCTAVE) for whole k, 0.0017 % apart, which hides the logits' last bits.
STEPS_PER_OCTAVE = 40_000

#: The temperature is sought from 2^-OCTAVES to 2^OCTAVES.
OCTAVES = 7


@dataclass(frozen=True)
class Temperature:
    """A temperature.

    Attributes:
        value: T; 1 if the rows do not determine it.
        unknown: why they do not, in words; None if T was fitted.
    """

    value: float
    unknown: str | None = None


def fit_temperature(logits: FloatArray, labels: IntArray) -> Temperature:
    """Return the temperature that makes the right classes of these rows most likely.

    The negative log-likelihood is convex in β = 1/T. Its derivative, the sum over rows of the expected logit
    minus the right class's logit, increases with β; bisection finds where it changes its sign.

    Args:
        logits: (n, C) float64, of rows that the head was not trained on.
        labels: (n,) their classes.
    """
    if len(labels) < MIN_ROWS:
        return Temperature(1.0, f"{len(labels)} held-out labels; a temperature needs {MIN_ROWS}")
    shifted = logits - logits.max(axis=1, keepdims=True)
    label_logits = shifted[np.arange(len(labels)), labels]
    if not label_logits.any():
        return Temperature(1.0, "every held-out label has the largest logit")

    def is_too_hot(step: int) -> bool:
        """Return whether the likelihood rises as T falls below 2^(step / STEPS_PER_OCTAVE)."""
        exponentials = np.exp(shifted / _temperature(step))
        expected = (exponentials * shifted).sum(axis=1) / exponentials.sum(axis=1)
        return bool((expected - label_logits).sum() < 0)

    limit = OCTAVES * STEPS_PER_OCTAVE
    if is_too_hot(-limit):
        return Temperature(1.0, f"the best temperature is below {_temperature(-limit):.2g}")
    if not is_too_hot(limit):
        return Temperature(1.0, "the held-out labels do not agree with the logits at any temperature")
    first_too_hot = -limit + bisect_left(range(-limit, limit), True, key=is_too_hot)
    return Temperature(_temperature(first_too_hot))


def calibrated_probabilities(logits: FloatArray, temperature: float) -> FloatArray:
    """Return softmax(logits / T) of each row of float64 ``logits`` (n, C), (n, C) float64."""
    exponentials: FloatArray = np.exp((logits - logits.max(axis=1, keepdims=True)) / temperature)
    exponentials /= exponentials.sum(axis=1, keepdims=True)
    return exponentials


def _temperature(step: int) -> float:
    return float(2.0 ** (step / STEPS_PER_OCTAVE))
