"""A contact sheet: what a strategy picked, a row of pictures for each round, with labels and predictions."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from math import ceil, sqrt
from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from PIL import Image

from activepool.data.samples import UNKNOWN
from activepool.figures.export import print_settings
from activepool.figures.fonts import drawable
from activepool.figures.styles import PALETTE
from activepool.io.files import written_whole

#: Pictures in a row.
PICKS = 12

#: Pixels of a picture's side, where the file is not too large with it; its least side; and bytes of the file.
SIDE, LEAST_SIDE, LARGEST_FILE = 96, 48, 400_000

#: Colours of a file that would be too large with all of them.
COLOURS = 256

#: Pixels to an inch, and in pixels: a picture with the room beside it, what stands at the left of a row and
#: above all rows, the texts below a picture, the room around, and the frame.
DPI, CELL, LEFT, TOP, BELOW, ROOM, FRAME = 120, 106, 122, 46, 42, 8, 3

#: Points.
TEXT_SIZE, TITLE_SIZE = 7, 9

#: Right and wrong, by a colour and a mark.
RIGHT, WRONG = (PALETTE[0], "✓"), (PALETTE[1], "✗")
UNKNOWN_COLOUR = "#666666"
LEGEND = "Below each picture its label"
LEGEND_OF_PREDICTIONS = (
    f"{LEGEND}, then what was predicted when it was picked: {RIGHT[1]} right, {WRONG[1]} wrong"
)


@dataclass(frozen=True)
class RoundPicks:
    """What one round picked.

    Attributes:
        round_number: the round.
        labels: (n,) classes of all picks in their order; -1 where not known.
        predicted: (n,) classes that the head they were picked by predicted; None where there was none.
        pictures: (k, SIDE, SIDE, 3) uint8, the first k ≤ n picks.
    """

    round_number: int
    labels: np.ndarray
    predicted: np.ndarray | None
    pictures: np.ndarray


def write_sheet(
    path: str | Path, title: str, rounds: Sequence[RoundPicks], class_names: Sequence[str]
) -> None:
    """Write a PNG of at most LARGEST_FILE bytes: for it pictures shrink, and then there are fewer.

    The same input gives the same bytes. A sheet of hundreds of rounds can be larger by its texts alone.
    """
    side, columns = SIDE, max(len(one.pictures) for one in rounds)
    class_names = drawable(class_names)
    with print_settings(class_names):
        content = _encoded(draw(title, rounds, class_names, side, columns))
        while len(content) > LARGEST_FILE and columns > 1:
            # A little less than in proportion, since texts do not shrink.
            excess = 1.08 * len(content) / LARGEST_FILE
            if side > LEAST_SIDE:
                side = max(LEAST_SIDE, int(side / sqrt(excess)))
            else:
                columns = max(1, int(columns / excess))
            content = _encoded(draw(title, rounds, class_names, side, columns))
    with written_whole(path) as temporary:
        temporary.write_bytes(content)


def draw(
    title: str, rounds: Sequence[RoundPicks], class_names: Sequence[str], side: int, columns: int
) -> Figure:
    """Draw a row for each round, with at most ``columns`` pictures of ``side`` pixels."""
    legend = LEGEND if all(one.predicted is None for one in rounds) else LEGEND_OF_PREDICTIONS
    width = max(LEFT + columns * CELL, _width(title, TITLE_SIZE) + 2 * ROOM, _width(legend) + 2 * ROOM)
    height = TOP + len(rounds) * (side + BELOW)
    figure = Figure(figsize=(width / DPI, height / DPI), dpi=DPI)
    page = np.full((height, width, 3), 255, dtype=np.uint8)
    sheet = _Sheet(figure, page, side, class_names)
    sheet.write(ROOM, ROOM, title, size=TITLE_SIZE)
    sheet.write(ROOM, ROOM + 18, legend, color=UNKNOWN_COLOUR)
    for number, one in enumerate(rounds):
        sheet.add_row(TOP + number * (side + BELOW), one, columns)
    figure.figimage(page)
    return figure


class _Sheet:
    """A figure that is filled with rows; positions are pixels from its upper left corner."""

    def __init__(self, figure: Figure, page: np.ndarray, side: int, class_names: Sequence[str]) -> None:
        self._figure = figure
        self._page = page
        self._side = side
        self._class_names = class_names

    def write(self, left: int, top: int, text: str, **look: object) -> None:
        """Write a line of text."""
        height, width = self._page.shape[:2]
        look = {"size": TEXT_SIZE, "verticalalignment": "top", **look}
        self._figure.text(left / width, 1 - top / height, text, **look)

    def add_row(self, top: int, one: RoundPicks, columns: int) -> None:
        """Add the first pictures of a round, and at the left what is true of all its picks."""
        count, shown = len(one.labels), min(columns, len(one.pictures))
        first = f"first {shown} of {count:,}" if shown < count else f"{count:,} picks"
        lines = [f"Round {one.round_number}", first]
        known = one.labels != UNKNOWN
        if one.predicted is not None and known.any():
            share = (one.predicted == one.labels)[known].mean()
            lines.append(f"{100 * share:.0f} % right")
        for number, line in enumerate(lines):
            self.write(ROOM, top + 14 * number, line, weight="bold" if number == 0 else "normal")
        for place in range(shown):
            predicted = None if one.predicted is None else int(one.predicted[place])
            self._add_picture(
                LEFT + place * CELL, top, one.pictures[place], int(one.labels[place]), predicted
            )

    def _add_picture(
        self, left: int, top: int, picture: np.ndarray, label: int, predicted: int | None
    ) -> None:
        side, below = self._side, top + self._side
        small = np.asarray(Image.fromarray(picture).resize((side, side), Image.Resampling.LANCZOS))
        known = label != UNKNOWN
        name = self._shortened(self._class_names[label]) if known else "unknown"
        self.write(left, below + 5, name, color="black" if known else UNKNOWN_COLOUR)
        if predicted is None:
            self._page[top:below, left : left + side] = small
            return
        colour, mark = (RIGHT if predicted == label else WRONG) if known else (UNKNOWN_COLOUR, "?")
        self.write(left, below + 19, self._shortened(self._class_names[predicted], f"{mark} "), color=colour)
        # The frame lies around the picture, so that it hides nothing of it.
        frame = self._page[top - FRAME : below + FRAME, left - FRAME : left + side + FRAME]
        frame[:] = [int(colour[place : place + 2], 16) for place in (1, 3, 5)]
        frame[FRAME:-FRAME, FRAME:-FRAME] = small

    def _shortened(self, name: str, before: str = "") -> str:
        return _fitting(name, before, CELL - ROOM)


@cache
def _fitting(name: str, before: str, width: int) -> str:
    """Return ``before`` and as much of ``name`` as fits, with an ellipsis where some does not."""
    text = before + name
    for kept in range(len(name) - 1, 0, -1):
        if _width(text) <= width:
            break
        text = f"{before}{name[:kept].rstrip()}…"
    return text


def _width(text: str, size: int = TEXT_SIZE) -> int:
    """Return the pixels that a text takes, as it is drawn."""
    renderer = RendererAgg(1, 1, DPI)
    return ceil(renderer.get_text_width_height_descent(text, FontProperties(size=size), ismath=False)[0])


def _encoded(figure: Figure) -> bytes:
    """Return the figure as PNG; with few colours where it is too large with all."""
    stream = io.BytesIO()
    figure.savefig(stream, format="png", dpi=DPI, metadata={"Software": None})
    if stream.tell() > LARGEST_FILE:
        image = Image.open(stream).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
        stream = io.BytesIO()
        image.save(stream, format="png", optimize=True)
    return stream.getvalue()
