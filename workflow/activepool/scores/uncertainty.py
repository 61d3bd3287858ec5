"""Scores of a sample from its logits, for NumPy arrays and torch tensors alike.

z: feature; p = softmax(Wz + b), its entries sorted p₁ ≥ p₂ ≥ ….
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from activepool.compute.blocks import Array, array_namespace
from activepool.compute.rows import other_maxima, row_maxima, row_minima


@dataclass(eq=False)
class Logits:
    """The logits of some samples, and quantities that several scores share, computed once.

    Attributes:
        values: (n, C).
    """

    values: Array

    @cached_property
    def _maxima(self) -> tuple[Array, Array]:
        return row_maxima(self.values)

    @property
    def largest(self) -> Array:
        """The largest logit of each row, (n,)."""
        return self._maxima[0]

    @property
    def predicted(self) -> Array:
        """The class of the largest logit of each row, the first of several, (n,)."""
        return self._maxima[1]

    @cached_property
    def smallest(self) -> Array:
        """The smallest logit of each row, (n,)."""
        return row_minima(self.values)

    @cached_property
    def shifted(self) -> Array:
        """The logits minus the largest of their row, (n, C)."""
        return self.values - self.largest[:, None]

    @cached_property
    def normalisers(self) -> Array:
        """1 / p₁, which is Σ exp over the shifted logits of each row, (n,)."""
        xp = array_namespace(self.values)
        return xp.sum(xp.exp(self.shifted), axis=1)


def log_softmax(logits: Logits) -> Array:
    """Return log p, (n, C), in the logits' type."""
    return logits.shifted - array_namespace(logits.values).log(logits.normalisers)[:, None]


def confidence(logits: Logits) -> Array:
    """Return the top-1 probability p₁ of each row, (n,)."""
    return 1 / logits.normalisers


def margin(logits: Logits) -> Array:
    """Return p₁ − p₂ of each row, (n,)."""
    second = other_maxima(logits.shifted, logits.predicted)
    return (1 - array_namespace(second).exp(second)) / logits.normalisers


def entropy(logits: Logits) -> Array:
    """Return −Σ p log p of each row in nats, (n,)."""
    xp = array_namespace(logits.values)
    log_probabilities = log_softmax(logits)
    return -xp.sum(xp.exp(log_probabilities) * log_probabilities, axis=1)


#: The scores by name; each maps the logits of n samples to (n,).
UNCERTAINTIES: dict[str, Callable[[Logits], Array]] = {
    "confidence": confidence,
    "margin": margin,
    "entropy": entropy,
}
