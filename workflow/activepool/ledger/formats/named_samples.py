"""The sample of the pool that each row of a label file names; its columns and the other rows must agree."""

from collections import defaultdict
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from urllib.parse import unquote

from activepool.errors import MAX_NAMES, first_few
from activepool.io.csv_rows import SEPARATORS, cut_off_problem
from activepool.ledger.formats.rows import Row
from activepool.ledger.messages import WrongCellError
from activepool.ledger.pool_samples import PoolSamples


class NamedSamples:
    """The samples that the rows of a file name.

    All rows together decide whether the file names images with or without their folders. A name without a
    folder means the image outside all folders, unless another name of the file lacks its folder, the tool may
    have dropped all folders, or the ledger lacks that image and an image of the same name went out: then it
    may mean an image in any folder. Of several images, only those that went out are meant if every name of
    the file may mean such an image.

    ``beginning`` is the part of paths before their source, and the first row that has it.
    """

    def __init__(self, samples: PoolSamples, rows: Sequence[Row]) -> None:
        self.samples = samples
        self._rows = [row for row in rows if row.name]
        self.beginning: tuple[str, Row] | None = None
        self.other_batches: defaultdict[str, list[str]] = defaultdict(list)
        self.unknown_names: list[str] = []

    def sample(self, row: Row) -> str:
        """Return the sample of a row; raises WrongCellError if it does not name exactly one."""
        if row.pictures:
            pictures = first_few(map(repr, row.pictures))
            raise WrongCellError(
                f"{row.name!r} may be any of several pictures of the file, {pictures}; export with the paths "
                "of the pictures, or without pictures"
            )
        if row.content:
            return self._by_content(row)
        samples, by_field = self.samples, self._by_field(row)
        if not by_field:
            raise WrongCellError("names no sample; give its source")
        if len(set(by_field.values())) > 1:
            texts = ", ".join(f"{field} is {samples.source(sample)!r}" for field, sample in by_field.items())
            hint = "correct it, or remove the column index" if "index" in by_field else "correct it"
            raise WrongCellError(f"names different samples: {texts}; {hint}")
        sample = next(iter(by_field.values()))
        if list(by_field) == [row.unterminated_field]:
            self._require_whole(row)
        self._require_same(row, sample)
        self._require_displayed(row, sample)
        if row.batch and row.batch not in samples.batches.get(sample, ()):
            self.other_batches[row.batch].append(samples.source(sample))
        return sample

    def _by_field(self, row: Row) -> dict[str, str]:
        samples, by_field = self.samples, dict[str, str]()
        if row.sample:
            by_field["sample"] = self._by_sample(row)
        if row.name:
            try:
                by_field["source"] = self._by_name(row)
            except WrongCellError:
                if not by_field:  # else the image was renamed since
                    raise
        if row.index and samples.has_stable_rows:
            try:
                by_field["index"] = samples.by_row(row.index)
            except WrongCellError:
                if not row.sample:  # else the row has moved since
                    raise
        elif row.index and not by_field:
            reason = "rows move when images are added" if self.samples.root else "the vectors have names"
            raise WrongCellError(f"gives only a row number, and {reason}; give 'source'")
        elif not row.sample and not row.is_listed and (at_row := samples.row_candidates(row.index)):
            by_field["index"] = at_row.pop()
        return by_field

    def name(self, row: Row, sample: str) -> str:
        """Return the source by which a row names its sample; it may be that of a copy."""
        number = row.index if self.samples.has_stable_rows else ""
        sources = [
            source
            for name in (row.name, number)
            if name
            for source, _ in self.samples.candidates(name, row.may_lack_ending)
        ]
        matches = (source for source in sources if self.samples.has_name(sample, source))
        return next(matches, self.samples.source(sample))

    def note_awaited(self, row: Row) -> None:
        """Note an unknown name in a row without an answer: the answer may be in it. Raises WrongCellError."""
        if row.batch and row.batch not in self.samples.batch_names:
            self.other_batches[row.batch].append(row.name or row.sample or row.index)
        if row.content:
            self._by_content(row)
        elif row.sample:
            self._by_sample(row)
        elif row.name and not any(
            self.samples.name_candidates(name, row.may_lack_ending)
            for name in (row.name, row.unnumbered_name)
            if name
        ):
            self._require_separated(row)
            self.unknown_names.append(row.name)

    def _require_separated(self, row: Row) -> None:
        for mark in SEPARATORS:
            beginning, separator, remainder = row.name.partition(mark)
            if separator and self.samples.name_candidates(beginning.strip()):
                raise WrongCellError(
                    f"{row.name!r} is {beginning!r}, and {remainder!r} in the same cell, behind {mark!r}; "
                    "separate the cells of this row as those of the header"
                )

    def _by_sample(self, row: Row) -> str:
        """Return the sample with the content that a row gives, which in a folder is that of a picture."""
        if row.folders and not self.samples.knows(row.sample):
            raise WrongCellError(
                "is not an image of the pool; if it was saved again (turned, edited), put there the file "
                "that went out"
            )
        return self.samples.by_content(row.sample)

    def _by_content(self, row: Row) -> str:
        """Return the sample of the picture in the file.

        A list must not name another sample of the pool; the name of a picture in a folder does not count.
        """
        names = [name for name in (row.name, row.unnumbered_name) if name]
        samples = {
            sample for name in names for sample in self.samples.name_candidates(name, row.may_lack_ending)
        }
        is_known = self.samples.knows(row.content)
        if row.content in samples or not samples or (row.folders and is_known):
            return self.samples.by_content(row.content)
        if is_known:
            raise WrongCellError(
                f"names different samples: its picture is {self.samples.source(row.content)!r}, and its name "
                f"{row.name!r}; export again, or without pictures if the names are right"
            )
        source = min(map(self.samples.source, samples))
        raise WrongCellError(
            f"the picture is not {source!r} of the pool, whose content is another; if the tool saved it "
            "again, export without pictures"
        )

    def _require_whole(self, row: Row) -> None:
        text = {"source": row.name, "index": row.index}[row.unterminated_field]
        rows = map(str, range(len(self.samples.samples)))
        known_texts = {"source": self.samples.sources, "index": rows}[row.unterminated_field]
        if problem := cut_off_problem(row.unterminated_field, text, known_texts):
            raise WrongCellError(problem)

    def _require_same(self, row: Row, sample: str) -> None:
        for name in row.other_names:
            samples = self.samples.name_candidates(name)
            if samples and sample not in samples:
                raise WrongCellError(
                    f"names different samples: {self.samples.source(sample)!r} and {name!r}; correct it"
                )

    def _require_displayed(self, row: Row, sample: str) -> None:
        displayed = self.samples.name_candidates(row.displayed_name) if row.displayed_name else set()
        if displayed and sample not in displayed:
            sources = sorted(repr(self.samples.source(sample)) for sample in displayed)
            raise WrongCellError(
                f"is about {self.samples.source(sample)!r}, but shows {', '.join(sources[:MAX_NAMES])}; "
                "export the tasks as they were imported"
            )

    def _by_name(self, row: Row) -> str:
        """Return the sample that a path means; all paths of a file must start from one folder."""
        self._require_one_reading(row)
        sample, beginning = self.samples.by_name(
            row.name, row.may_lack_ending, self._may_lack_folders, lambda: self._have_gone_out
        )
        if row.unnumbered_name and self._may_lack_folders:
            name = row.unnumbered_name
            if len(self.samples.candidates(name, row.may_lack_ending, may_lack_folders=True)) > 1:
                raise WrongCellError(
                    f"{row.name!r} is {self.samples.source(sample)!r}, or one of several {name!r} that the "
                    "tool has numbered; export with the images, or with paths"
                )
        if beginning is not None and not row.sample:
            self._require_plausible(row, sample, beginning)
            self.beginning = self.beginning or (beginning, row)
            first_beginning, first = self.beginning
            if beginning != first_beginning:
                raise WrongCellError(
                    f"{_quoted(row.name)} begins {_beginning_text(beginning)}, but {_quoted(first.name)} at "
                    f"{first.place} begins {_beginning_text(first_beginning)}: one file may not mix the two; "
                    f"write every path from inside the folder of the images, as in {self.name(row, sample)!r}"
                )
        return sample

    def _require_one_reading(self, row: Row) -> None:
        decoded = unquote(row.name)
        if decoded == row.name or row.sample or not self._writes_addresses:
            return
        as_written, as_address = map(self.samples.name_candidates, (row.name, decoded))
        if as_address and as_written.isdisjoint(as_address):
            raise WrongCellError(
                f"{row.name!r} is an image of the pool, and so is {decoded!r}, which other rows would write "
                "like this; write all names as they are in the pool, or export with the pictures"
            )

    @cached_property
    def _writes_addresses(self) -> bool:
        return any(
            "%" in row.name
            and bool(candidates := self.samples.candidates(row.name, row.may_lack_ending))
            and all(Path(row.name).name.casefold() not in source.casefold() for source, _ in candidates)
            for row in self._rows
        )

    @cached_property
    def _may_lack_folders(self) -> bool:
        has_dropped = any(self._lacks_folder(row) for row in self._rows)
        tool_rows = [row for row in self._rows if row.may_lack_folders]
        return has_dropped or (bool(tool_rows) and not any(self._has_folder(row) for row in tool_rows))

    def _lacks_folder(self, row: Row) -> bool:
        """Return whether a name is, or seems to be, only the end of an image's path."""
        candidates = self.samples.candidates(row.name, row.may_lack_ending)
        return any(beginning is None for _, beginning in candidates) or (
            self.samples.samples_of(candidates).isdisjoint(self.samples.in_ledger)
            and self._may_have_gone_out(row)
        )

    def _has_folder(self, row: Row) -> bool:
        """Return whether a name is the whole path of an image that lies in a folder."""
        return any(
            beginning is not None and "/" in source
            for source, beginning in self.samples.candidates(row.name, row.may_lack_ending)
        )

    @cached_property
    def _have_gone_out(self) -> bool:
        return all(map(self._may_have_gone_out, self._rows))

    def _may_have_gone_out(self, row: Row) -> bool:
        samples = self.samples.name_candidates(row.name, row.may_lack_ending)
        return not samples.isdisjoint(self.samples.batches)

    def _require_plausible(self, row: Row, sample: str, beginning: str) -> None:
        if self.samples.is_plausible(row.name, beginning):
            return
        root = self.samples.root
        folder = f", which is not the folder of the images{f', {root.name!r}' if root else ''}"
        raise WrongCellError(
            f"{_quoted(row.name)} would be {self.samples.source(sample)!r} if paths start from "
            f"{_quoted(beginning)}{folder}; if it is that image, give its path below the folder of the "
            "images, or its 'sample'"
        )

    def notices(self, path: str | Path) -> list[str]:
        """Return the notices of how the file names samples, a line each."""
        lines = [
            f"{path}: rows for {batch!r}, "
            f"{'in which their samples' if batch in self.samples.batch_names else 'which'} did not go out: "
            f"{first_few(map(repr, sources))}; their answers count all the same"
            for batch, sources in self.other_batches.items()
        ]
        if self.unknown_names:
            names = first_few(map(repr, self.unknown_names))
            lines.append(f"{path}: no image of the pool has these names, which have no answer: {names}")
        return lines


def _beginning_text(beginning: str) -> str:
    return f"with {_quoted(beginning)}" if beginning else "inside the folder of the images"


def _quoted(path: str) -> str:
    """Return a path in quotes, with the backslashes of Windows as they are."""
    return repr(path).replace("\\\\", "\\")
