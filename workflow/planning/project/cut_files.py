"""Files of models and pages that were cut, by a full disk or a broken copy: the run rebuilds them."""

from collections.abc import Iterator
from pathlib import Path

from activepool.errors import InputError
from activepool.io.files import file_digest
from activepool.records.provenance import Record, records_in
from planning.configuration.project import Project
from planning.project.folders import results_folder

#: Endings of files that nobody edits.
BINARY = (".h5", ".safetensors", ".parquet")

#: The ending of pages. They are made together with lists that people may have filled in.
PAGE = ".html"


def remove_cut_files(project: Project) -> list[str]:
    """Delete files of models and pages that are shorter than their stage left them; return a notice for each.

    Features stay: they are expensive, and the rows of the samples depend on which of them are there. A page
    stays if a list beside it has changed, because the run would rebuild both.
    """
    notices = []
    for record in _records(Path(results_folder(project))):
        for name, state in record.outputs.items():
            path = Path(name)
            if path.suffix not in (*BINARY, PAGE) or not path.is_file() or path.stat().st_size >= state.size:
                continue
            cut = f"{path}: was cut, {path.stat().st_size:,} of {state.size:,} bytes"
            changed = _changed_list(record) if path.suffix == PAGE else None
            if changed:
                notices.append(f"{cut}; to rebuild it, move {changed} elsewhere and delete the page")
            else:
                notices.append(f"{cut}; a run that needs it rebuilds it")
                path.unlink()
    return notices


def _records(root: Path) -> Iterator[Record]:
    """Yield each record of the project and of its batches that can be read."""
    for folder in (root, *sorted(root.glob("batches/*"))):
        for path in records_in(folder):
            try:
                yield Record.read(path)
            except InputError:  # verification reports it
                continue


def _changed_list(record: Record) -> str | None:
    """Return a file of a record, no page, that has changed since; None if there is none."""
    lists = ((name, was) for name, was in record.outputs.items() if not name.endswith(PAGE))
    changed = (name for name, was in lists if Path(name).is_file() and file_digest(name) != was.sha256)
    return next(changed, None)
