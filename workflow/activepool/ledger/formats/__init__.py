"""The label files of annotation tools, one module per tool.

A module has `rows`, which reads a file, and `write` if the tool can import files.
"""

from collections.abc import Callable
from pathlib import Path

from activepool.ledger.formats import csv_file, cvat, fiftyone, folders, imagenet, label_studio
from activepool.ledger.formats.rows import ParsedFile

#: The reader of each tool's files.
READERS: dict[str, Callable[[Path], ParsedFile]] = {
    "csv": csv_file.rows,
    "label_studio": label_studio.rows,
    "cvat": cvat.rows,
    "imagenet": imagenet.rows,
    "fiftyone": fiftyone.rows,
    "folders": folders.rows,
}
