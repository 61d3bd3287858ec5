"""Largest entropy."""

from activepool.strategies.declaration import strategy
from activepool.strategies.query import Query, Selection


@strategy(source="Shannon 1948; Settles 2009, section 3.1", scores=("entropy",))
def entropy(query: Query) -> Selection:
    """Largest entropy of the predicted probabilities."""
    return query.smallest("entropy", sign=-1)
