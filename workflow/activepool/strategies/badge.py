"""BADGE: batch active learning by diverse gradient embeddings."""

from activepool.diversity.dsquared import d_squared_sample
from activepool.diversity.gradients import GradientEmbeddings
from activepool.strategies.declaration import strategy
from activepool.strategies.query import Query, Selection


@strategy(source="Ash et al. 2020, algorithm 1", reads=("features", "head"))
def badge(query: Query) -> Selection:
    """D² sampling (k-means++) on the gradients of the head; the first pick is the one of largest norm."""
    embeddings = GradientEmbeddings(query.features, query.head, query.compute)
    budget = min(query.budget, len(query.unlabelled))
    return Selection(d_squared_sample(embeddings, query.unlabelled, budget, query.generator, query.compute))
