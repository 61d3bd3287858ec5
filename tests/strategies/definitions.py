"""Parts that the definitions of several strategies share, written out plainly."""

import numpy as np

from activepool.diversity.k_means import k_means
from activepool.features.store import FeatureMatrix
from activepool.strategies.query import Query


def unit(features: np.ndarray) -> np.ndarray:
    """Return each row divided by its norm and rounded to float32, as float64; rows of zeros stay."""
    features = features.astype(np.float64)
    norms = np.linalg.norm(features, axis=1, keepdims=True)
    return (features / np.where(norms == 0, 1, norms)).astype(np.float32).astype(np.float64)


def cell_representatives(features: np.ndarray, rows: np.ndarray, budget: int, query: Query) -> list[int]:
    """Return the sample nearest to the centre of each k-means cell of ``rows``, the largest cell first.

    The cells are those of the random stream of ``query``.
    """
    matrix = FeatureMatrix.from_array(features.astype(np.float32))
    cell = k_means(matrix, rows, budget, query.generator, query.compute).cell
    members = sorted((rows[cell == number] for number in range(budget)), key=len, reverse=True)
    centres = (features[part].astype(np.float64).mean(axis=0) for part in members)
    return [
        int(part[np.linalg.norm(features[part] - centre, axis=1).argmin()])
        for part, centre in zip(members, centres, strict=True)
    ]
