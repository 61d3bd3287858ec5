"""What a person should know of a label file, beside its mistakes."""

from dataclasses import dataclass, field
from pathlib import Path

from activepool.errors import first_few


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
        kinds: dict[str, list[str] | list[int]] = {
            "rows without a label, which the same person answered in another file or here before": [
                repr(source) for source in self.blank
            ],
            "annotators without the invisible characters in their names": [
                f"{written!a} is {name!r}" for written, name in self.renamed.items()
            ],
            "lines that begin with # count as not answered": self.commented,
            "notes that begin like a formula, and so get an apostrophe in the ledger": self.formulas,
            "several answers of one person, or corrections, of which the latest counts": [
                repr(source) for source in dict.fromkeys(self.earlier)
            ],
        }
        lines = [f"{path}: {about}: {first_few(things)}" for about, things in kinds.items() if things]
        if self.blank:
            lines[0] += "; the ledger keeps these answers; to take one back, correct it to cannot_tell"
        return lines
