"""How each strategy looks: the same name, colour, line and marker in every figure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import count, cycle
from textwrap import wrap
from typing import Any

from activepool.figures.results import REFERENCE
from activepool.figures.settings import Settings

#: A solid line, dashes of (offset, (on, off, ...)) in points, or a name that matplotlib knows.
Line = str | tuple[float, tuple[float, ...]]

SOLID: Line = "-"
DASH_DOT: Line = (0, (5, 1.2, 1, 1.2))
DOTTED: Line = (0, (1, 1))

#: Dashes are kept for upper references.
DASHED: Line = (0, (4, 2))

#: Hues that stay apart for colour-blind readers: Okabe and Ito 2008, then Tol's "muted" scheme.
PALETTE = (
    "#0072B2",
    "#D55E00",
    "#009E73",
    "#CC79A7",
    "#E69F00",
    "#56B4E9",
    "#332288",
    "#882255",
    "#999933",
    "#AA4499",
    "#117733",
    "#CC6677",
)
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", "p", ">", "h", "d")
REFERENCE_COLOUR = "#444444"
UPPER_REFERENCE_COLOURS = ("#000000", "#777777")

#: Names in print. The order gives each its place in the palette, in every experiment.
NAMES = {
    "base": "BASE",
    "margin": "Margin",
    "coreset": "Coreset",
    "badge": "BADGE",
    "mase": "MASE",
    "entropy": "Entropy",
    "confidence": "Confidence",
    "partitioned_badge": "Partitioned BADGE",
    "partitioned_coreset": "Partitioned Coreset",
    "cluster_margin": "Cluster-Margin",
    "balancing": "Balancing",
    "vaal": "VAAL",
    "margin_clustering": "Margin clustering",
    "random": "Random",
    "balanced_random": "Balanced random",
}

UPPER_REFERENCE_NOTE = "(upper reference:\nreads all labels)"

#: Characters in a line of a name.
LONGEST_LINE = 24


@dataclass(frozen=True)
class Style:
    """The look of one strategy.

    Attributes:
        name: the name in print.
        colour: of line, marker and band.
        line: how the line is dashed.
        marker: a matplotlib marker.
        note: what the reader must know about it, or empty.
    """

    name: str
    colour: str
    line: Line
    marker: str
    note: str = ""

    @property
    def lines(self) -> list[str]:
        """The name, broken at spaces and underscores, and the note."""
        return self.name_lines + self.note.splitlines()

    @property
    def name_lines(self) -> list[str]:
        """The same without the note."""
        return [line.replace("_ ", "_") for line in wrap(self.name.replace("_", "_ "), LONGEST_LINE)]

    @property
    def line_properties(self) -> dict[str, Any]:
        """What matplotlib's ``plot`` is to be told."""
        return {"color": self.colour, "linestyle": self.line, "marker": self.marker}


def styles_of(strategies: Sequence[str], settings: Settings) -> dict[str, Style]:
    """Return the style of each strategy.

    A known strategy has its own place in the palette; others take the places left, in their order.
    After the palette's end the hues come again on other lines. Upper references are dashed, black or grey.
    """
    known = [name for name in NAMES if name != REFERENCE]
    places = {name: known.index(name) for name in strategies if name in known}
    left = (place for place in count() if place not in places.values())
    grey = cycle(UPPER_REFERENCE_COLOURS)
    styles = {}
    for strategy in strategies:
        name = NAMES.get(strategy, strategy)
        if strategy in settings.oracles:
            style = Style(name, next(grey), DASHED, "", UPPER_REFERENCE_NOTE)
        elif strategy == REFERENCE:
            style = Style(name, REFERENCE_COLOUR, SOLID, "o")
        else:
            style = _placed(name, places[strategy] if strategy in places else next(left))
        styles[strategy] = replace(style, colour=settings.colours.get(strategy, style.colour))
    return styles


def _placed(name: str, place: int) -> Style:
    # The line changes after half a palette, so that the hues of its halves may be near to each other.
    line = (SOLID, DASH_DOT, DOTTED)[place // (len(PALETTE) // 2) % 3]
    return Style(name, PALETTE[place % len(PALETTE)], line, MARKERS[place % len(MARKERS)])
