"""Files of models and pages that were cut off, by a full disk or an incomplete copy."""

from collections.abc import Iterator
from pathlib import Path

from activepool.errors import InputError
from activepool.io.files import file_digest
from activepool.records.provenance import Record, records_in
from planning.configuration.project import Project

#: The endings of files that nobody edits.
BINARY_ENDINGS = (".h5", ".safetensors", ".parquet")

#: The ending of pages, which are written together with lists that people may have filled in.
PAGE_ENDING = ".html"


def files_to_rebuild(record: Record | None) -> list[str]:
    """Return the files of models and pages that are shorter than recorded.

    A page is left out if a list beside it has changed, because the run would rebuild both.
    """
    return [path for path in _cut_files(record) if not _changed_list(record, path)] if record else []


def cut_notices(project: Project) -> Iterator[str]:
    """Yield a notice for each file of a model or page that was cut off.

    Features are left out: they are expensive, and the rows of the samples depend on which of them exist.
    """
    root = Path(project.results_folder)
    for folder in (root, *sorted(root.glob("batches/*"))):
        for record in filter(None, map(record_at, records_in(folder))):
            yield from (_notice(record, path) for path in _cut_files(record))


def record_at(path: Path) -> Record | None:
    """Return the record at a path; None if it is missing or unreadable, which verification reports."""
    try:
        return Record.read(path)
    except InputError:
        return None


def _notice(record: Record, path: str) -> str:
    text = f"{path}: was cut, {Path(path).stat().st_size:,} of {record.outputs[path].size:,} bytes"
    if changed_list := _changed_list(record, path):
        return f"{text}; to rebuild it, move {changed_list} elsewhere and delete the page"
    return f"{text}; a run that needs it rebuilds it"


def _cut_files(record: Record) -> list[str]:
    return [
        name
        for name, state in record.outputs.items()
        if (path := Path(name)).suffix in (*BINARY_ENDINGS, PAGE_ENDING)
        and path.is_file()
        and path.stat().st_size < state.size
    ]


def _changed_list(record: Record, path: str) -> str | None:
    """Return a changed file beside a page, other than pages; None if there is none."""
    if not path.endswith(PAGE_ENDING):
        return None
    lists = ((name, state) for name, state in record.outputs.items() if not name.endswith(PAGE_ENDING))
    changed = (name for name, state in lists if Path(name).is_file() and file_digest(name) != state.sha256)
    return next(changed, None)
