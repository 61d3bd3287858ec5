"""Checks of what a strategy, perhaps a user's own, returns."""

import inspect
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from traceback import walk_tb
from types import CodeType
from typing import Any

import numpy as np

from activepool.compute.seeds import fixed_draws, seed_of
from activepool.errors import InputError
from activepool.plugins import user_line
from activepool.strategies.declaration import Strategy
from activepool.strategies.declaration_checks import ARTIFACTS
from activepool.strategies.query import Query, Selection, UndeclaredScore

#: Columns of the index file that the stage writes itself.
STAGE_COLUMNS = ("index", "source", "predicted")

#: Parts of a query that are None unless a strategy declares them, and the declaration that each needs.
DECLARATIONS = {
    **{name: f'reads=("{name}",)' for name in ARTIFACTS},
    "predicted": 'a score, such as scores=("margin",)',
    "labels": "reads_labels=True",
}

#: Functions in this folder declare what they use.
LIBRARY = Path(__file__).parents[1]


def checked_pick(strategy: Strategy, query: Query, options: Mapping[str, Any], name: str = "") -> Selection:
    """Return the checked picks of ``strategy``; errors call it ``name``, by default its declared name.

    Raises InputError if the picks cannot be used, or if a strategy of a user's own fails and uses a part of
    the query that it does not declare.
    """
    name = name or strategy.name
    try:
        with fixed_draws(seed_of(query.generator)):
            selection = strategy.pick(read_only(query), **options)
        return checked(name, query, selection)
    except (InputError, TypeError, AttributeError, ValueError, IndexError) as error:
        if isinstance(error, UndeclaredScore):
            raise InputError(f"strategy {name!r} {error}{_place(error)}") from error
        if part := _undeclared_part(strategy, query, error):
            raise InputError(
                f"strategy {name!r} uses query.{part}, which it does not declare; "
                f"declare {DECLARATIONS[part]}{_place(error)}"
            ) from error
        raise


def _undeclared_part(strategy: Strategy, query: Query, error: Exception) -> str | None:
    """Return a part that the query lacks and the user's code behind the error names; None without one."""
    names = {name for code in _users_code(strategy, error) for name in code.co_names}
    return next((part for part in DECLARATIONS if part in names and getattr(query, part) is None), None)


def _place(error: Exception) -> str:
    """Return where in a user's own file an error arose, for the end of a message; "" if in none."""
    line = user_line(error)
    return f" ({line})" if line else ""


def _users_code(strategy: Strategy, error: Exception) -> Iterator[CodeType]:
    """Yield the code of a user's strategy, and of the functions of its file that the error passed through."""
    users_files = {str(file) for file in strategy.files if LIBRARY not in file.parents}
    called = [frame.f_code for frame, _ in walk_tb(error.__traceback__)]
    code = getattr(inspect.unwrap(strategy.select), "__code__", None)
    yield from (code for code in [code, *called] if code and code.co_filename in users_files)


def read_only(query: Query) -> Query:
    """Return the query with read-only arrays, because the picks are checked against them."""
    return replace(
        query,
        unlabelled=_read_only(query.unlabelled),
        labelled=_read_only(query.labelled),
        predicted=None if query.predicted is None else _read_only(query.predicted),
    )


def _read_only(values: np.ndarray) -> np.ndarray:
    view = values.view()
    view.flags.writeable = False
    return view


def checked(name: str, query: Query, selection: object) -> Selection:
    """Return the selection of the strategy called ``name``, its index as (budget,) int64.

    Raises InputError if it is not a Selection, if the picks are not ``query.budget`` different rows of the
    unlabelled pool, or if a further column has another length.
    """
    if not isinstance(selection, Selection):
        raise InputError(
            f"strategy {name!r} returned {_form(selection)}; it must return the picked rows, as an array or "
            "a list, or a Selection of them"
        )
    try:
        index = np.asarray(selection.index)
    except ValueError:  # of lists within the list
        index = np.empty(len(selection.index), object)
    if index.ndim != 1 or (index.size and index.dtype.kind not in "iu"):
        raise InputError(
            f"strategy {name!r} picked by {_form(index)}; it must be a list of whole numbers, "
            "rows of query.unlabelled"
        )
    if len(index) != query.budget:
        samples = "sample" if len(index) == 1 else "samples"
        raise InputError(f"strategy {name!r} picked {len(index)} {samples} instead of {query.budget}")
    ascending = np.sort(index)
    repeated = ascending[1:][ascending[1:] == ascending[:-1]]
    if len(repeated):
        raise InputError(f"strategy {name!r} picked a sample twice: row {repeated[0]}")
    if not _among(query.unlabelled, ascending).all() or _among(ascending, query.labelled).any():
        raise InputError(
            f"strategy {name!r} picked a sample that is {_outside(query, index)}; picks are rows of "
            "query.unlabelled, and not positions in it"
        )
    for column, values in selection.columns.items():
        if column in STAGE_COLUMNS:
            raise InputError(
                f"strategy {name!r} returned a column {column!r}, which the index file already has; rename it"
            )
        if np.shape(values) != (query.budget,):
            raise InputError(
                f"strategy {name!r} returned the column {column!r} of shape {np.shape(values)}; it must have "
                f"one value for each of the {query.budget} picks"
            )
    return replace(selection, index=index.astype(np.int64))


def _among(ascending: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Return which values are in an ascending array, (n,) bool; for few values `np.isin` takes far longer."""
    if not len(ascending):
        return np.zeros(len(values), dtype=bool)
    is_among: np.ndarray = ascending.take(np.searchsorted(ascending, values), mode="clip") == values
    return is_among


def _outside(query: Query, index: np.ndarray) -> str:
    """Return where the first pick outside the unlabelled pool lies; labelled picks come first."""
    relabelled = index[np.isin(index, query.labelled)]
    if len(relabelled):
        return f"already labelled: row {relabelled[0]}"
    return f"not in the unlabelled pool: row {index[~np.isin(index, query.unlabelled)][0]}"


def _form(value: object) -> str:
    """Return what a value is: an array of a type and shape, or its type."""
    if isinstance(value, np.ndarray):
        return f"an array of {value.dtype} and shape {value.shape}"
    return "nothing" if value is None else f"a value of type {type(value).__name__}"
