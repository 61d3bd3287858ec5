"""Names of folders in results/ that Snakemake refuses, or that some disks confuse with others."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from snakemake.io import PeriodicityDetector


def repetition_problems(names: Mapping[str, str]) -> Iterator[str]:
    """Yield a line for each name that Snakemake takes for a rule with an endless chain of its own files.

    ``names`` are those of folders that are wildcards of rules, by the keys that name them.
    """
    for key, name in names.items():
        if part := PeriodicityDetector().is_periodic(name):
            yield (
                f"{key}: {name!r} ends with {part!r} again and again, which Snakemake refuses; "
                "choose another name"
            )


def case_problems(key: str, name: str) -> Iterator[str]:
    """Yield a line for each folder in results/ that differs from this name only in the case of letters."""
    for folder in sorted(Path("results").glob("*/")):
        if folder.name != name and folder.name.casefold() == name.casefold():
            yield (
                f"{key}: {name!r} and {folder}, which exists, differ only in case, and some file systems "
                "treat them as one folder; choose another name"
            )
