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


#: Columns of text, which may look like numbers or missing values: a strategy may have the name "null".
TEXTS = {name: str for name in KEYS if name not in ("labels", "seeds")}


def read(path: str | Path) -> pd.DataFrame:
    """Return a board, or what an experiment adds to one."""
    return pd.read_csv(path, dtype=TEXTS, keep_default_na=False, na_values=[""])


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


def add(paths: Sequence[str], file: Path = BOARD) -> str:
    """Add the results in ``paths`` to a file of a board; return in words what has changed."""
    board = read(file) if file.exists() else None
    results = [read(path) for path in paths]
    joined = added(board, results)
    write_table(file, joined)
    new = len(joined) - (0 if board is None else len(board))
    return f"{file}: new rows: {new}, replaced: {sum(map(len, results)) - new}"


if __name__ == "__main__":
    try:
        print(add(sys.argv[1:]) if sys.argv[1:] else __doc__)
    except (OSError, ValueError) as error:
        sys.exit(f"leaderboard: {error}")
