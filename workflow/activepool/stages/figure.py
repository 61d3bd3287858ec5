from collections.abc import Mapping, Sequence
from typing import Any

from activepool.programs.stage import Input, Output, stage


@stage
def figure(
    figure: str,
    curves: Input,
    class_counts: Input,
    overlap: Input,
    pdf: Output,
    png: Output,
    ceiling: Input | None = None,
    oracles: Sequence[str] = (),
    appearance: Mapping[str, Any] = {},
) -> None:
    """Draw a figure of an experiment from its tables.

    Args:
        figure: name of the figure, a module of activepool.figures.drawings
        curves: curves.csv
        class_counts: class_counts.csv
        overlap: overlap.csv
        pdf: PDF to write
        png: PNG to write
        ceiling: ceiling.csv, if there is one
        oracles: strategies that read all labels
        appearance: JSON: metric, confidence and colours
    """
    from activepool.figures.classes import FIGURES_OF_CLASSES
    from activepool.figures.export import write_figure
    from activepool.figures.fonts import font_notices
    from activepool.figures.results import read_results
    from activepool.figures.settings import Settings
    from activepool.programs.messages import print_notices

    results = read_results(curves, class_counts, overlap, ceiling)
    if figure in FIGURES_OF_CLASSES:
        print_notices(font_notices(results.class_names))
    write_figure(figure, results, Settings.from_options(appearance, tuple(oracles)), pdf, png)


if __name__ == "__main__":
    figure.run()
