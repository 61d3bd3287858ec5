from collections.abc import Mapping, Sequence
from typing import Any

from activepool.programs.stage import Input, Output, stage


@stage
def table(
    table: str,
    curves: Input,
    class_counts: Input,
    overlap: Input,
    csv: Output,
    tex: Output,
    html: Output,
    ceiling: Input | None = None,
    oracles: Sequence[str] = (),
    appearance: Mapping[str, Any] = {},
) -> None:
    """Make a table of an experiment from its cached files.

    Args:
        table: name of the table, a module of activepool.figures.tables
        curves: curves.csv
        class_counts: class_counts.csv
        overlap: overlap.csv
        csv: CSV to write
        tex: LaTeX to write, for the package booktabs
        html: page to write
        ceiling: ceiling.csv, if there is one
        oracles: strategies that read all labels
        appearance: JSON: metric and confidence
    """
    from activepool.errors import InputError
    from activepool.figures.html import html_page
    from activepool.figures.latex import latex_table
    from activepool.figures.registry import TABLES, TYPESET
    from activepool.figures.results import read_results
    from activepool.figures.settings import Settings
    from activepool.io.files import write_table, write_text

    if table not in TABLES:
        raise InputError(f"table {table!r} does not exist; there are {', '.join(TABLES)}")
    settings = Settings.from_options(appearance, tuple(oracles))
    values = TABLES[table](read_results(curves, class_counts, overlap, ceiling), settings)
    write_table(csv, values)
    typeset = TYPESET[table](values, settings)
    write_text(tex, latex_table(typeset, settings))
    write_text(html, html_page(typeset, settings))


if __name__ == "__main__":
    table.run()
