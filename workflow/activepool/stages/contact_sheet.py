"""Show what a strategy picked with one seed: a contact sheet, as PNG."""

import argparse
from pathlib import Path

import numpy as np

from activepool.data.label_file import LabelFile
from activepool.data.labels import UsedLabels, merged_labels, used_labels
from activepool.data.samples import UNKNOWN
from activepool.data.thumbnails import thumbnails
from activepool.errors import InputError
from activepool.figures.contact_sheet import PICKS, SIDE, RoundPicks, write_sheet
from activepool.figures.fonts import font_notices
from activepool.figures.settings import Settings
from activepool.figures.styles import styles_of
from activepool.io.index_files import read_index, read_rows, whole_number
from activepool.stages.parsing import StageParser
from activepool.stages.program import run as run_stage
from activepool.stages.program import say
from activepool.stages.run_paths import add_runs_arguments, files_of_runs, require
from activepool.stages.selections import SELECTED


def command_line() -> StageParser:
    """Return the command line."""
    parser = StageParser(__doc__)
    parser.add_input("--dataset", required=True, help="dataset.h5: images, labels and class names")
    parser.add_argument("--annotations", help="CSV of labels that came after the dataset was made")
    add_runs_arguments(parser, SELECTED)
    parser.add_argument("--oracles", nargs="*", default=[], help="strategies that read all labels")
    parser.add_output("--output", required=True, help="PNG to write")
    return parser


def main(arguments: argparse.Namespace) -> UsedLabels | None:
    """Read picks, labels and images, and write the sheet; return the annotations that were used."""
    files = files_of_runs(arguments, SELECTED)
    with LabelFile(arguments.dataset) as file:
        labels, class_names = merged_labels(file, arguments.annotations), file.class_names
        picks = np.unique(np.concatenate([read_index(require(path)) for path in files.values()]))
        picks = picks[picks < len(labels)]  # what lies outside is told below
        used = used_labels(file, picks, labels[picks], arguments.annotations)
    labels = np.maximum(labels, UNKNOWN)
    rounds = [
        read_round(run.round_number, require(path), arguments.dataset, labels, len(class_names))
        for run, path in files.items()
    ]
    settings = Settings(oracles=tuple(arguments.oracles))
    (style,) = styles_of(arguments.strategies, settings).values()
    title = f"{' '.join([style.name, *style.note.splitlines()])}, seed {arguments.seeds[0]}"
    say(font_notices(class_names))
    write_sheet(arguments.output, title, rounds, class_names)
    return used


def read_round(round_number: int, path: Path, dataset: str, labels: np.ndarray, classes: int) -> RoundPicks:
    """Return the picks of a selected.csv, with the pictures of the first of them.

    Args:
        round_number: from 0.
        path: selected.csv.
        dataset: dataset.h5.
        labels: (N,) of the train part.
        classes: how many there are.

    Raises: InputError if it names rows or classes that are not there, or an image cannot be read.
    """
    index = read_index(path)
    if len(index) and index.max() >= len(labels):
        raise InputError(f"{path}: names row {index.max()}, but {dataset} has {len(labels)} train samples")
    pictures = thumbnails(dataset, index[:PICKS], SIDE)
    return RoundPicks(round_number, labels[index], read_predicted(path, classes), pictures)


def read_predicted(path: str | Path, classes: int) -> np.ndarray | None:
    """Return the column ``predicted`` of a selected.csv, (n,) int64; None where there is none."""
    names, rows = read_rows(path)
    if "predicted" not in names:
        return None
    predicted = [whole_number(row["predicted"]) for row in rows]
    for number, (value, row) in enumerate(zip(predicted, rows, strict=True), start=1):
        if value is None or value >= classes:
            raise InputError(
                f"{path}: row {number}: predicted {row['predicted']!r} is not a class (0 to {classes - 1})"
            )
    return np.array(predicted, dtype=np.int64)


if __name__ == "__main__":
    run_stage(command_line(), main)
