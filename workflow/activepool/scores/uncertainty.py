"""Scores of a sample from its logits, for NumPy arrays and torch tensors alike.

z: feature; p = softmax(Wz + b), its entries sorted p₁ ≥ p₂ ≥ ….
"""

import numpy as np

from activepool.compute.blocks import Array, array_namespace


def log_softmax(logits: Array) -> Array:
    """Return log p for logits (n, C), in the logits' type."""
    xp = array_namespace(logits)
    shifted = logits - xp.max(logits, axis=1, keepdims=True)
    return shifted - xp.log(xp.sum(xp.exp(shifted), axis=1, keepdims=True))


def confidence(logits: Array) -> Array:
    """Return the top-1 probability p₁ of each row, (n,)."""
    xp = array_namespace(logits)
    shifted = logits - xp.max(logits, axis=1, keepdims=True)
    return 1 / xp.sum(xp.exp(shifted), axis=1)


def margin(logits: Array) -> Array:
    """Return p₁ − p₂ of each row, (n,)."""
    xp = array_namespace(logits)
    shifted = logits - xp.max(logits, axis=1, keepdims=True)
    others = xp.where(_is_first_largest(logits), -xp.inf, shifted)
    second = xp.exp(xp.max(others, axis=1))
    return (1 - second) / xp.sum(xp.exp(shifted), axis=1)


def entropy(logits: Array) -> Array:
    """Return −Σ p log p of each row in nats, (n,)."""
    xp = array_namespace(logits)
    log_probabilities = log_softmax(logits)
    return -xp.sum(xp.exp(log_probabilities) * log_probabilities, axis=1)


def _is_first_largest(logits: Array) -> Array:
    """Return a mask (n, C) with one True a row, at the first of its largest logits."""
    xp = array_namespace(logits)
    classes = xp.arange(logits.shape[1], device=None if isinstance(logits, np.ndarray) else logits.device)
    return classes[None, :] == xp.argmax(logits, axis=1)[:, None]
