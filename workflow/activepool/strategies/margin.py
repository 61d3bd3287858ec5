"""Smallest margin."""

from activepool.strategies.declaration import strategy
from activepool.strategies.query import Query, Selection


@strategy(source="Scheffer et al. 2001", scores=("margin",))
def margin(query: Query) -> Selection:
    """Smallest difference between the two largest probabilities."""
    return query.smallest("margin")
