"""The samples of a real pool: each has a row that never moves, and new samples get rows at the end.

``samples.csv`` has a line for each row: ``row``, ``sample`` (the SHA-256 of its content), ``part``, and
``source``, the first path of its image. Images arrive in parts; the features of a part are extracted
together, and only once.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from activepool.compute.arrays import BoolArray
from activepool.labelling.pool.files import (
    FILES,
    PoolFile,
    read_files,
    read_table,
    write_files,
    write_if_changed,
)
from activepool.ledger.entries import Entry
from activepool.ledger.pool_samples import PoolSamples

#: The file, in the folder of a pool.
SAMPLES = "samples.csv"


class ExchangedName(NamedTuple):
    """A name that another image has now: the sample that had it, and the present name of that sample."""

    name: str
    sample: str
    now: str

    def text(self, noun: str) -> str:
        """Return the text for a person; ``noun`` is that of a sample, such as ``image``."""
        return f"{self.name!r} (the {noun} of this name is now {self.now!r})"


@dataclass(frozen=True)
class Pool:
    """The samples of a pool by their rows, N of them, and the present sources, each with its sample.

    Attributes:
        parts: (N,) the part in which each arrived, counted from 1.
        first_sources: (N,) the first source of each.
        is_read: whether the files have been read; if not, names stand for their contents.
        unreadable: the number of images that cannot be read, and so are not samples.
        exchanged: names that another sample had in the last run, or when the sample was first found.
    """

    samples: Sequence[str]
    parts: Sequence[int]
    first_sources: Sequence[str]
    sources: dict[str, str]
    is_read: bool = True
    unreadable: int = 0
    exchanged: Sequence[ExchangedName] = ()

    @property
    def duplicates(self) -> int:
        """The number of sources with the content of another source."""
        return len(self.sources) - len(self._first_source)

    @cached_property
    def row_of(self) -> dict[str, int]:
        """The row of each sample."""
        return {sample: row for row, sample in enumerate(self.samples)}

    @cached_property
    def is_present(self) -> BoolArray:
        """(N,) whether each sample is present."""
        return np.fromiter(map(self._first_source.__contains__, self.samples), np.bool_, len(self.samples))

    @cached_property
    def _first_source(self) -> dict[str, str]:
        return {sample: source for source, sample in reversed(self.sources.items())}

    def is_here(self, sample: str) -> bool:
        """Return whether a sample is present; as long as the files have not been read, any may be."""
        return not self.is_read or sample in self._first_source

    @cached_property
    def is_numbered(self) -> bool:
        """Whether sources are the numbers of rows, as those of vectors without names are."""
        return all(source == str(row) for row, source in enumerate(self.sources))

    @cached_property
    def row_sources(self) -> list[str]:
        """(N,) the path of each sample, see `source`."""
        return [self.source(row) for row in range(len(self.samples))]

    def source(self, row: int) -> str:
        """Return the path of a sample: its first one, unless the sample is only elsewhere now."""
        sample, first = self.samples[row], self.first_sources[row]
        return first if self.sources.get(first) == sample else self._first_source.get(sample, first)

    def files_by_row(self) -> Iterator[tuple[int, str]]:
        """Yield each present and each removed source with the row of its sample.

        The sources of a row are all that have its content now or, if it is gone, its first one, unless
        another sample has that name now.
        """
        sources_of: dict[str, list[str]] = {}
        for source, sample in self.sources.items():
            sources_of.setdefault(sample, []).append(source)
        for row, (sample, first) in enumerate(zip(self.samples, self.row_sources, strict=True)):
            if sample in sources_of or first not in self.sources:
                yield row, first
            yield from ((row, copy) for copy in sources_of.get(sample, ()) if copy != first)

    def names(self, entries: Iterable[Entry], root: Path | None, address: str = "") -> PoolSamples:
        """Return the names that label files may give samples, see `PoolSamples`; vectors have no root."""
        return PoolSamples(
            list(self.sources.values()),
            list(self.sources),
            entries,
            has_stable_rows=root is None and self.is_numbered,
            rows=self.samples,
            root=root,
            address=address,
        )


def read_pool(folder: str | Path) -> Pool:
    """Return the pool that a folder describes; an empty pool if the folder has no tables yet."""
    folder = Path(folder)
    if not (folder / SAMPLES).is_file():
        return Pool([], [], [], {})
    return _pool(read_samples(folder / SAMPLES), read_files(folder / FILES))


def _pool(samples: pd.DataFrame, files: Iterable[PoolFile]) -> Pool:
    sources, unreadable = {}, 0
    for file in files:
        if file.problem:
            unreadable += 1
        else:
            sources[file.source] = file.sample
    names, parts, first_sources = (samples[column].tolist() for column in ("sample", "part", "source"))
    return Pool(names, parts, first_sources, sources, unreadable=unreadable)


def read_samples(path: str | Path) -> pd.DataFrame:
    """Return the table of a samples.csv: row, sample, part and source."""
    return read_table(path, {"row": int, "sample": str, "part": int, "source": str})


def update_pool(
    folder: str | Path,
    files: Sequence[PoolFile],
    is_frozen: Callable[[int], bool],
    lost: Collection[str] = (),
    dry: bool = False,
) -> Pool:
    """Update the tables of a pool with the present files, and return the pool; if ``dry``, write nothing.

    Samples of a frozen part keep their rows, whether they are present or not. All other present samples make
    one new part, in the order of ``files``.

    Args:
        is_frozen: whether the features of a part exist.
        lost: samples that have no features although their part has.
    """
    folder = Path(folder)
    earlier = read_pool(folder)
    earlier_rows = zip(earlier.samples, earlier.parts, earlier.first_sources, strict=True)
    rows = [row for row in earlier_rows if row[0] not in lost and is_frozen(row[1])]
    samples = {row[0] for row in rows}
    part = max((part for _, part, _ in rows), default=0) + 1
    for file in files:
        if not file.problem and file.sample not in samples:
            samples.add(file.sample)
            rows.append((file.sample, part, file.source))
    table = pd.DataFrame(rows, columns=["sample", "part", "source"])
    table.insert(0, "row", np.arange(len(table)))
    if not dry:
        write_files(folder / FILES, files)
        write_if_changed(folder / SAMPLES, table)
    names = chain(zip(earlier.first_sources, earlier.samples, strict=True), earlier.sources.items())
    pool = _pool(table, files)
    return replace(pool, exchanged=exchanged_names(names, pool.sources))


def exchanged_names(
    earlier: Iterable[tuple[str, str]], current: Mapping[str, str]
) -> tuple[ExchangedName, ...]:
    """Return the names that another sample has now, if the sample that had the name is still present."""
    pairs = [pair for pair in sorted(set(earlier).difference(current.items())) if pair[0] in current]
    samples = {sample for _, sample in pairs}
    new_names: dict[str, str] = {}
    for name, sample in current.items():
        if sample in samples:
            new_names.setdefault(sample, name)
    return tuple(
        ExchangedName(name, sample, new_names[sample]) for name, sample in pairs if sample in new_names
    )
