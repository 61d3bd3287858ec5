"""Files of models that were cut, by a full disk or a copy that broke off: the run makes them again."""

from collections.abc import Iterator
from pathlib import Path

from activepool.errors import InputError
from activepool.records.provenance import Record, records_in
from planning.configuration.project import Project
from planning.project.folders import results_folder

#: Endings of files that nobody edits.
BINARY = (".h5", ".safetensors", ".parquet")


def remove_cut_files(project: Project) -> list[str]:
    """Delete files of models that are shorter than their stage left them; return a notice for each.

    Features stay: they are expensive, and the rows of the samples depend on which of them are there.
    """
    notices = []
    for path, size in _left(Path(results_folder(project))):
        found = path.stat().st_size if path.suffix in BINARY and path.is_file() else size
        if found < size:
            notices.append(f"{path}: was cut, {found:,} of {size:,} bytes; it is made again if it is needed")
            path.unlink()
    return notices


def _left(root: Path) -> Iterator[tuple[Path, int]]:
    """Yield each recorded file of the project and of its batches, and its size when its stage ended."""
    for folder in (root, *sorted(root.glob("batches/*"))):
        for record in records_in(folder):
            try:
                outputs = Record.read(record).outputs
            except InputError:  # verification reports it
                continue
            yield from ((Path(path), state.size) for path, state in outputs.items())
