"""Notices of a label file for a person, besides its mistakes."""

from dataclasses import dataclass, field
from pathlib import Path

from activepool.errors import first_few


@dataclass
class FileNotices:
    """Notices that arise while a file is read.

    Attributes:
        blank_sources: sources of empty rows whose answers the ledger has.
        annotator_names: annotators as written in the file, and as in the ledger.
        commented_lines: numbers of the lines that somebody commented out.
        formula_places: places of new notes that begin like formulas.
        repeated_sources: sources with an earlier answer of the same annotator, or correction, in the file.
    """

    blank_sources: list[str] = field(default_factory=list)
    annotator_names: dict[str, str] = field(default_factory=dict)
    commented_lines: list[int] = field(default_factory=list)
    formula_places: list[str] = field(default_factory=list)
    repeated_sources: list[str] = field(default_factory=list)

    def lines(self, path: str | Path) -> list[str]:
        """Return a line for each kind of notice."""
        kinds: dict[str, list[str] | list[int]] = {
            "rows without a label, which the same person answered in another file or here before": [
                repr(source) for source in self.blank_sources
            ],
            "annotators without the invisible characters in their names": [
                f"{text!a} is {name!r}" for text, name in self.annotator_names.items()
            ],
            "lines that begin with # count as not answered": self.commented_lines,
            "notes that begin like a formula, and so get an apostrophe in the ledger": self.formula_places,
            "several answers of one person, or corrections, of which the latest counts": [
                repr(source) for source in dict.fromkeys(self.repeated_sources)
            ],
        }
        lines = [
            f"{path}: {heading}: {first_few(examples)}" for heading, examples in kinds.items() if examples
        ]
        if self.blank_sources:
            lines[0] += "; the ledger keeps these answers; to take one back, correct it to cannot_tell"
        return lines
