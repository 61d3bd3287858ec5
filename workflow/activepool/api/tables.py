"""Tables of pandas, polars and pyarrow as features, told apart by their methods; none of them is imported."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from activepool.errors import InputError, first_few


def column_names(features: Any) -> tuple[str, ...] | None:
    """Return the names of a table's columns, if all are text; None for anything else."""
    names = tuple(name for name, _, _ in _columns(features))
    return names if names and all(isinstance(name, str) for name in names) else None


def with_missing(features: Any, values: np.ndarray) -> np.ndarray:
    """Return features as an array: ``values``, or floats with NaN for the missing numbers of a table.

    Such tables of pandas and pyarrow become ``values`` that are objects.
    """
    if values.dtype != object or next(_columns(features), None) is None:
        return values
    if not hasattr(features, "iloc"):
        return values.astype(np.float64)
    numbers: np.ndarray = features.to_numpy(np.float64, na_value=np.nan)
    return numbers


def require_numbers(features: Any) -> None:
    """Raise InputError if a table has columns that are not numbers, or will be read later."""
    if hasattr(features, "collect_schema") and hasattr(features, "collect"):
        raise InputError(f"features is a {type(features).__name__}; pass features.collect()")
    kinds = [f"{name!r} of {kind}" for name, kind, is_number in _columns(features) if not is_number]
    if kinds:
        raise InputError(f"features has columns that are not numbers ({first_few(kinds)}); leave them out")


def _columns(features: Any) -> Iterator[tuple[Any, Any, bool]]:
    """Yield name and type of each column of a table, and whether it holds numbers; nothing for an array."""
    kind: Any
    if hasattr(features, "iloc") and hasattr(features, "columns"):
        for name, dtype in features.dtypes.items():
            yield name, dtype, dtype.kind in "fiub"
    elif hasattr(features, "get_columns"):
        for name, kind in features.schema.items():
            yield name, kind, kind.is_numeric() or str(kind) == "Boolean"
    elif hasattr(features, "num_columns") and hasattr(features, "schema"):
        for name, column in zip(features.schema.names, features.slice(0, 0).columns, strict=True):
            yield name, column.type, np.asarray(column).dtype.kind in "fiub"
