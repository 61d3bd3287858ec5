"""The samples of a pool, and how label files name them.

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
from activepool.ledger.messages import WrongCellError
from activepool.ledger.source_names import Candidate, ImageRoot, SourceNames

#: The most sources that a message lists.
MAX_SOURCES = 3

#: The characters of a sample's name.
SAMPLE_LENGTH = 64


def plain_sample(text: str) -> str:
    """Return the name of a sample as the ledger has it: stripped, in lower case."""
    return text.strip().lower()


def image_sample(path: str | Path) -> str:
    """Return the sample of an image file: the SHA-256 of its content."""
    return file_digest(path)


def embedding_sample(row: FloatArray) -> str:
    """Return the sample of a row (d,) of embeddings: the SHA-256 of its values as float32."""
    return hashlib.sha256(np.ascontiguousarray(row, dtype="<f4").tobytes()).hexdigest()


class PoolSamples:
    """The samples of a pool, by their contents and sources.

    Attributes:
        sources: (N,) the path of each row's image, relative to the image root, or other names of rows.
        entries: of the ledger. A sample that they name is known, even if its image is gone. They tell which
            sample a source named when it went out: the old name of a renamed image still names it, and the
            name of an image that was changed since names none.
        has_stable_rows: whether rows keep their numbers, so that a number is enough to name a sample; rows of
            a growing folder do not.
        rows: the sample of each row of the pool, called ``index`` in lists of the program.
        root: the folder that sources start from; None if they are not paths. Its ``address`` is that in Label
            Studio; empty if it is not known.
        batches: the batches in which each sample went out.
        in_ledger: the samples with an entry.
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
        self._ledger_samples: dict[str, set[str]] = {}
        for entry in reversed(entries):
            self._ledger_samples.setdefault(entry.source, set()).add(entry.sample)
        self._source_of = {entry.sample: entry.source for entry in entries}
        self._source_of |= zip(reversed(self.samples), reversed(self.sources), strict=True)

    @cached_property
    def _names(self) -> SourceNames:
        return SourceNames(chain(self.sources, self._ledger_samples))

    @cached_property
    def _copies(self) -> dict[str, list[str]]:
        copies: dict[str, list[str]] = {}
        for source, sample in self.sample_of.items():
            if self._source_of[sample] != source:
                copies.setdefault(sample, []).append(source)
        return copies

    def sources_of(self, sample: str) -> list[str]:
        """Return the sources that a sample has in the pool."""
        first = self._source_of.get(sample, "")
        return [first, *self._copies.get(sample, ())] if self.sample_of.get(first) == sample else []

    def source(self, sample: str) -> str:
        """Return the first source of a sample in the pool, or the last in the ledger."""
        return self._source_of[sample]

    def knows(self, sample: str) -> bool:
        """Return whether the pool or the ledger has a sample."""
        return sample in self._source_of

    @cached_property
    def batch_names(self) -> set[str]:
        """The names of the batches that went out."""
        return set().union(*self.batches.values())

    def has_name(self, sample: str, source: str) -> bool:
        """Return whether a source is, or was, a name of a sample."""
        return sample in self._samples_of_source(source)

    def by_content(self, sample: str) -> str:
        """Return the sample with a content; raises WrongCellError if there is none."""
        sample = plain_sample(sample)
        if self.knows(sample):
            return sample
        if len(sample) != SAMPLE_LENGTH:
            raise WrongCellError(
                f"sample {sample[:12]!r}{'...' * (len(sample) > 12)} has {len(sample)} characters, and a "
                f"SHA-256 has {SAMPLE_LENGTH}; give the whole of it, or only the source"
            )
        raise WrongCellError(
            f"no image of the pool has the content {sample[:12]}...; if it was changed since, put back the "
            "one that was labelled"
        )

    def by_row(self, text: str) -> str:
        """Return the sample of a row's number; raises WrongCellError if it may mean none or several.

        A number means what it meant when the sample went out. If rows have moved since, it means nothing.
        """
        samples = self.row_candidates(text)
        if len(samples) == 1:
            return samples.pop()
        if samples:
            row = str(whole_number(text))
            earlier = self._ledger_samples.get(row, set()) - {self.sample_of.get(row)}
            problem = (
                "is another sample now than the one that went out, or was found, by this number"
                if earlier
                else "may mean two samples, because rows have moved since the first run"
            )
            raise WrongCellError(f"row {text!r} {problem}; give 'sample', as in the list of the batch")
        raise WrongCellError(f"index {text!r} is not a row of the pool (0 to {len(self.samples) - 1})")

    def row_candidates(self, text: str) -> set[str]:
        """Return all samples that a row's number may mean, or may have meant."""
        number = whole_number(text)
        if number is None:
            return set()
        samples = {self.rows[number]} if number < len(self.rows) else set()
        return samples | self._samples_of_source(str(number)) if self.has_stable_rows else samples

    def past_row_candidates(self, text: str) -> set[str]:
        """Return the samples that had a row's number for a name, which nothing has now: vectors got names."""
        number = whole_number(text)
        if number is None or str(number) in self.sample_of:
            return set()
        return self._ledger_samples.get(str(number), set())

    def candidates(
        self, name: str, may_lack_ending: bool = False, may_lack_folders: bool = False
    ) -> list[Candidate]:
        """Return the sources that a path or an address may mean, if possible below the folder of images."""
        candidates = self._names.candidates(name, may_lack_ending, may_lack_folders)
        plausible = [candidate for candidate in candidates if self.is_plausible(name, candidate.beginning)]
        return plausible or candidates

    def is_plausible(self, name: str, beginning: str | None) -> bool:
        """Return whether the beginning of a path, before a source, may be the folder of the images."""
        return not beginning or (self.root is not None and self.root.is_beginning(name, beginning))

    def by_name(
        self,
        name: str,
        may_lack_ending: bool = False,
        may_lack_folders: bool = False,
        must_have_gone_out: Callable[[], bool] = lambda: False,
    ) -> tuple[str, str | None]:
        """Return the sample that a path or an address means, and its beginning, see `Candidate`.

        If there are several, ``must_have_gone_out`` tells whether only candidates that went out count.
        Raises: WrongCellError if it may mean none or several.
        """
        candidates = self.candidates(name, may_lack_ending, may_lack_folders)
        if len(candidates) > 1 and must_have_gone_out():
            candidates = [
                candidate
                for candidate in candidates
                if not self.samples_of([candidate]).isdisjoint(self.batches)
            ]
        samples = self.samples_of(candidates)
        if len(samples) == 1:
            return samples.pop(), candidates[0].beginning
        raise self._problem(name, [source for source, _ in candidates])

    def name_candidates(self, name: str, may_lack_ending: bool = False) -> set[str]:
        """Return all samples that a path may mean, or may have meant."""
        return self.samples_of(self.candidates(name, may_lack_ending, may_lack_folders=True))

    def samples_of(self, candidates: Iterable[Candidate]) -> set[str]:
        """Return all samples that these sources name, or named."""
        return {sample for source, _ in candidates for sample in self._samples_of_source(source)}

    def _samples_of_source(self, source: str) -> set[str]:
        samples = {self.sample_of[source]} if source in self.sample_of else set()
        return samples | self._ledger_samples.get(source, set())

    def _problem(self, name: str, sources: list[str]) -> WrongCellError:
        if len(sources) > 1:
            examples = ", ".join(map(repr, sources[:MAX_SOURCES])) + " ..." * (len(sources) > MAX_SOURCES)
            advice = "the path below the folder of the images, as in the list of the batch"
            if name in sources:
                advice += ", also of the images whose name has no folder here; or export with the pictures"
            return WrongCellError(f"{name!r} may be {examples}; give {advice}")
        if sources:
            return WrongCellError(
                f"{name!r} is another image now than the one that the ledger knows by this name; give, in "
                "'sample', which of them was labelled, or put back the one that was"
            )
        return WrongCellError(f"{name!r} is not in the pool", lambda: self._names.nearest(name))
