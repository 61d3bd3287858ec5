"""The samples of a real pool: each has a row that never moves, and new ones get rows at the end.

``samples.csv`` has a line for each row: ``row``, ``sample`` (the SHA-256 of its content), ``part``, and
``source``, the path of its image where it was first found. Images arrive in parts; the features of a part are
extracted together, and only once. ``files.csv`` has a line for each image that is there now, with the fields
of `PoolFile`; so only new images are read.
"""

import sys
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from tqdm import tqdm

from activepool.compute.arrays import BoolArray, IntArray
from activepool.compute.blocks import Compute, row_blocks
from activepool.data.image_files import decode_image, problem_of, without_warnings
from activepool.errors import InputError
from activepool.features.store import FeatureMatrix
from activepool.io.files import file_digest, write_text
from activepool.labelling.pool.reading_notice import reading_notice
from activepool.labelling.pool.vectors import vector_samples
from activepool.ledger.entries import Entry
from activepool.ledger.pool_samples import PoolSamples

#: The files of a pool, in its folder.
SAMPLES, FILES = "samples.csv", "files.csv"

#: Images that a thread hashes before it reports progress.
BLOCK_IMAGES = 16

#: So many unreadable images are named in a message.
MAX_NAMED = 20


class PoolFile(NamedTuple):
    """An image that is there now.

    Attributes:
        source: its path, relative to the root.
        sample: the SHA-256 of its content.
        bytes, mtime_ns: its size and time when it was hashed.
        problem: why it cannot be read; empty if it can.
    """

    source: str
    sample: str
    bytes: int
    mtime_ns: int
    problem: str = ""


@dataclass(frozen=True)
class Pool:
    """The samples of a pool by their rows, N of them.

    Attributes:
        samples: (N,) their names.
        parts: (N,) the part that each arrived in, from 1 on.
        first_sources: (N,) where each was first found.
        sources: the sources that are there now, and the sample of each.
        is_read: whether the files have been read; if not, names stand for their contents.
        unreadable: how many images are there that cannot be read, and so are no samples.
    """

    samples: Sequence[str]
    parts: Sequence[int]
    first_sources: Sequence[str]
    sources: dict[str, str]
    is_read: bool = True
    unreadable: int = 0

    @property
    def duplicates(self) -> int:
        """How many sources have the content of another one."""
        return len(self.sources) - len(self._present)

    @cached_property
    def row_of(self) -> dict[str, int]:
        """The row of each sample."""
        return {sample: row for row, sample in enumerate(self.samples)}

    @cached_property
    def is_present(self) -> BoolArray:
        """(N,) whether a sample is there now."""
        return np.array([sample in self._present for sample in self.samples], dtype=np.bool_)

    @cached_property
    def _present(self) -> set[str]:
        return set(self.sources.values())

    def is_here(self, sample: str) -> bool:
        """Return whether a sample is there now; as long as the files have not been read, any may be."""
        return not self.is_read or sample in self._present

    @cached_property
    def row_sources(self) -> list[str]:
        """(N,) the path of each sample: the first that is there now, or where it was first found."""
        now: dict[str, str] = {}
        for source, sample in self.sources.items():
            now.setdefault(sample, source)
        pairs = zip(self.samples, self.first_sources, strict=True)
        return [
            first if self.sources.get(first) == sample else now.get(sample, first) for sample, first in pairs
        ]

    def rows_of_part(self, part: int) -> IntArray:
        """Return the rows of a part, ascending."""
        return np.flatnonzero(np.asarray(self.parts) == part)

    def names(self, entries: Iterable[Entry], root: Path | None, address: str = "") -> PoolSamples:
        """Return what label files may call the samples, see `PoolSamples`.

        Args:
            entries: of the ledger.
            root: the folder of the images; None if the pool is one of vectors, whose rows have no names.
            address: of this folder where Label Studio shows it; empty if none is given.
        """
        return PoolSamples(
            list(self.sources.values()),
            list(self.sources),
            entries,
            has_stable_rows=root is None,
            rows=self.samples,
            root=root,
            address=address,
        )


def read_pool(folder: str | Path) -> Pool:
    """Return the pool that a folder describes; an empty one if it describes none yet."""
    folder = Path(folder)
    if not (folder / SAMPLES).is_file():
        return Pool([], [], [], {})
    return _pool(read_samples(folder / SAMPLES), read_files(folder / FILES))


def _pool(samples: pd.DataFrame, files: Sequence[PoolFile]) -> Pool:
    """Return the pool of a table of samples and the files that are there now."""
    return Pool(
        samples["sample"].tolist(),
        samples["part"].tolist(),
        samples["source"].tolist(),
        {file.source: file.sample for file in files if not file.problem},
        unreadable=sum(bool(file.problem) for file in files),
    )


def read_samples(path: str | Path) -> pd.DataFrame:
    """Return the table of a samples.csv: row, sample, part and source."""
    return _read_table(path, {"row": int, "sample": str, "part": int, "source": str})


