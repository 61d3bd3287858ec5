"""Strategies against strategies: a value for each pair, as a square."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from activepool.figures.typesetting import MISSING, Cell, Grid, text_cells

#: Columns of whole numbers that fit the width of a page.
MAX_COLUMNS = 18


def matrix_of(pairs: pd.DataFrame, value: str) -> pd.DataFrame:
    """Return ``value`` of each pair, (strategies, strategies) in the order of first appearance.

    Args:
        pairs: columns strategy, other and ``value``, one row per ordered pair. A missing pair, such as a
            strategy with itself, becomes NaN.
    """
    strategies = list(dict.fromkeys([*pairs["strategy"], *pairs["other"]]))
    matrix = pairs.pivot(index="strategy", columns="other", values=value)
    return matrix.reindex(index=strategies, columns=strategies).astype(np.float64)


def numbered_grid(heading: str, matrix: pd.DataFrame, further_columns: Mapping[str, pd.Series]) -> Grid:
    """Return a matrix of percentages for print; its columns are numbered like its rows.

    All values are from 0 to 1; ``further_columns`` are by their titles, and ``heading`` is that of the rows.
    """
    names = [str(number + 1) for number in range(len(matrix))]
    columns = {"": text_cells(names)}
    for name, strategy in zip(names, matrix.columns, strict=True):
        columns[name] = _percent_cells(matrix[strategy])
    columns |= {title: _percent_cells(values) for title, values in further_columns.items()}
    return Grid(heading, list(matrix.index), columns, MAX_COLUMNS)


def _percent_cells(values: pd.Series) -> list[Cell]:
    return text_cells([MISSING if np.isnan(value) else f"{100 * value:.0f}" for value in values])
