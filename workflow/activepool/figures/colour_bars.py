"""A colour bar shared by several panels, to their right."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Colormap, Normalize
from matplotlib.figure import Figure

#: Inches.
WIDTH = 0.1


def add_colour_bar(
    figure: Figure, panels: Sequence[Axes], colours: Colormap, norm: Normalize, label: str
) -> Axes:
    """Add the bar to a figure with constrained layout that has its final height, and return its axes."""
    thinness = figure.get_figheight() / WIDTH
    bar = figure.colorbar(ScalarMappable(norm, colours), ax=list(panels), aspect=thinness, label=label)
    bar.outline.set_visible(False)
    return bar.ax
