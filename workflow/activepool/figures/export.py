"""Figures as files for print: fixed settings, fixed bytes."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import matplotlib
import matplotlib.backends.backend_pdf  # savefig needs it; a server then imports it once for all figures
from matplotlib.colors import is_color_like
from matplotlib.figure import Figure

from activepool.errors import InputError
from activepool.figures.fonts import families_for
from activepool.figures.registry import FIGURES
from activepool.figures.results import Results
from activepool.figures.settings import Settings
from activepool.io.files import written_whole

#: The settings that differ from matplotlib's defaults. Sizes in points; no text is smaller than 7.
PRINT: dict[str, Any] = {
    "font.size": 8,
    "axes.labelsize": 8,
    "axes.titlesize": 8,
    "axes.titlelocation": "left",
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "legend.fontsize": 7,
    "text.parse_math": False,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#DDDDDD",
    "grid.linewidth": 0.5,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.major.size": 2.5,
    "ytick.major.size": 2.5,
    "lines.linewidth": 1.1,
    "lines.markersize": 3.2,
    "lines.markeredgewidth": 0,
    "savefig.dpi": 300,
    "pdf.fonttype": 42,
}


def write_figure(name: str, results: Results, settings: Settings, pdf: str | Path, png: str | Path) -> None:
    """Draw the figure called ``name`` and write it as PDF and PNG; the same input gives the same bytes.

    Raises: InputError if the figure does not exist, or the tables lack its data.
    """
    if name not in FIGURES:
        raise InputError(f"figure {name!r} does not exist; there are {', '.join(FIGURES)}")
    for strategy, colour in settings.colours.items():
        if not is_color_like(colour):
            raise InputError(f"settings: colours: {strategy}: {colour!r} is not a colour, such as '#0072B2'")
    write_drawing(partial(FIGURES[name], results, settings), pdf, png, results.class_names)


def write_drawing(
    draw: Callable[[], Figure], pdf: str | Path, png: str | Path, texts: Iterable[str] = ()
) -> None:
    """Write the figure from ``draw`` as PDF and PNG; the same drawing and fonts give the same bytes.

    ``texts`` in the figure may be in any script.
    """
    with print_settings(texts):
        figure = draw()
        _save(figure, pdf, "pdf", CreationDate=None, Producer=None, Creator=None)
        _save(figure, png, "png", Software=None)


@contextmanager
def print_settings(texts: Iterable[str] = ()) -> Iterator[None]:
    """Set matplotlib for print, with fonts for these texts; ignores a user's matplotlibrc."""
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        settings: Any = PRINT | {"font.family": families_for(texts)}
        matplotlib.rcParams.update(settings)
        yield


def _save(figure: Figure, path: str | Path, form: str, **metadata: None) -> None:
    with written_whole(path) as temporary:
        figure.savefig(temporary, format=form, metadata=metadata)
