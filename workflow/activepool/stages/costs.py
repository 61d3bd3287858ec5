from functools import partial
from pathlib import Path

from activepool.programs.stage import Output, stage


@stage(has_record=False)
def costs(folders: list[str], csv: Output, tex: Output, html: Output, pdf: Output, png: Output) -> None:
    """Summarise the time and memory of an experiment's stages.

    Args:
        folders: folders with the records, at any depth
        csv: CSV to write
        tex: the same in LaTeX, to write
        html: the same as a page, to write
        pdf: PDF to write
        png: PNG to write
    """
    from activepool.errors import InputError
    from activepool.evaluation.costs import costs_table
    from activepool.figures.costs import draw, typeset
    from activepool.figures.export import write_drawing
    from activepool.figures.html import html_page
    from activepool.figures.latex import latex_table
    from activepool.figures.settings import Settings
    from activepool.io.files import write_table, write_text
    from activepool.records.provenance import Record, records_below

    paths = [path for folder in folders for path in records_below(Path(folder))]
    if not paths:
        raise InputError(f"{', '.join(folders)}: no stage has left a record here; name folders of results")
    table = costs_table(map(Record.read, paths))
    write_table(csv, table)
    write_text(tex, latex_table(typeset(table), Settings()))
    write_text(html, html_page(typeset(table), Settings()))
    write_drawing(partial(draw, table), pdf, png)


if __name__ == "__main__":
    costs.run()
