"""AnchorAL: another strategy near some labelled samples of each class."""

import numpy as np

from activepool.compute.rounding import rounded
from activepool.compute.seeds import draw_in_proportion
from activepool.diversity.distances import squared_norms
from activepool.strategies.declaration import strategy
from activepool.strategies.neighbourhoods import neighbourhoods
from activepool.strategies.options import PositiveInteger, require_budget
from activepool.strategies.query import Query, Selection, declared
from activepool.strategies.wrapping import Wrapped

#: Mean similarities are rounded to this, so that equal ones stay equal.
RESOLUTION = 2.0**-40


@strategy(source="Lesci and Vlachos 2024, section 3", reads=("features",), narrows_pool=True)
def anchoral(
    query: Query,
    *,
    of: Wrapped,
    anchors: PositiveInteger = 10,
    neighbours: PositiveInteger = 50,
    subset: PositiveInteger = 1000,
) -> Selection:
    """Another strategy on the part of the pool that is near to a few labelled samples of each class.

    k-means++ draws these anchors of a class. Of the unlabelled samples nearest to an anchor, those with the
    largest cosine similarity are kept, averaged over the anchors that they are near to. Without labelled
    samples this part is the whole pool.

    Args:
        of: the strategy.
        anchors: the largest number of anchors for each class.
        neighbours: the number of neighbours of each anchor; it doubles while all of them are fewer than the
            picks.
        subset: the size of the part.

    Raises InputError if the part is smaller than the budget.
    """
    require_budget("anchoral", "subset", subset, query.budget)
    if not len(query.labelled):
        return of.pick(query)
    labels, features = declared(query.labels), query.unit_features()
    rows = []
    for label in np.unique(labels):
        class_rows = query.labelled[labels == label]
        rows.append(
            class_rows[k_means_plus_plus(features.take(class_rows, np.float64), anchors, query.generator)]
        )
    nearest, squared = neighbourhoods(query, np.concatenate(rows), neighbours)
    positions, inverse, counts = np.unique(nearest, return_inverse=True, return_counts=True)
    similarity = np.bincount(inverse.ravel(), 1 - squared.ravel() / 2, len(positions)) / counts
    order = np.lexsort((positions, -rounded(similarity, 1.0, RESOLUTION)))
    return of.pick(query.part(np.sort(positions[order[:subset]])))


def k_means_plus_plus(points: np.ndarray, count: int, generator: np.random.Generator) -> np.ndarray:
    """Return positions of points drawn one by one, each in proportion to D², the first at random.

    Args:
        points: (n, d) float64, n ≥ 1.
        count: how many; fewer once all points equal one of those drawn.
    """
    positions = [int(generator.integers(len(points)))]
    distance = squared_norms(points - points[positions[0]])
    while len(positions) < count and distance.any():
        positions.append(int(draw_in_proportion(generator, distance, 1)[0]))
        distance = np.minimum(distance, squared_norms(points - points[positions[-1]]))
    return np.array(positions)
