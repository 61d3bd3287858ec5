"""Uniform sampling: the baseline of every comparison."""

from activepool.strategies.declaration import strategy
from activepool.strategies.query import Query, Selection


@strategy(source="baseline", reads_labels=False)
def random(query: Query) -> Selection:
    """Uniformly at random from the pool."""
    return Selection(query.generator.choice(query.unlabelled, size=query.budget, replace=False))
