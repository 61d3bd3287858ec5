"""Margin selection embeddings (MASE)."""

from activepool.strategies.declaration import strategy
from activepool.strategies.query import Query, Selection


@strategy(source="Emam et al. 2021, section 3", scores=("boundary",))
def mase(query: Query) -> Selection:
    """Smallest distance in feature space to the nearest decision boundary."""
    return query.smallest("boundary")
