"""The samples of a real pool: each has a row that never moves, and new ones get rows at the end.

``samples.csv`` has a line for each row: ``row``, ``sample`` (the SHA-256 of its content), ``part``, and
``source``, the path of its image where it was first found. Images arrive in parts; the features of a part are
extracted together, and only once.
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
    write_if_other,
)
from activepool.ledger.entries import Entry
from activepool.ledger.pool_samples import PoolSamples

#: The file, in the folder of a pool.
SAMPLES = "samples.csv"


class ExchangedName(NamedTuple):
    """A name that another image has now: the sample that had it, and how that sample is called now."""

    name: str
    sample: str
    now: str

    def text(self, thing: str) -> str:
        """Return the text for a person; ``thing`` is what a sample is, such as ``image``."""
        return f"{self.name!r} (the {thing} of this name is now {self.now!r})"


@dataclass(frozen=True)
class Pool:
    """The samples of a pool by their rows, N of them.

    Attributes:
        samples: (N,) their names.
        parts: (N,) the part that each arrived in, from 1 on.
        first_sources: (N,) where each was first found.
        sources: the sources that are there now, and the sample of each.
        is_read: whether the files have been read; if not, names stand for their contents.
        unreadable: how many images cannot be read, and so are no samples.
        exchanged: names that another sample has now than in the last run, or when it was first found.
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
        """How many sources have the content of another one."""
        return len(self.sources) - len(self._first_source)

    @cached_property
    def row_of(self) -> dict[str, int]:
        """The row of each sample."""
        return {sample: row for row, sample in enumerate(self.samples)}

    @cached_property
    def is_present(self) -> BoolArray:
        """(N,) whether a sample is there now."""
        return np.fromiter(map(self._first_source.__contains__, self.samples), np.bool_, len(self.samples))

    @cached_property
    def _first_source(self) -> dict[str, str]:
        """The first source of each sample that is there now."""
        return {sample: source for source, sample in reversed(self.sources.items())}

    def is_here(self, sample: str) -> bool:
        """Return whether a sample is there now; as long as the files have not been read, any may be."""
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
        """Return the path of a sample: where it was first found, unless it is only elsewhere now."""
        sample, first = self.samples[row], self.first_sources[row]
        return first if self.sources.get(first) == sample else self._first_source.get(sample, first)

    def files_by_row(self) -> Iterator[tuple[int, str]]:
        """Yield each source that is there now, and each that is gone, with the row of its sample.

        The sources of a row are all that have its content now or, if it is gone, where it was first found,
        unless another sample has that name now.
        """
        now: dict[str, list[str]] = {}
        for source, sample in self.sources.items():
            now.setdefault(sample, []).append(source)
        for row, (sample, main) in enumerate(zip(self.samples, self.row_sources, strict=True)):
            if sample in now or main not in self.sources:
                yield row, main
            yield from ((row, copy) for copy in now.get(sample, ()) if copy != main)

    def names(self, entries: Iterable[Entry], root: Path | None, address: str = "") -> PoolSamples:
        """Return what label files may call the samples, see `PoolSamples`.

        ``root`` is the folder of the images, None for vectors, and ``address`` where Label Studio shows it.
        """
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
    """Return the pool that a folder describes; an empty one if it describes none yet."""
    folder = Path(folder)
    if not (folder / SAMPLES).is_file():
        return Pool([], [], [], {})
    return _pool(read_samples(folder / SAMPLES), read_files(folder / FILES))


def _pool(samples: pd.DataFrame, files: Iterable[PoolFile]) -> Pool:
    """Return the pool of a table of samples and the files that are there now."""
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
    """Bring the tables of a pool up to date with the files that are there now, and return it.

    Samples of a frozen part keep their rows, whether they are there or not. All other samples that are there
    make one new part, in the order of ``files``.

    Args:
        files: that are there now; those with a problem make no sample.
        is_frozen: whether the features of a part exist.
        lost: samples that have no features although their part has.
        dry: whether to write nothing, and return the pool that would be.
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
    if not dry:
        write_files(folder / FILES, files)
        write_if_other(folder / SAMPLES, table)
    names = chain(zip(before.first_sources, before.samples, strict=True), before.sources.items())
    pool = _pool(table, files)
    return replace(pool, exchanged=exchanged_names(names, pool.sources))


def exchanged_names(before: Iterable[tuple[str, str]], now: Mapping[str, str]) -> tuple[ExchangedName, ...]:
    """Return the names that another sample has now, if the sample that had the name is still there.

    ``before`` has names, and the sample of each; ``now`` those that are there.
    """
    others = sorted(set(before).difference(now.items()))
    found = [(name, sample) for name, sample in others if name in now]
    wanted = {sample for _, sample in found}
    places: dict[str, str] = {}
    for name, sample in now.items():
        if sample in wanted:
            places.setdefault(sample, name)
    return tuple(ExchangedName(name, sample, places[sample]) for name, sample in found if sample in places)
