"""The label files of annotation tools, a module for each tool.

A module has `rows`, which reads a file, and `write` if the tool reads files.
"""

from collections.abc import Callable
from pathlib import Path

from activepool.ledger.formats import csv_file, cvat, fiftyone, folders, imagenet, label_studio
from activepool.ledger.formats.rows import Parsed

#: How the rows of a tool's file are read.
READERS: dict[str, Callable[[Path], Parsed]] = {
    "csv": csv_file.rows,
    "label_studio": label_studio.rows,
    "cvat": cvat.rows,
    "imagenet": imagenet.rows,
    "fiftyone": fiftyone.rows,
    "folders": folders.rows,
}
