"""The names of a pool's images and vectors, which the ledger must be able to hold."""

from collections.abc import Iterable

from activepool.errors import InputError, first_lines
from activepool.ledger.entries import misfit_of


def require_ledger_names(place: object, names: Iterable[str], noun: str) -> None:
    """Raise InputError with a line for each name that no entry of the ledger can hold.

    ``place`` is where the names are; ``noun`` is what has such a name: a file or a row.
    """
    misfits = filter(None, map(misfit_of, names))
    if lines := [f"{place}: the name {misfit.problem}; rename the {noun}" for misfit in misfits]:
        raise InputError(*first_lines(lines, place))
