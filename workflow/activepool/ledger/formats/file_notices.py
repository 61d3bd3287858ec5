"""What a person should know of a label file, beside its mistakes."""

from dataclasses import dataclass, field
from pathlib import Path

from activepool.errors import first_few

#: How many rows a notice lists.
LISTED = 5


@dataclass
class FileNotices:
    """What was noted while a file was read.

    Attributes:
        blank: sources of empty rows whose answers the ledger has.
        renamed: annotators as they are written, and as the ledger has them.
        commented: numbers of the lines that somebody commented out.
        formulas: places of the new notes that begin like formulas.
        earlier: sources to which the file has an earlier answer of the same annotator, or correction.
    """

    blank: list[str] = field(default_factory=list)
    renamed: dict[str, str] = field(default_factory=dict)
    commented: list[int] = field(default_factory=list)
    formulas: list[str] = field(default_factory=list)
    earlier: list[str] = field(default_factory=list)

    def lines(self, path: str | Path) -> list[str]:
        """Return a line for each kind of notice."""
        notices = []
        if self.blank:
            shown = first_few([repr(source) for source in self.blank], LISTED)
            about = "rows without a label, which the same person answered in another file or here before"
            remedy = "the ledger keeps these answers; to take one back, correct it to cannot_tell"
            notices.append(f"{path}: {about}: {shown}; {remedy}")
        if self.renamed:
            changes = [f"{written!a} is {name!r}" for written, name in self.renamed.items()]
            about = "annotators without the invisible characters in their names"
            notices.append(f"{path}: {about}: {first_few(changes, LISTED)}")
        if self.commented:
            about = "lines that begin with # count as not answered"
            notices.append(f"{path}: {about}: {first_few(self.commented, LISTED)}")
        if self.formulas:
            about = "notes that begin like a formula, and so get an apostrophe in the ledger"
            notices.append(f"{path}: {about}: {first_few(self.formulas, LISTED)}")
        if self.earlier:
            about = "several answers of one person, or corrections, of which the latest counts"
            shown = first_few([repr(source) for source in dict.fromkeys(self.earlier)], LISTED)
            notices.append(f"{path}: {about}: {shown}")
        return notices
