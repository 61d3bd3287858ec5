"""A line of text in place of a figure that has nothing to show."""

from collections.abc import Sequence

from matplotlib.figure import Figure

from activepool.figures.end_labels import LINE_HEIGHT, text_width

#: Inches around the text.
MARGIN = 0.12


def needs_notice(needs: Sequence[str]) -> Figure:
    """Return a figure without axes that says what the experiment would need for this figure."""
    return notice(f"Nothing to show: this figure needs {' and '.join(needs)}.")


def notice(text: str) -> Figure:
    """Return a figure without axes that consists of a line of text."""
    width, height = text_width([text]) + 2 * MARGIN, LINE_HEIGHT + 2 * MARGIN
    figure = Figure((width, height))
    figure.text(MARGIN / width, 0.5, text, size=7, verticalalignment="center")
    return figure
