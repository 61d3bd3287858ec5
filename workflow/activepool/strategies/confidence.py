"""Least confidence."""

from activepool.strategies.declaration import strategy
from activepool.strategies.query import Query, Selection


@strategy(source="Lewis and Gale 1994", scores=("confidence",))
def confidence(query: Query) -> Selection:
    """Smallest probability of the predicted class."""
    return query.smallest("confidence")
