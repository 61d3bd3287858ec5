"""Add results to docs/leaderboard.csv: `python docs/leaderboard.py results/*/leaderboard.csv`."""

import sys
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "workflow"))

from activepool.io.files import write_table  # noqa: E402

BOARD = ROOT / "docs" / "leaderboard.csv"

#: A row with the same values in these replaces one that is there.
KEYS = ["dataset", "backbone", "head", "initial", "strategy", "definition", "labels", "seeds", "version"]


def added(board: pd.DataFrame | None, results: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Return a board with the rows of results; those with equal keys are there once, as given last.

    Raises ValueError if a table has other columns.
    """
    tables = [*([] if board is None else [board]), *results]
    columns = list(tables[0].columns)
    for table in tables:
        if list(table.columns) != columns:
            raise ValueError(f"the columns are {', '.join(table.columns)}, and must be {', '.join(columns)}")
    joined = pd.concat(tables, ignore_index=True)
    return joined.drop_duplicates(KEYS, keep="last").sort_values(KEYS, kind="stable")


if __name__ == "__main__":
    board = pd.read_csv(BOARD) if BOARD.exists() else None
    try:
        write_table(BOARD, added(board, [pd.read_csv(path) for path in sys.argv[1:]]))
    except (OSError, ValueError) as error:
        sys.exit(f"leaderboard: {error}")
