"""The label files of annotation tools, a module for each tool.

A module has `rows`, which reads a file, and `write` if the tool reads files. `read` reads those of all tools.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

from activepool.errors import InputError
from activepool.ledger.formats import csv_file, cvat, fiftyone, folders, imagenet, label_studio
from activepool.ledger.formats.answers import Answers, answers_of
from activepool.ledger.formats.rows import Parsed
from activepool.ledger.formats.typed_classes import ClassNames
from activepool.ledger.pool_samples import PoolSamples

#: How the rows of a tool's file are read.
READERS: Mapping[str, Callable[[Path], Parsed]] = MappingProxyType(
    {
        "csv": csv_file.rows,
        "label_studio": label_studio.rows,
        "cvat": cvat.rows,
        "imagenet": imagenet.rows,
        "fiftyone": fiftyone.rows,
        "folders": folders.rows,
    }
)


def read(
    tool: str,
    path: str | Path,
    samples: PoolSamples,
    classes: ClassNames | None = None,
    who: str = "annotator",
    skip_bad: bool = False,
) -> Answers:
    """Return what people answered in a label file.

    Args:
        tool: one of `READERS`.
        path: the file; for ``folders``, the folder.
        samples: of the pool.
        classes: that labels may name; by default any.
        who: the annotator, where the file names none.
        skip_bad: whether to leave out what is wrong, instead of taking nothing from a file with a mistake.

    Raises: InputError with a line for each mistake, if the file is damaged, and if it has no row.
    """
    if tool not in READERS:
        raise InputError(f"tool {tool!r} is not known; there are {', '.join(READERS)}")
    path = Path(path)
    if not path.exists():
        raise InputError(f"{path}: there is no such file; it must be an export of {tool}")
    return answers_of(path, READERS[tool](path), samples, classes or ClassNames(), who, skip_bad)
