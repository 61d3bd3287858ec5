"""One strategy after another."""

from activepool.strategies.declaration import strategy
from activepool.strategies.options import PositiveInteger
from activepool.strategies.query import Query, Selection
from activepool.strategies.wrapping import Wrapped


def active(number: int, *, rounds: int) -> str:
    """Return which of the two strategies picks in a round, by its option."""
    return "first" if number <= rounds else "then"


@strategy(source="Doucet et al. 2024, algorithm 1", reads_labels=False, active=active)
def schedule(query: Query, *, first: Wrapped, rounds: PositiveInteger, then: Wrapped) -> Selection:
    """One strategy in the first rounds, such as TypiClust, and another in all later ones, such as margin.

    Args:
        first: the strategy in the first rounds.
        rounds: the number of these rounds.
        then: the strategy in all later rounds.
    """
    strategies = {"first": first, "then": then}
    return strategies[active(query.round_number, rounds=rounds)].pick(query)
