"""The samples of a pool, and which of them a label file means.

The content makes the sample: two photographs with the same bytes are one sample with two sources, and a
renamed photograph is the same sample. A name that may stand for two samples stands for none.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from itertools import chain
from pathlib import Path

import numpy as np

from activepool.compute.arrays import FloatArray
from activepool.io.files import file_digest
from activepool.io.index_files import whole_number
from activepool.ledger.entries import Entry
from activepool.ledger.messages import HintedError
from activepool.ledger.source_names import Candidate, ImageRoot, SourceNames

#: How many sources a message lists.
LISTED = 3

#: How many characters the name of a sample has.
DIGITS = 64


class UnknownSampleError(HintedError):
    """What is wrong with the name of a sample, and what would be right."""


def plain_sample(text: str) -> str:
    """Return the name of a sample as the ledger has it: without blanks around it, in small letters."""
    return text.strip().lower()


def image_sample(path: str | Path) -> str:
    """Return the sample that an image file is: the SHA-256 of its content."""
    return file_digest(path)


def embedding_sample(row: FloatArray) -> str:
    """Return the sample that a row (d,) of embeddings is: the SHA-256 of its values as float32."""
    return hashlib.sha256(np.ascontiguousarray(row, dtype="<f4").tobytes()).hexdigest()


class PoolSamples:
    """The samples of a pool, by their contents and sources.

    Attributes:
        samples: (N,) the sample of each row.
        sources: (N,) the path of each row's image, relative to the image root, or other names of rows.
        entries: of the ledger. A sample that they name is known, even if its image is gone. They tell what a
            source stood for when its sample went out: the old name of a renamed image still finds it, and the
            name of an image that was changed since finds none.
        has_stable_rows: whether a row keeps its number, so that a number alone names a sample; the rows of a
            folder that grows do not.
        sample_of: the sample of each source of the pool.
        rows: the sample of each row of the pool, which lists of the program give as ``index``.
        root: the folder that sources start from; None if they are no paths.
        batches: the batches that each sample went out in.
        in_ledger: the samples that an entry names.

    Args:
        address: of the root where Label Studio shows it; empty if none is given.
    """

    def __init__(
        self,
        samples: Sequence[str],
        sources: Sequence[str],
        entries: Iterable[Entry] = (),
        has_stable_rows: bool = False,
        rows: Sequence[str] | None = None,
        root: str | Path | None = None,
        address: str = "",
    ) -> None:
        self.samples = list(samples)
        self.sources = list(sources)
        self.has_stable_rows = has_stable_rows
        self.rows = self.samples if rows is None else rows
        self.root = None if root is None else ImageRoot(Path(root), address)
        self.batches: dict[str, set[str]] = {}
        entries = list(entries)
        self.in_ledger = {entry.sample for entry in entries}
        for entry in entries:
            if entry.is_sending:
                self.batches.setdefault(entry.sample, set()).add(entry.batch)
        self.sample_of = dict(zip(self.sources, self.samples, strict=True))
        self._meant_before: dict[str, set[str]] = {}
        for entry in reversed(entries):
            self._meant_before.setdefault(entry.source, set()).add(entry.sample)
        self._source = {entry.sample: entry.source for entry in entries}
        self._source |= zip(reversed(self.samples), reversed(self.sources), strict=True)

    @cached_property
    def _names(self) -> SourceNames:
        return SourceNames(chain(self.sources, self._meant_before))

    @cached_property
    def _copies(self) -> dict[str, list[str]]:
        """The sources of each sample after its first."""
        found: dict[str, list[str]] = {}
        for source, sample in self.sample_of.items():
            if self._source[sample] != source:
                found.setdefault(sample, []).append(source)
        return found

    def sources_of(self, sample: str) -> list[str]:
        """Return the sources that a sample has in the pool."""
        first = self._source.get(sample, "")
        return [first, *self._copies.get(sample, ())] if self.sample_of.get(first) == sample else []

    def source(self, sample: str) -> str:
        """Return the first source of a sample in the pool, or the last in the ledger."""
        return self._source[sample]

    def knows(self, sample: str) -> bool:
        """Return whether the pool or the ledger has a sample."""
        return sample in self._source

    def has_name(self, sample: str, source: str) -> bool:
        """Return whether the pool or the ledger has a sample by the name of a source."""
        return sample in self._meant(source)

    def by_content(self, sample: str) -> str:
        """Return a sample that a file names by its content; raises UnknownSampleError if there is none."""
        sample = plain_sample(sample)
        if self.knows(sample):
            return sample
        if len(sample) != DIGITS:
            raise UnknownSampleError(
                f"sample {sample[:12]!r}{'...' * (len(sample) > 12)} has {len(sample)} characters, and a "
                f"SHA-256 has {DIGITS}; give the whole of it, or the source alone"
            )
        raise UnknownSampleError(
            f"no image of the pool has the content {sample[:12]}...; if it was changed since, put back the "
            "one that was labelled"
        )

    def by_row(self, text: str) -> str:
        """Return the sample of a row that a file names by its number; raises UnknownSampleError.

        A number means what it meant when the sample went out. If rows have moved since, it means nothing.
        """
        meant = self.may_be_row(text)
        if len(meant) == 1:
            return meant.pop()
        if meant:
            row = str(whole_number(text))
            before = self._meant_before.get(row, set()) - {self.sample_of.get(row)}
            what = (
                "is another sample now than the one that went out, or was found, by this number"
                if before
                else "may mean two samples, because rows have moved since the first run"
            )
            raise UnknownSampleError(f"row {text!r} {what}; give 'sample', as in the list of the batch")
        raise UnknownSampleError(f"index {text!r} is not a row of the pool (0 to {len(self.samples) - 1})")

    def may_be_row(self, text: str) -> set[str]:
        """Return all samples that a number of a row may stand for, or may have stood for."""
        number = whole_number(text)
        if number is None:
            return set()
        listed = {self.rows[number]} if number < len(self.rows) else set()
        return listed | self._meant(str(number)) if self.has_stable_rows else listed

    def candidates(
        self, name: str, may_lack_ending: bool = False, may_lack_folders: bool = False
    ) -> list[Candidate]:
        """Return the sources that a path or an address may stand for, see `SourceNames.candidates`.

        If the rest of the path may be the folder of the images for any of them, only those are returned.
        """
        found = self._names.candidates(name, may_lack_ending, may_lack_folders)
        return [one for one in found if self.is_plausible(name, one.beginning)] or found

    def is_plausible(self, name: str, beginning: str | None) -> bool:
        """Return whether what a path has before a source may be the folder of the images."""
        return not beginning or (self.root is not None and self.root.is_beginning(name, beginning))

    def by_name(
        self,
        name: str,
        may_lack_ending: bool = False,
        may_lack_folders: bool = False,
        must_have_gone_out: Callable[[], bool] = lambda: False,
    ) -> tuple[str, str | None]:
        """Return the sample that a path or an address stands for, and its beginning, see `Candidate`.

        ``must_have_gone_out`` is called if it may stand for several: whether only those that went out count.

        Raises: UnknownSampleError if it stands for none, or may stand for several.
        """
        found = self.candidates(name, may_lack_ending, may_lack_folders)
        if len(found) > 1 and must_have_gone_out():
            found = [one for one in found if not self._meant(one.source).isdisjoint(self.batches)]
        meant = self.meant_by(found)
        if len(meant) == 1:
            return meant.pop(), found[0].beginning
        raise self._problem(name, [source for source, _ in found])

    def may_be_named(self, name: str, may_lack_ending: bool = False) -> set[str]:
        """Return all samples that a path may stand for, or may have stood for."""
        return self.meant_by(self.candidates(name, may_lack_ending, may_lack_folders=True))

    def meant_by(self, found: Iterable[Candidate]) -> set[str]:
        """Return all samples that these sources are, or were."""
        return {sample for source, _ in found for sample in self._meant(source)}

    def _meant(self, source: str) -> set[str]:
        """Return all samples that a source is, or was."""
        now = {self.sample_of[source]} if source in self.sample_of else set()
        return now | self._meant_before.get(source, set())

    def _problem(self, name: str, found: list[str]) -> UnknownSampleError:
        if len(found) > 1:
            shown = ", ".join(map(repr, found[:LISTED])) + (" ..." if len(found) > LISTED else "")
            where = "the path below the folder of the images, as in the list of the batch"
            if name in found:
                where += ", also of the images whose name has no folder here; or export with the pictures"
            return UnknownSampleError(f"{name!r} may be {shown}; give {where}")
        if found:
            return UnknownSampleError(
                f"{name!r} is another image now than the one that the ledger knows by this name; give, in "
                "'sample', which of them was labelled, or put back the one that was"
            )
        return UnknownSampleError(f"{name!r} is not in the pool", lambda: self._names.nearest(name))