def image_files(
    folder: str | Path, root: Path, sources: Sequence[str], *, skip_unreadable: bool = False, workers: int = 1
) -> list[PoolFile]:
    """Return the images that are there now, in the order of their sources; only new ones are read.

    New ones are decoded to their ends, so that no job finds a damaged one later.

    Args:
        folder: of the pool, whose files.csv has those that are known.
        root: the folder that sources start from.
        sources: their paths.
        skip_unreadable: whether to leave out images that cannot be read; else these are read again.
        workers: threads; no effect on the result.

    Raises: InputError with a line for each unreadable image, unless they are skipped; what was read is kept.
    """
    cache = Path(folder) / FILES
    known = {file.source: file for file in read_files(cache)} if cache.is_file() else {}
    unread = [
        source for source in sources if not is_as_known(root, source, known.get(source), skip_unreadable)
    ]
    shown = [source for source in unread if not (source in known and known[source].problem)]
    if shown:
        here = set(sources)
        gone = {(file.bytes, file.mtime_ns) for file in known.values() if file.source not in here}
        print(f"activepool: {reading_notice(root, shown, gone)}", file=sys.stderr)

    def read_block(block: slice) -> list[PoolFile]:
        return [_file(root, source) for source in unread[block]]

    with without_warnings(), tqdm(total=len(unread), desc="read", unit="image", disable=None) as progress:
        for files in Compute(workers=workers).map(read_block, row_blocks(len(unread), BLOCK_IMAGES)):
            known |= {file.source: file for file in files}
            progress.update(len(files))
    found = [known[source] for source in sorted(sources)]
    unreadable = [file for file in found if file.problem]
    if unreadable and not skip_unreadable:
        _write_if_other(cache, _table_of(found))
        raise InputError(*_unreadable_lines(root, unreadable))
    return found


def vector_files(vectors: FeatureMatrix) -> list[PoolFile]:
    """Return the rows of a user's vectors (N, d), whose sources are their numbers."""
    samples = enumerate(vector_samples(vectors))
    return [PoolFile(str(row), sample, vectors.shape[1], 0) for row, sample in samples]


def update_pool(
    folder: str | Path,
    files: Sequence[PoolFile],
    is_frozen: Callable[[int], bool],
    lost: Collection[str] = (),
) -> Pool:
    """Bring the tables of a pool up to date with the files that are there now, and return it.

    Samples of a frozen part keep their rows, whether they are there or not. All other samples that are there
    make one new part, in the order of ``files``.

    Args:
        folder: of the pool.
        files: that are there now; those with a problem make no sample.
        is_frozen: whether the features of a part exist.
        lost: samples that have no features although their part has.
    """
    folder = Path(folder)
    before = read_pool(folder)
    known = zip(before.samples, before.parts, before.first_sources, strict=True)
    rows = [row for row in known if row[0] not in lost and is_frozen(row[1])]
    taken = {row[0] for row in rows}
    part = max((part for _, part, _ in rows), default=0) + 1
    for file in files:
        if not file.problem and file.sample not in taken:
            taken.add(file.sample)
            rows.append((file.sample, part, file.source))
    table = pd.DataFrame(rows, columns=["sample", "part", "source"])
    table.insert(0, "row", np.arange(len(table)))
    _write_if_other(folder / FILES, _table_of(files))
    _write_if_other(folder / SAMPLES, table)
    return _pool(table, files)


def is_as_known(root: Path, source: str, known: PoolFile | None, skip_unreadable: bool = True) -> bool:
    """Return whether an image has the size and the time of the one that was read; see `image_files`."""
    if known is None or (known.problem and not skip_unreadable):
        return False
    try:
        status = (root / source).stat()
    except OSError:
        return False
    return (status.st_size, status.st_mtime_ns) == (known.bytes, known.mtime_ns)


def _file(root: Path, source: str) -> PoolFile:
    path = root / source
    try:
        status = path.stat()
        sample = file_digest(path)
    except OSError as error:
        return PoolFile(source, "", 0, 0, error.strerror or str(error))
    return PoolFile(source, sample, status.st_size, status.st_mtime_ns, _problem(path))


def _problem(path: Path) -> str:
    """Return why an image cannot be read; empty if it can."""
    try:
        decode_image(path, "RGB", least=1)  # at an eighth of the size of a JPEG, in less than half the time
    except Exception as error:  # a decoder may raise any error on damaged data
        return problem_of(path, error)
    return ""


def _unreadable_lines(root: Path, files: list[PoolFile]) -> list[str]:
    lines = [f"{root / file.source}: not a readable image ({file.problem})" for file in files[:MAX_NAMED]]
    if len(files) > MAX_NAMED:
        lines.append(f"{root}: {len(files) - MAX_NAMED:,} more of the kind")
    return [*lines, f"{root}: repair or remove these, or set on_unreadable: skip"]


def _table_of(files: Sequence[PoolFile]) -> pd.DataFrame:
    return pd.DataFrame(files, columns=PoolFile._fields)


def read_files(path: Path) -> list[PoolFile]:
    """Return the images that were there in the last run, from files.csv."""
    columns = dict.fromkeys(PoolFile._fields, str) | {"bytes": int, "mtime_ns": int}
    return [PoolFile(*row) for row in _read_table(path, columns).itertuples(index=False)]


def _read_table(path: str | Path, columns: Mapping[str, type]) -> pd.DataFrame:
    try:
        return pd.read_csv(path, dtype=columns, keep_default_na=False, encoding="utf-8")[list(columns)]
    except (OSError, ValueError, KeyError) as error:
        problem = f"not a table of a pool ({error}); delete the file to have it made again"
        raise InputError(f"{path}: {problem}") from error


def _write_if_other(path: Path, table: pd.DataFrame) -> None:
    """Write a table unless the file has it: jobs rerun if the time of the file changes."""
    text = table.to_csv(index=False)
    if not (path.is_file() and path.read_text(encoding="utf-8") == text):
        write_text(path, text)
