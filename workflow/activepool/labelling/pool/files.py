"""The present images of a pool, of which only new ones are read, and the names that they may have.

``files.csv`` has a line for each image, with the fields of `PoolFile`.
"""

import sys
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import pandas as pd
from tqdm import tqdm

from activepool.compute.blocks import Compute, row_blocks
from activepool.data.image_files import decode_image, reading_problem, without_warnings
from activepool.errors import InputError, first_lines, require_none
from activepool.io.files import file_digest, write_text
from activepool.ledger.entries import has_control, misfit_of

#: The file, in the folder of a pool.
FILES = "files.csv"

#: The images that a thread hashes before it reports progress.
BLOCK_IMAGES = 16


class PoolFile(NamedTuple):
    """A present image: its path, relative to the root, and the SHA-256 of its content.

    ``bytes`` and ``mtime_ns`` are its size and time when it was hashed; ``problem`` says why it cannot be
    read, and is empty if it can.
    """

    source: str
    sample: str
    bytes: int
    mtime_ns: int
    problem: str = ""


def image_files(
    folder: str | Path,
    root: Path,
    sources: Sequence[str],
    *,
    skip_unreadable: bool = False,
    workers: int = 1,
    dry: bool = False,
) -> list[PoolFile]:
    """Return the present images in the order of their sources; only new ones are read.

    New images are decoded completely, so that no job finds a damaged one later.

    Args:
        folder: of the pool, whose files.csv has the known images.
        skip_unreadable: whether to leave out images that cannot be read; otherwise they are read again.
        dry: whether to write nothing.

    Raises: InputError with a line for each unreadable image, unless they are skipped; what was read is kept,
    unless ``dry``.
    """
    cache = Path(folder) / FILES
    by_source = {file.source: file for file in read_files(cache)} if cache.is_file() else {}
    unread = [
        source for source in sources if not is_unchanged(root, source, by_source.get(source), skip_unreadable)
    ]
    announced = [source for source in unread if source not in by_source or not by_source[source].problem]
    if announced:
        present = set(sources)
        gone = {(file.bytes, file.mtime_ns) for file in by_source.values() if file.source not in present}
        print(f"activepool: notice: {_reading_notice(root, announced, gone)}", file=sys.stderr)

    def read_block(block: slice) -> list[PoolFile]:
        return [_file(root, source) for source in unread[block]]

    with without_warnings(), tqdm(total=len(unread), desc="read", unit="image", disable=None) as progress:
        for block in Compute(workers=workers).map(read_block, row_blocks(len(unread), BLOCK_IMAGES)):
            by_source |= {file.source: file for file in block}
            progress.update(len(block))
    files = [by_source[source] for source in sorted(sources)]
    unreadable = [file for file in files if file.problem]
    if unreadable and not skip_unreadable:
        if not dry:
            write_files(cache, files)
        lines = [f"{root / file.source}: not a readable image ({file.problem})" for file in unreadable]
        remedy = f"{root}: repair or remove these, or set on_unreadable: skip"
        raise InputError(*first_lines(lines, root), remedy)
    return files


def is_unchanged(root: Path, source: str, file: PoolFile | None, skip_unreadable: bool = True) -> bool:
    """Return whether an image has the size and the time of ``file``, as it was read; see `image_files`."""
    if file is None or (file.problem and not skip_unreadable):
        return False
    try:
        status = (root / source).stat()
    except OSError:
        return False
    return (status.st_size, status.st_mtime_ns) == (file.bytes, file.mtime_ns)


def _reading_notice(root: Path, sources: Sequence[str], gone: Collection[tuple[int, int]]) -> str:
    """Return how many images are read; one with the size and the time of a ``gone`` image was renamed."""
    statuses = [(root / source).stat() for source in sources if gone and (root / source).is_file()]
    renamed = sum((status.st_size, status.st_mtime_ns) in gone for status in statuses)
    counts = [(len(sources) - renamed, "new"), (renamed, "renamed")]
    texts = [f"{count:,} {kind} image{'s' * (count > 1)}" for count, kind in counts if count]
    return f"reading {' and '.join(texts)} in {root}"


def _file(root: Path, source: str) -> PoolFile:
    path, problem = root / source, ""
    try:
        status = path.stat()
        sample = file_digest(path)
    except OSError as error:
        return PoolFile(source, "", 0, 0, error.strerror or str(error))
    try:
        decode_image(
            path, "RGB", min_side=1
        )  # at an eighth of the size of a JPEG, in less than half the time
    except Exception as error:  # a decoder may raise any error on damaged data
        problem = reading_problem(path, error)
    return PoolFile(source, sample, status.st_size, status.st_mtime_ns, problem)


def read_files(path: Path) -> Iterator[PoolFile]:
    """Yield the images of the last run, from files.csv."""
    columns = dict.fromkeys(PoolFile._fields, str) | {"bytes": int, "mtime_ns": int}
    table = read_table(path, columns)
    return map(PoolFile._make, zip(*(table[column].tolist() for column in columns), strict=True))


def write_files(path: Path, files: Sequence[PoolFile]) -> None:
    """Write the present images into files.csv."""
    write_if_changed(path, pd.DataFrame(files, columns=PoolFile._fields))


def read_table(path: str | Path, columns: Mapping[str, type]) -> pd.DataFrame:
    """Return some columns of a pool's table with their types; raises InputError if it is not such a table."""
    try:
        return pd.read_csv(path, dtype=columns, keep_default_na=False, encoding="utf-8")[list(columns)]
    except (OSError, ValueError, KeyError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is damaged"
        problem = f"not a table of a pool ({reason}); delete the file, and the next run rebuilds it"
        raise InputError(f"{path}: {problem}") from error


def write_if_changed(path: Path, table: pd.DataFrame) -> None:
    """Write a table unless the file has it already, because jobs rerun if the time of the file changes."""
    text = table.to_csv(index=False)
    if not (path.is_file() and path.read_text(encoding="utf-8") == text):
        write_text(path, text)


def require_ledger_names(place: object, names: Iterable[str], noun: str) -> None:
    """Raise InputError with a line for each name, of a file or a row at ``place``, that no entry can hold."""
    problems = dict.fromkeys(filter(None, (name_problem(name, noun) for name in names)))
    require_none([f"{place}: {problem}" for problem in problems], place)


def name_problem(name: str, noun: str) -> str | None:
    """Return why no entry can hold a name, and what to rename; None if one can.

    Of a file that is the folder, if its name is the reason; all files in it have the same problem then.
    """
    misfit = misfit_of(name)
    if misfit is None:
        return None
    if noun == "file" and (folder := _misfit_folder(name)):
        misfit, noun = misfit_of(folder) or misfit, "folder"
    return f"the name {misfit.problem}; rename the {noun}"


def _misfit_folder(path: str) -> str:
    """Return the first folder of a path with a control character, or a blank at the path's beginning."""
    *folders, _ = path.split("/")
    for number, folder in enumerate(folders):
        if has_control(folder) or (number == 0 and folder != folder.lstrip()):
            return "/".join(folders[: number + 1])
    return ""
