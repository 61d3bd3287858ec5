"""ALFA-Mix: samples whose class changes when their features are mixed a little with those of a class."""

import numpy as np

from activepool.compute.blocks import ROWS64, in_blocks
from activepool.diversity.class_balance import ClassMeans
from activepool.diversity.gradients import residuals_of
from activepool.features.store import require_finite
from activepool.strategies.declaration import strategy
from activepool.strategies.options import Positive, PositiveInteger
from activepool.strategies.query import Query, Selection, declared
from activepool.strategies.spread import spread

#: Logits whose rates of change differ by less than this part of the largest change alike.
RATE_ROUNDING = 2.0**-40


def precompute(query: Query) -> dict[str, np.ndarray]:
    """Return the smallest mixing at which the class of each sample changes: ε√d, or infinity."""
    features, head = declared(query.features), declared(query.head)
    anchors = _anchors(query)
    anchor_norms = np.square(anchors).sum(axis=1)
    weight = head.weight.astype(np.float64)
    products = weight @ weight.T
    mixing = np.empty(len(query.unlabelled), np.float32)

    def measure(block: slice) -> None:
        samples = features.take(query.unlabelled[block], np.float64)
        norms = np.square(samples).sum(axis=1)
        require_finite(query.unlabelled[block], norms)
        squared = norms[:, None] + anchor_norms - 2 * (samples @ anchors.T)
        farthest = np.sqrt(np.maximum(squared.max(axis=1), 0))
        with np.errstate(divide="ignore", invalid="ignore"):  # all anchors are the sample itself
            least = steps_to_change(head.logits64(samples), products) / farthest
        least[farthest == 0] = np.inf
        mixing[block] = least * np.sqrt(features.shape[1])

    in_blocks(query.compute.map, measure, len(query.unlabelled), ROWS64)
    return {"mixing": mixing}


@strategy(source="Parvaneh et al. 2022, equation 7", reads=("features", "head"), precompute=precompute)
def alfamix(query: Query, *, mixing: Positive = 0.2, steps: PositiveInteger = 5) -> Selection:
    """Of the samples whose class changes when mixed with a class's mean, the centers of k-means cells.

    The mean of a class is that of its labelled samples (of all of them if it has none). Mixed by ε with the
    mean at distance r, in the direction that raises the loss of the predicted class the most, a sample moves
    by ε r along the gradient; if its class changes for any of the means, it does for the farthest. Candidates
    are the samples whose class changes. Their features, of length 1, are divided into as many k-means cells
    as there are picks; each gives one sample, the largest first. If there are too few candidates, random
    samples follow.

    Args:
        mixing: ε√d for features of width d; if there are too few candidates, its double, triple and so on.
        steps: the largest multiple of ``mixing`` to try.
    """
    least = query.per_sample["mixing"]
    step = 1
    while step < steps and np.count_nonzero(least < step * mixing) <= query.budget:
        step += 1
    return spread(query, least < step * mixing)


def steps_to_change(logits: np.ndarray, products: np.ndarray) -> np.ndarray:
    """Return how far each sample is from another class along the gradient of its predicted class's loss.

    Args:
        logits: (n, C) float64.
        products: (C, C) inner products of the rows of the head's weight.

    Returns: (n,) Euclidean distances; infinity if the class never changes.
    """
    rows, predicted = np.arange(len(logits)), logits.argmax(axis=1)
    gradients = residuals_of(logits.copy())
    largest = -gradients[rows, predicted]
    gradients /= np.where(largest > 0, largest, 1)[:, None]  # only their direction counts
    rates = gradients @ products
    lengths = np.sqrt(np.maximum((gradients * rates).sum(axis=1), 0))
    rounding = RATE_ROUNDING * np.abs(rates).max(axis=1, initial=0)
    rates -= rates[rows, predicted][:, None]
    gaps = logits[rows, predicted][:, None] - logits
    shares = np.full(logits.shape, np.inf)
    np.divide(gaps, rates, out=shares, where=rates > rounding[:, None])
    least: np.ndarray = shares.min(axis=1)
    return np.where(np.isfinite(least), least * lengths, np.inf)


def _anchors(query: Query) -> np.ndarray:
    """Return the mean features of each class, (C, d) float64."""
    features, labels = declared(query.features), declared(query.labels)
    means = ClassMeans.from_labelled(features, query.labelled, labels, query.num_classes)
    sizes = np.bincount(labels, minlength=query.num_classes)
    overall = (means.values * sizes[:, None]).sum(axis=0) / max(1, sizes.sum())
    return np.where(means.has_mean[:, None], means.values, overall)
