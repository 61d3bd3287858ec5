"""Whether a strategy, perhaps a user's own, kept the rules of a round."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from activepool.errors import InputError
from activepool.strategies.declaration import Strategy
from activepool.strategies.query import Query, Selection

#: Columns of the index file that the stage writes itself.
OWN_COLUMNS = ("index", "source", "predicted")


def checked_pick(strategy: Strategy, query: Query, options: Mapping[str, Any], name: str = "") -> Selection:
    """Return what ``strategy`` picks, checked; errors call it by ``name``, or as it is declared."""
    return checked(name or strategy.name, query, strategy.pick(read_only(query), **options))


def read_only(query: Query) -> Query:
    """Return the query with arrays that a strategy cannot change: the picks are checked against them."""

    def locked(values: np.ndarray | None) -> np.ndarray | None:
        if values is None:
            return None
        view = values.view()
        view.flags.writeable = False
        return view

    return replace(
        query,
        unlabelled=locked(query.unlabelled),
        labelled=locked(query.labelled),
        predicted=locked(query.predicted),
    )


def checked(name: str, query: Query, selection: object) -> Selection:
    """Return what the strategy called ``name`` picked, its index as (budget,) int64.

    Raises InputError if it is no Selection, if the picks are not ``query.budget`` different rows of the
    unlabelled pool, or if a further column does not fit beside them.
    """
    if not isinstance(selection, Selection):
        raise InputError(
            f"strategy {name!r} returned {_form(selection)}; it must return a Selection of "
            "activepool.strategies.query"
        )
    index = np.asarray(selection.index)
    if index.ndim != 1 or (index.size and index.dtype.kind not in "iu"):
        raise InputError(
            f"strategy {name!r} picked by {_form(index)}; it must be a list of whole numbers, "
            "rows of query.unlabelled"
        )
    if len(index) != query.budget:
        raise InputError(f"strategy {name!r} picked {len(index)} samples instead of {query.budget}")
    if len(np.unique(index)) != len(index):
        raise InputError(f"strategy {name!r} picked a sample twice")
    if not np.isin(index, query.unlabelled).all():
        raise InputError(f"strategy {name!r} picked a sample that is not in the unlabelled pool")
    for column, values in selection.columns.items():
        if column in OWN_COLUMNS:
            raise InputError(
                f"strategy {name!r} returned a column {column!r}, which the index file has; call it otherwise"
            )
        if np.shape(values) != (query.budget,):
            raise InputError(
                f"strategy {name!r} returned the column {column!r} of shape {np.shape(values)}; it must have "
                f"one value for each of the {query.budget} picks"
            )
    return replace(selection, index=index.astype(np.int64))


def _form(value: object) -> str:
    """Say what a value is: an array of a type and shape, or its type."""
    if isinstance(value, np.ndarray):
        return f"an array of {value.dtype} and shape {value.shape}"
    return "nothing" if value is None else f"a value of type {type(value).__name__}"
