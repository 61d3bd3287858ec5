"""k-means: the pool in as many cells as picks, and the center of each."""

from activepool.diversity.representatives import representatives
from activepool.strategies.declaration import strategy
from activepool.strategies.query import Query, Selection, declared


@strategy(source="Pourahmadi et al. 2021", reads=("features",), reads_labels=False)
def kmeans(query: Query, *, normalise: bool = False) -> Selection:
    """As many k-means cells as picks; from each, the sample nearest to its center, the largest cell first.

    The labelled set plays no part. Samples are compared with centers in 128 principal components, and the
    nearest to a center, the mean of its cell, is found in all features.

    Args:
        normalise: whether to divide each sample's features by their norm first.
    """
    features = query.unit_features() if normalise else declared(query.features)
    picks = representatives(features, query.unlabelled, query.budget, query.generator, query.compute)
    return Selection(picks)
