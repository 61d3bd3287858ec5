"""docs/evidence.md: the table at a glance says what the tables below it say, and these what was measured."""

import re
from pathlib import Path

import pandas as pd
import pytest

from activepool.plugins import load_module

DOCS = Path(__file__).parents[1] / "docs"
PAGE = (DOCS / "evidence.md").read_text(encoding="utf-8")

#: The sections that the columns at a glance link to, by the addresses of their headings.
SECTIONS = {
    re.sub(r"[^a-z0-9 -]", "", heading.lower()).replace(" ", "-"): text
    for heading, text in re.findall(r"(?ms)^##+ (.+?)\n(.*?)(?=^##|\Z)", PAGE)
}


def table(section):
    """Return the first table of a section: its head, and its rows by their strategy."""
    lines = re.search(r"(?m)(?:^\|.*\n)+", section)[0].splitlines()
    head, _, *rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return head, {re.match(r"`(\w+)`", row[0])[1]: dict(zip(head, row, strict=True)) for row in rows}


def difference(rows, strategy):
    """Return the difference from random of a strategy in a table, in bold if it is significant."""
    if strategy not in rows:
        return ""
    value = rows[strategy]["area − random"].split(" ± ")[0]
    p = rows[strategy]["p"]
    return f"**{value}**" if p.startswith("<") or float(p) < 0.05 else value


def test_each_number_at_a_glance_is_that_of_its_table():
    head, glance = table(SECTIONS["at-a-glance"])
    columns = {column: table(SECTIONS[re.search(r"\(#(.+)\)", column)[1]])[1] for column in head[1:]}
    assert len(columns) == 6
    for strategy, row in glance.items():
        for column, rows in columns.items():
            assert row[column] == difference(rows, strategy), (strategy, column)


@pytest.mark.parametrize("file", sorted((DOCS / "curves").glob("*.csv")), ids=lambda file: file.stem)
def test_a_table_has_the_rows_of_the_curves(file):
    """It may have rows of earlier runs, too, so that p is corrected for more comparisons."""
    section = next(text for text in SECTIONS.values() if f"curves/{file.name}" in text)
    lines = load_module(str(DOCS / "evidence.py")).table(pd.read_csv(file))
    rows, measured_rows = table(section)[1], table("\n".join(lines) + "\n")[1]
    is_complete = rows.keys() == measured_rows.keys()
    for strategy, measured in measured_rows.items():
        compared = measured if is_complete else {**measured, "p": rows[strategy]["p"]}
        assert rows[strategy] == compared
