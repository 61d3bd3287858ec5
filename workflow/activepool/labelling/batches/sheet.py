"""The sheet of a batch: a page with all its pictures, which opens offline, and in which people label.

The page is one file, `sheet.html` with `sheet.css` and `sheet.js` inside, and loads nothing. Its button saves
the list of the batch with the answers filled in, as `ledger.formats.csv_file` writes and reads it.
"""

import hashlib
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from activepool.data.class_names import MISSING_VALUES
from activepool.io.files import written_whole
from activepool.labelling.pages import Picture, page_template, picture_or_problem
from activepool.ledger.entries import Event
from activepool.ledger.formats.batch import Batch, Pick
from activepool.ledger.formats.csv_file import COLUMNS
from activepool.ledger.formats.rows import MARKS
from activepool.ledger.formats.slips import LIST_SEPARATOR

#: The longer side of a picture in pixels; SMALL_SIDE in a sheet of more than MANY_PICTURES.
SIDE, SMALL_SIDE, MANY_PICTURES = 512, 256, 500

#: The most classes that have buttons on each picture; if there are more, people type the names.
BUTTONS = 12

#: The largest margin between the two likeliest classes at which the model hesitates.
HESITATION = 0.05

#: Why a strategy picked a picture, for annotators; other strategies are shown by their names.
REASONS = (
    dict.fromkeys(
        ["margin", "cluster_margin", "entropy", "confidence"],
        "the model is less sure of it than of most others",  # it may be sure of nearly all
    )
    | dict.fromkeys(["base", "mase"], "for the model it is nearer to another class than most others")
    | dict.fromkeys(["maxherding", "typiclust", "kmeans"], "it is typical of many others")
    | {"coreset": "it is unlike all that was picked before", "random": "by chance"}
)


@dataclass(frozen=True)
class Choice:
    """An answer without a class: its button, its key, and its meaning."""

    event: Event
    text: str
    key: str
    meaning: str


CHOICES = (
    Choice(Event.CANNOT_TELL, "Cannot tell", "t", "nobody could say it from this picture"),
    Choice(Event.SKIP, "Skip", "s", "you would rather not decide; nobody is asked again"),
    Choice(Event.NOT_OURS, "Not ours", "x", "the picture does not belong in this collection, and leaves it"),
)


@dataclass(frozen=True)
class Card:
    """A picture of the batch: its number from 1, its cells in the list of the batch, and its near-duplicates.

    ``problem`` says why the picture cannot be read; None if it can, or if there are only embeddings.
    """

    number: int
    pick: Pick
    cells: Mapping[str, object]
    near: list[int]
    is_removed: bool = False
    picture: Picture | None = None
    problem: str | None = None

    @property
    def reason(self) -> str:
        """Why it was picked, in words for known strategies."""
        strategy = self.pick.why.partition(":")[0]
        return f"{REASONS[strategy]} ({strategy})" if strategy in REASONS else self.pick.why

    @property
    def certainty(self) -> str:
        """The probabilities of the predicted class and the next one; empty if they are not known."""
        probability, margin = self.pick.probability, self.pick.margin
        if probability is None:
            return ""
        if margin is None:
            return f" {probability:.0%}"
        next_class = f"{max(0, probability - margin):.0%}"
        if margin <= HESITATION:
            return f" {probability:.0%}; the model hesitates between it and another class, {next_class}"
        return f" {probability:.0%}, the next class {next_class}"


def write_sheet(
    path: str | Path,
    batch: Batch,
    picture: Callable[[str], Path] | None,
    title: str,
    near: Mapping[str, tuple[str, ...]],
    return_to: str,
    removed: Collection[str] = (),
) -> None:
    """Write the sheet of a batch, with one picture in memory at a time.

    The page gives the reason in place of a picture that cannot be read, or that was removed, because another
    picture may have its path now.

    Args:
        picture: the image file of a source; None if the pool has only embeddings.
        near: the samples of the batch that look almost like a sample, by sample.
        return_to: the folder for the files that people save.
        removed: the samples of the batch that are no longer in the pool.
    """
    page = page_template("batches/sheet.html").stream(
        title=title,
        batch=batch,
        cards=_cards(batch, picture, near, removed),
        removed=len(removed),
        has_pictures=picture is not None,
        has_predictions=any(pick.predicted for pick in batch.picks),
        return_to=return_to,
        buttons=BUTTONS,
        choices=CHOICES,
        settings=_settings(batch, title),
    )
    with written_whole(path) as temporary, temporary.open("w", encoding="utf-8", newline="\n") as stream:
        stream.writelines(page)


def _settings(batch: Batch, title: str) -> dict[str, Any]:
    samples = hashlib.sha256("".join(pick.sample for pick in batch.picks).encode()).hexdigest()
    return {
        "batch": batch.name,
        # Two projects may have one name; their pictures differ.
        "key": f"activepool/{title}/{batch.name}/{samples[:16]}",
        "columns": COLUMNS,
        "classes": batch.classes,
        "buttons": BUTTONS,
        "marks": MARKS,
        "missing": MISSING_VALUES,
        "several": LIST_SEPARATOR.pattern,
    }


def _cards(
    batch: Batch,
    picture: Callable[[str], Path] | None,
    near: Mapping[str, tuple[str, ...]],
    removed: Collection[str],
) -> Iterator[Card]:
    numbers = {pick.sample: number for number, pick in enumerate(batch.picks, start=1)}
    side = SIDE if len(batch.picks) <= MANY_PICTURES else SMALL_SIDE
    for number, pick in enumerate(batch.picks, start=1):
        cells = {"batch": batch.name, **pick.cells()}
        neighbours = sorted(numbers[sample] for sample in near.get(pick.sample, ()) if sample in numbers)
        is_removed = pick.sample in removed
        if picture is None or is_removed:
            yield Card(number, pick, cells, neighbours, is_removed)
        else:
            content = picture_or_problem(picture, pick.source, side)
            yield Card(number, pick, cells, neighbours, False, *content)
