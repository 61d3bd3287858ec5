"""docs/evidence.md: the table at a glance says what the tables below it say."""

import re
from pathlib import Path

PAGE = (Path(__file__).parents[1] / "docs/evidence.md").read_text(encoding="utf-8")

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
