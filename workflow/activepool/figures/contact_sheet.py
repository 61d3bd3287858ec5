"""A contact sheet: a strategy's picks, a row of pictures per round, with labels and predictions."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from math import ceil, sqrt
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from PIL import Image

from activepool.data.samples import UNKNOWN
from activepool.data.thumbnails import thumbnails
from activepool.errors import InputError, nearest_names
from activepool.figures.export import print_settings
from activepool.figures.fonts import drawable_names
from activepool.figures.styles import PALETTE
from activepool.io.files import written_whole
from activepool.io.index_files import read_index, read_rows

#: Pictures in a row.
PICKS = 12

#: Side of a picture in pixels, its minimum if the file is too large, and the largest file in bytes.
SIDE, MIN_SIDE, MAX_FILE = 96, 48, 400_000

#: Number of colours in a file that would be too large with all colours.
COLOURS = 256

#: Pixels per inch, and in pixels: a picture with its gap, the text to the left of a row, the header above all
#: rows, the caption below a picture, the margin, and the frame.
DPI, CELL, ROW_LABEL, HEADER, CAPTION, ROOM, FRAME = 120, 106, 122, 46, 42, 8, 3

#: In points.
TEXT_SIZE, TITLE_SIZE = 7, 9

#: Colour and mark of a right and of a wrong prediction.
RIGHT, WRONG = (PALETTE[0], "✓"), (PALETTE[1], "✗")
UNKNOWN_COLOUR = "#666666"
LEGEND = "Below each picture: its label"
PREDICTION_LEGEND = f"{LEGEND}, then the prediction when it was picked ({RIGHT[1]} right, {WRONG[1]} wrong)"


@dataclass(frozen=True)
class RoundPicks:
    """The picks of one round.

    Attributes:
        round_number: the round.
        labels: (n,) classes of all picks in their order; -1 if unknown.
        predicted: (n,) classes predicted by the head that the strategy used; None if it used none.
        pictures: (k, SIDE, SIDE, 3) uint8, the first k ≤ n picks.
    """

    round_number: int
    labels: np.ndarray
    predicted: np.ndarray | None
    pictures: np.ndarray


def write_sheet(
    path: str | Path, title: str, rounds: Sequence[RoundPicks], class_names: Sequence[str]
) -> None:
    """Write a PNG of at most MAX_FILE bytes: pictures first shrink, then become fewer.

    The same input gives the same bytes. The texts of hundreds of rounds can exceed the limit by themselves.
    """
    side, columns = SIDE, max(len(picks.pictures) for picks in rounds)
    class_names = drawable_names(class_names)
    with print_settings(class_names):
        content = _png_bytes(draw(title, rounds, class_names, side, columns))
        while len(content) > MAX_FILE and columns > 1:
            # Slightly less than proportionally, because texts do not shrink.
            excess = 1.08 * len(content) / MAX_FILE
            if side > MIN_SIDE:
                side = max(MIN_SIDE, int(side / sqrt(excess)))
            else:
                columns = max(1, int(columns / excess))
            content = _png_bytes(draw(title, rounds, class_names, side, columns))
    with written_whole(path) as temporary:
        temporary.write_bytes(content)


def draw(
    title: str, rounds: Sequence[RoundPicks], class_names: Sequence[str], side: int, columns: int
) -> Figure:
    """Draw a row for each round, with at most ``columns`` pictures of ``side`` pixels."""
    legend = LEGEND if all(picks.predicted is None for picks in rounds) else PREDICTION_LEGEND
    width = max(ROW_LABEL + columns * CELL, _width(title, TITLE_SIZE) + 2 * ROOM, _width(legend) + 2 * ROOM)
    height = HEADER + len(rounds) * (side + CAPTION)
    figure = Figure(figsize=(width / DPI, height / DPI), dpi=DPI)
    page = np.full((height, width, 3), 255, dtype=np.uint8)
    sheet = _Sheet(figure, page, side, class_names)
    sheet.write(ROOM, ROOM, title, size=TITLE_SIZE)
    sheet.write(ROOM, ROOM + 18, legend, color=UNKNOWN_COLOUR)
    for number, picks in enumerate(rounds):
        sheet.add_row(HEADER + number * (side + CAPTION), picks, columns)
    figure.figimage(page)
    return figure


class _Sheet:
    """A figure to fill with rows; positions are pixels from its upper left corner."""

    def __init__(self, figure: Figure, page: np.ndarray, side: int, class_names: Sequence[str]) -> None:
        self._figure = figure
        self._page = page
        self._side = side
        self._class_names = class_names

    def write(self, left: int, top: int, text: str, **look: Any) -> None:
        height, width = self._page.shape[:2]
        look = {"size": TEXT_SIZE, "verticalalignment": "top", **look}
        self._figure.text(left / width, 1 - top / height, text, **look)

    def add_row(self, top: int, picks: RoundPicks, columns: int) -> None:
        """Add the first pictures of a round, with a summary of all its picks to their left."""
        count, num_pictures = len(picks.labels), min(columns, len(picks.pictures))
        summary = f"first {num_pictures} of {count:,}" if num_pictures < count else f"{count:,} picks"
        lines = [f"Round {picks.round_number}", summary]
        is_known = picks.labels != UNKNOWN
        if picks.predicted is not None and is_known.any():
            share = (picks.predicted == picks.labels)[is_known].mean()
            lines.append(f"{100 * share:.0f} % right")
        for number, line in enumerate(lines):
            self.write(ROOM, top + 14 * number, line, weight="bold" if number == 0 else "normal")
        for place in range(num_pictures):
            predicted = None if picks.predicted is None else int(picks.predicted[place])
            self._add_picture(
                ROW_LABEL + place * CELL, top, picks.pictures[place], int(picks.labels[place]), predicted
            )

    def _add_picture(
        self, left: int, top: int, picture: np.ndarray, label: int, predicted: int | None
    ) -> None:
        side, bottom = self._side, top + self._side
        thumbnail = np.asarray(Image.fromarray(picture).resize((side, side), Image.Resampling.LANCZOS))
        is_known = label != UNKNOWN
        name = self._shortened(self._class_names[label]) if is_known else "unknown"
        self.write(left, bottom + 5, name, color="black" if is_known else UNKNOWN_COLOUR)
        if predicted is None:
            self._page[top:bottom, left : left + side] = thumbnail
            return
        colour, mark = (RIGHT if predicted == label else WRONG) if is_known else (UNKNOWN_COLOUR, "?")
        self.write(left, bottom + 19, self._shortened(self._class_names[predicted], f"{mark} "), color=colour)
        # The frame surrounds the picture and hides no part of it.
        frame = self._page[top - FRAME : bottom + FRAME, left - FRAME : left + side + FRAME]
        frame[:] = [int(colour[place : place + 2], 16) for place in (1, 3, 5)]
        frame[FRAME:-FRAME, FRAME:-FRAME] = thumbnail

    def _shortened(self, name: str, prefix: str = "") -> str:
        return _fitted_text(name, prefix, CELL - ROOM)


@cache
def _fitted_text(name: str, prefix: str, width: int) -> str:
    """Return ``prefix`` and as much of ``name`` as fits, with an ellipsis if it is cut."""
    text = prefix + name
    for length in range(len(name) - 1, 0, -1):
        if _width(text) <= width:
            break
        text = f"{prefix}{name[:length].rstrip()}…"
    return text


def _width(text: str, size: int = TEXT_SIZE) -> int:
    """Return the width of a text in pixels."""
    renderer = RendererAgg(1, 1, DPI)
    font = FontProperties(size=size)
    width: float = renderer.get_text_width_height_descent(text, font, ismath=False)[0]
    return ceil(width)


def _png_bytes(figure: Figure) -> bytes:
    """Return the figure as PNG, with fewer colours if it would be too large."""
    stream = io.BytesIO()
    figure.savefig(stream, format="png", dpi=DPI, metadata={"Software": None})
    if stream.tell() > MAX_FILE:
        image = Image.open(stream).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
        stream = io.BytesIO()
        image.save(stream, format="png", optimize=True)
    return stream.getvalue()


def read_round_picks(
    round_number: int, path: str | Path, dataset: str, labels: np.ndarray, class_names: Sequence[str]
) -> RoundPicks:
    """Return the picks of a selected.csv, with the pictures of the first of them.

    Args:
        round_number: from 0.
        path: selected.csv.
        dataset: dataset.h5.
        labels: (N,) of the train part.
        class_names: of the classes 0 to C - 1.

    Raises: InputError if it names rows or classes that do not exist, or an image cannot be read.
    """
    index = read_index(path)
    if len(index) and index.max() >= len(labels):
        raise InputError(f"{path}: names row {index.max()}, but {dataset} has {len(labels)} train samples")
    pictures = thumbnails(dataset, index[:PICKS], SIDE)
    return RoundPicks(round_number, labels[index], _read_predicted(path, class_names), pictures)


def _read_predicted(path: str | Path, class_names: Sequence[str]) -> np.ndarray | None:
    """Return the numbers of the classes in the column ``predicted``, (n,) int64; None if there is none."""
    columns, rows = read_rows(path)
    if "predicted" not in columns:
        return None
    number_of = {name: number for number, name in enumerate(class_names)}
    for place, row in enumerate(rows, start=1):
        if row["predicted"] not in number_of:
            hint = nearest_names(row["predicted"], class_names)
            raise InputError(f"{path}: row {place}: predicted {row['predicted']!r} is not a class{hint}")
    return np.array([number_of[row["predicted"]] for row in rows], dtype=np.int64)
