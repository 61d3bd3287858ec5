"""The style of each strategy: the same name, colour, line and marker in every figure."""

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

#: Dashes are reserved for upper references.
DASHED: Line = (0, (4, 2))

#: Hues that colour-blind readers can distinguish: Okabe and Ito 2008, then Tol's "muted" scheme.
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

#: Names in print. Their order fixes each strategy's place in the palette, in every experiment.
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
    "kmeans": "k-means",
    "typiclust": "TypiClust",
    "maxherding": "MaxHerding",
    "uherding": "UHerding",
    "probcover": "ProbCover",
    "dropquery": "DropQuery",
    "alfamix": "ALFA-Mix",
    "bait": "BAIT",
    "cdal": "CDAL",
    "clue": "CLUE",
    "falcun": "Falcun",
    "lcmd": "LCMD",
    "refine": "REFINE",
    "seals": "SEALS",
    "anchoral": "AnchorAL",
    "random": "Random",
    "balanced_random": "Balanced random",
}

UPPER_REFERENCE_NOTE = "(upper reference:\nreads all labels)"

#: Largest number of characters in a line of a name.
MAX_LINE = 24


@dataclass(frozen=True)
class Style:
    """The style of one strategy.

    Attributes:
        name: the name in print.
        colour: of line, marker and band.
        line: its dashes.
        marker: a matplotlib marker.
        note: an explanation for the reader, or empty.
    """

    name: str
    colour: str
    line: Line
    marker: str
    note: str = ""

    @property
    def wrapped_name(self) -> str:
        """The name, broken at spaces and underscores."""
        return "\n".join(wrap(self.name.replace("_", "_ "), MAX_LINE)).replace("_ ", "_")

    @property
    def lines(self) -> list[str]:
        """The lines of the name and the note."""
        return self.wrapped_name.split("\n") + self.note.splitlines()

    @property
    def text(self) -> str:
        """The lines as one text."""
        return "\n".join(self.lines)

    @property
    def line_properties(self) -> dict[str, Any]:
        """The keyword arguments for matplotlib's ``plot``."""
        return {"color": self.colour, "linestyle": self.line, "marker": self.marker}


def styles_of(strategies: Sequence[str], settings: Settings) -> dict[str, Style]:
    """Return the style of each strategy.

    A known strategy has its own place in the palette; others take the free places, in their order. Past the
    end of the palette, hues repeat with other dashes. Upper references are dashed, black or grey.
    """
    palette_names = [name for name in NAMES if name != REFERENCE]
    places = {name: palette_names.index(name) for name in strategies if name in palette_names}
    free_places = (place for place in count() if place not in places.values())
    greys = cycle(UPPER_REFERENCE_COLOURS)
    styles = {}
    for strategy in strategies:
        name = NAMES.get(strategy, strategy)
        if strategy in settings.oracles:
            style = Style(name, next(greys), DASHED, "", UPPER_REFERENCE_NOTE)
        elif strategy == REFERENCE:
            style = Style(name, REFERENCE_COLOUR, SOLID, "o")
        else:
            place = places[strategy] if strategy in places else next(free_places)
            # The dashes change after half a palette, because the hues of its two halves may be similar.
            line = (SOLID, DASH_DOT, DOTTED)[place // (len(PALETTE) // 2) % 3]
            style = Style(name, PALETTE[place % len(PALETTE)], line, MARKERS[place % len(MARKERS)])
        styles[strategy] = replace(style, colour=settings.colours.get(strategy, style.colour))
    return styles
