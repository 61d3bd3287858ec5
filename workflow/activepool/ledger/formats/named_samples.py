"""Which sample of the pool each row of a label file names; its columns and the other rows must agree."""

from collections import defaultdict
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

from activepool.errors import MAX_NAMES, first_few
from activepool.io.csv_rows import SEPARATORS, cut_off_problem
from activepool.ledger.formats.rows import Row
from activepool.ledger.pool_samples import PoolSamples, UnknownSampleError


class NamedSamples:
    """The samples that the rows of a file name.

    All rows decide together whether the file names images with their folders or without. A name without a
    folder is that of the image that lies in none, unless another name of the file lacks its folder, the tool
    may have dropped all folders, or the ledger does not have that image and one of the same name went out:
    then it may be that of an image in any folder. Of several, those that went out are meant if all names of
    the file may be of such.

    Attributes:
        beginning: what paths have before their source, and the first row that has it.
        other_batches: the sources that were answered for a batch in which they did not go out.
        not_there: names without an answer that no image of the pool has.
    """

    def __init__(self, samples: PoolSamples, rows: Sequence[Row]) -> None:
        self.samples = samples
        self._rows = [row for row in rows if row.name]
        self.beginning: tuple[str, Row] | None = None
        self.other_batches: defaultdict[str, list[str]] = defaultdict(list)
        self.not_there: list[str] = []

    def sample(self, row: Row) -> str:
        """Return the sample of a row; raises UnknownSampleError if it names none, or two different ones."""
        samples, found = self.samples, {}
        if row.pictures:
            shown = first_few(map(repr, row.pictures))
            raise UnknownSampleError(
                f"{row.name!r} may be any of several pictures of the file, {shown}; export with the paths of "
                "the pictures, or without pictures"
            )
        if row.content:
            return self._by_content(row)
        if row.sample:
            found["sample"] = self._by_sample(row)
        if row.name:
            try:
                found["source"] = self._named(row)
            except UnknownSampleError:
                if not found:  # else the image was renamed since
                    raise
        if row.index and samples.has_stable_rows:
            try:
                found["index"] = samples.by_row(row.index)
            except UnknownSampleError:
                if not row.sample:  # else the row has moved since
                    raise
        elif row.index and not found:
            raise UnknownSampleError(
                "gives only a row number, and rows move when images are added; give 'source'"
            )
        elif "sample" not in found and not row.is_listed and (at_row := samples.may_be_row(row.index)):
            found["index"] = at_row.pop()
        if not found:
            raise UnknownSampleError("names no sample; give its source")
        if len(set(found.values())) > 1:
            named = ", ".join(f"{key} is {samples.source(sample)!r}" for key, sample in found.items())
            hint = "correct it, or remove the column index" if "index" in found else "correct it"
            raise UnknownSampleError(f"names different samples: {named}; {hint}")
        sample = next(iter(found.values()))
        if list(found) == [row.may_be_cut_off]:
            self._require_whole(row)
        self._require_same(row, sample)
        self._require_seen(row, sample)
        if row.batch and row.batch not in samples.batches.get(sample, ()):
            self.other_batches[row.batch].append(samples.source(sample))
        return sample

    def name(self, row: Row, sample: str) -> str:
        """Return the source by which a row names its sample, which may be that of a copy."""
        number = row.index if self.samples.has_stable_rows else ""
        found = [
            source
            for name in (row.name, number)
            if name
            for source, _ in self.samples.candidates(name, row.may_lack_ending)
        ]
        own = (source for source in found if self.samples.has_name(sample, source))
        return next(own, self.samples.source(sample))

    def note_awaited(self, row: Row) -> None:
        """Note the name of a row without an answer if the pool does not have it: the answer may be in it.

        Raises: UnknownSampleError if it names a content that the pool does not have, or holds two cells.
        """
        if row.content:
            self._by_content(row)
        elif row.sample:
            self._by_sample(row)
        elif row.name and not any(
            self.samples.may_be_named(name, row.may_lack_ending) for name in (row.name, row.numbered) if name
        ):
            self._require_separated(row)
            self.not_there.append(row.name)

    def _require_separated(self, row: Row) -> None:
        """Raise UnknownSampleError if the cell holds a name of the pool, then a separator and other text."""
        for mark in SEPARATORS:
            beginning, found, rest = row.name.partition(mark)
            if found and self.samples.may_be_named(beginning.strip()):
                raise UnknownSampleError(
                    f"{row.name!r} is {beginning!r}, and {rest!r} in the same cell, behind {mark!r}; "
                    "separate the cells of this row as those of the header"
                )

    def _by_sample(self, row: Row) -> str:
        """Return the sample that a row names by its content, which in a folder is that of a picture."""
        if row.folders and not self.samples.knows(row.sample):
            raise UnknownSampleError(
                "is no image of the pool; if it was saved anew (turned, edited), put there the file that "
                "went out"
            )
        return self.samples.by_content(row.sample)

    def _by_content(self, row: Row) -> str:
        """Return the sample of the picture in the file.

        A list must not name another sample of the pool; the name of a picture in a folder says nothing.
        """
        names = [name for name in (row.name, row.numbered) if name]
        alike = {sample for name in names for sample in self.samples.may_be_named(name, row.may_lack_ending)}
        if row.content in alike or not alike or (row.folders and self.samples.knows(row.content)):
            return self.samples.by_content(row.content)
        if self.samples.knows(row.content):
            raise UnknownSampleError(
                f"names different samples: its picture is {self.samples.source(row.content)!r}, and its name "
                f"{row.name!r}; export again, or without pictures if the names are right"
            )
        source = min(map(self.samples.source, alike))
        raise UnknownSampleError(
            f"the picture is not {source!r} of the pool, whose content is another; if the tool saved it "
            "anew, export without pictures"
        )

    def _require_whole(self, row: Row) -> None:
        """Raise UnknownSampleError if the name or number in which the file ends may go on."""
        named = {"source": row.name, "index": row.index}[row.may_be_cut_off]
        rows = map(str, range(len(self.samples.samples)))
        known = {"source": self.samples.sources, "index": rows}[row.may_be_cut_off]
        if problem := cut_off_problem(row.may_be_cut_off, named, known):
            raise UnknownSampleError(problem)

    def _require_same(self, row: Row, sample: str) -> None:
        """Raise UnknownSampleError if another column names another sample of the pool."""
        for name in row.also:
            meant = self.samples.may_be_named(name)
            if meant and sample not in meant:
                raise UnknownSampleError(
                    f"names different samples: {self.samples.source(sample)!r} and {name!r}; correct it"
                )

    def _require_seen(self, row: Row, sample: str) -> None:
        """Raise UnknownSampleError if the annotator saw another picture of the pool."""
        seen = self.samples.may_be_named(row.seen) if row.seen else set()
        if seen and sample not in seen:
            shown = ", ".join(sorted(repr(self.samples.source(one)) for one in seen)[:MAX_NAMES])
            raise UnknownSampleError(
                f"is about {self.samples.source(sample)!r}, but shows {shown}; export the tasks as they were "
                "imported"
            )

    def _named(self, row: Row) -> str:
        """Return the sample that a path stands for; all paths of a file must start from one folder."""
        sample, beginning = self.samples.by_name(
            row.name, row.may_lack_ending, self._may_lack_folders, lambda: self._have_gone_out
        )
        if row.numbered and self._may_lack_folders:
            alike = self.samples.candidates(row.numbered, row.may_lack_ending, may_lack_folders=True)
            if len(alike) > 1:
                raise UnknownSampleError(
                    f"{row.name!r} is {self.samples.source(sample)!r}, or one of several {row.numbered!r} "
                    "that the tool has numbered; export with the images, or with paths"
                )
        if beginning is not None and not row.sample:
            self._require_plausible(row, sample, beginning)
            self.beginning = self.beginning or (beginning, row)
            usual, first = self.beginning
            if beginning != usual:
                raise UnknownSampleError(
                    f"{_shown(row.name)} begins {_begins(beginning)}, but {_shown(first.name)} at "
                    f"{first.place} begins {_begins(usual)}: one file may not mix the two; write every "
                    f"path from inside the folder of the images, as in {self.name(row, sample)!r}"
                )
        return sample

    @cached_property
    def _may_lack_folders(self) -> bool:
        """Whether a name without a folder may be that of an image in any."""
        has_dropped = any(self._lacks_folder(row) for row in self._rows)
        of_tool = [row for row in self._rows if row.may_lack_folders]
        return has_dropped or (bool(of_tool) and not any(self._has_folder(row) for row in of_tool))

    def _lacks_folder(self, row: Row) -> bool:
        """Return whether a name is, or seems to be, only the end of the path of an image."""
        found = self.samples.candidates(row.name, row.may_lack_ending)
        return any(beginning is None for _, beginning in found) or (
            self.samples.meant_by(found).isdisjoint(self.samples.in_ledger) and self._may_have_gone_out(row)
        )

    def _has_folder(self, row: Row) -> bool:
        """Return whether a name is the whole path of an image that lies in a folder."""
        return any(
            beginning is not None and "/" in source
            for source, beginning in self.samples.candidates(row.name, row.may_lack_ending)
        )

    @cached_property
    def _have_gone_out(self) -> bool:
        """Whether each name of the file may be that of an image that went out."""
        return all(map(self._may_have_gone_out, self._rows))

    def _may_have_gone_out(self, row: Row) -> bool:
        meant = self.samples.may_be_named(row.name, row.may_lack_ending)
        return not meant.isdisjoint(self.samples.batches)

    def _require_plausible(self, row: Row, sample: str, beginning: str) -> None:
        """Raise UnknownSampleError unless the beginning of a path may be that of the folder of the images."""
        if self.samples.is_plausible(row.name, beginning):
            return
        root = self.samples.root
        folder = f", which is not the folder of the images{f', {root.name!r}' if root else ''}"
        raise UnknownSampleError(
            f"{_shown(row.name)} would be {self.samples.source(sample)!r} if paths start from "
            f"{_shown(beginning)}{folder}; if it is that image, give its path below the folder of the "
            "images, or its 'sample'"
        )

    def notices(self, path: str | Path) -> list[str]:
        """Return what a person should know of where the answers belong, a line each."""
        found = [
            f"{path}: answers for {batch!r}, in which their samples did not go out: "
            f"{first_few(map(repr, sources))}; they count all the same"
            for batch, sources in self.other_batches.items()
        ]
        if self.not_there:
            names = first_few(map(repr, self.not_there))
            found.append(f"{path}: no image of the pool has these names, which have no answer: {names}")
        return found


def _begins(beginning: str) -> str:
    """Say what a path begins with, if it is more than the source."""
    return f"with {_shown(beginning)}" if beginning else "inside the folder of the images"


def _shown(path: str) -> str:
    """Return a path in quotes, with the backslashes of Windows as they are."""
    return repr(path).replace("\\\\", "\\")
