"""The images that a pool has now; only new ones are read.

``files.csv`` has a line for each, with the fields of `PoolFile`.
"""

import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import pandas as pd
from tqdm import tqdm

from activepool.compute.blocks import Compute, row_blocks
from activepool.data.image_files import decode_image, problem_of, without_warnings
from activepool.errors import InputError, first_lines
from activepool.features.store import FeatureMatrix
from activepool.io.files import file_digest, write_text
from activepool.labelling.pool.vectors import vector_samples

#: The file, in the folder of a pool.
FILES = "files.csv"

#: Images that a thread hashes before it reports progress.
BLOCK_IMAGES = 16


class PoolFile(NamedTuple):
    """An image that is there now: its path, relative to the root, and the SHA-256 of its content.

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
    """Return the images that are there now, in the order of their sources; only new ones are read.

    New ones are decoded to their ends, so that no job finds a damaged one later.

    Args:
        folder: of the pool, whose files.csv has those that are known.
        root: the folder that sources start from.
        skip_unreadable: whether to leave out images that cannot be read; else these are read again.
        workers: threads; no effect on the result.
        dry: whether to write nothing.

    Raises: InputError with a line for each unreadable image, unless they are skipped; what was read is kept,
        unless ``dry``.
    """
    cache = Path(folder) / FILES
    known = {file.source: file for file in read_files(cache)} if cache.is_file() else {}
    unread = [
        source for source in sources if not is_as_known(root, source, known.get(source), skip_unreadable)
    ]
    shown = [source for source in unread if source not in known or not known[source].problem]
    if shown:
        here = set(sources)
        gone = {(file.bytes, file.mtime_ns) for file in known.values() if file.source not in here}
        print(f"activepool: {_reading_notice(root, shown, gone)}", file=sys.stderr)

    def read_block(block: slice) -> list[PoolFile]:
        return [_file(root, source) for source in unread[block]]

    with without_warnings(), tqdm(total=len(unread), desc="read", unit="image", disable=None) as progress:
        for files in Compute(workers=workers).map(read_block, row_blocks(len(unread), BLOCK_IMAGES)):
            known |= {file.source: file for file in files}
            progress.update(len(files))
    found = [known[source] for source in sorted(sources)]
    unreadable = [file for file in found if file.problem]
    if unreadable and not skip_unreadable:
        if not dry:
            write_files(cache, found)
        lines = [f"{root / file.source}: not a readable image ({file.problem})" for file in unreadable]
        remedy = f"{root}: repair or remove these, or set on_unreadable: skip"
        raise InputError(*first_lines(lines, root), remedy)
    return found


def vector_files(vectors: FeatureMatrix, names: Sequence[str] | None = None) -> list[PoolFile]:
    """Return the rows of a user's vectors (N, d), whose sources are their names, or else their numbers."""
    sources = map(str, range(vectors.shape[0])) if names is None else names
    pairs = zip(sources, vector_samples(vectors), strict=True)
    return [PoolFile(source, sample, vectors.shape[1], 0) for source, sample in pairs]


def is_as_known(root: Path, source: str, known: PoolFile | None, skip_unreadable: bool = True) -> bool:
    """Return whether an image has the size and the time of the one that was read; see `image_files`."""
    if known is None or (known.problem and not skip_unreadable):
        return False
    try:
        status = (root / source).stat()
    except OSError:
        return False
    return (status.st_size, status.st_mtime_ns) == (known.bytes, known.mtime_ns)


def _reading_notice(root: Path, sources: Sequence[str], gone: Collection[tuple[int, int]]) -> str:
    """Return how many images are read; one with the size and the time of one that is gone was renamed."""
    found = [(root / source).stat() for source in sources if gone and (root / source).is_file()]
    moved = sum((status.st_size, status.st_mtime_ns) in gone for status in found)
    counts = [(len(sources) - moved, "new"), (moved, "renamed")]
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
        decode_image(path, "RGB", least=1)  # at an eighth of the size of a JPEG, in less than half the time
    except Exception as error:  # a decoder may raise any error on damaged data
        problem = problem_of(path, error)
    return PoolFile(source, sample, status.st_size, status.st_mtime_ns, problem)


def read_files(path: Path) -> Iterator[PoolFile]:
    """Yield the images that were there in the last run, from files.csv."""
    columns = dict.fromkeys(PoolFile._fields, str) | {"bytes": int, "mtime_ns": int}
    table = read_table(path, columns)
    return map(PoolFile._make, zip(*(table[column].tolist() for column in columns), strict=True))


def write_files(path: Path, files: Sequence[PoolFile]) -> None:
    """Write the images that are there now into files.csv."""
    write_if_other(path, pd.DataFrame(files, columns=PoolFile._fields))


def read_table(path: str | Path, columns: Mapping[str, type]) -> pd.DataFrame:
    """Return some columns of a table of a pool, each of a type; raises InputError if it is none."""
    try:
        return pd.read_csv(path, dtype=columns, keep_default_na=False, encoding="utf-8")[list(columns)]
    except (OSError, ValueError, KeyError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is damaged"
        problem = f"not a table of a pool ({reason}); delete the file, and the next run rebuilds it"
        raise InputError(f"{path}: {problem}") from error


def write_if_other(path: Path, table: pd.DataFrame) -> None:
    """Write a table unless the file has it: jobs rerun if the time of the file changes."""
    text = table.to_csv(index=False)
    if not (path.is_file() and path.read_text(encoding="utf-8") == text):
        write_text(path, text)
