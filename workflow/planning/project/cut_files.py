"""Files of models and pages that were cut, by a full disk or a broken copy."""

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


def files_to_rebuild(record: Record) -> list[str]:
    """Return the files of models and pages that are shorter than the stage of the record left them.

    A page is not among them if a list beside it has changed, because the run would rebuild both.
    """
    return [path for path in _cut_files(record) if not _changed_list(record, path)]


def cut_notices(project: Project) -> Iterator[str]:
    """Yield a notice for each file of a model or page that was cut.

    Nothing is said of features: they are expensive, and the rows of the samples depend on which of them are
    there.
    """
    root = Path(results_folder(project))
    for folder in (root, *sorted(root.glob("batches/*"))):
        for record in filter(None, map(record_at, records_in(folder))):
            yield from (_notice(record, path) for path in _cut_files(record))


def record_at(path: Path) -> Record | None:
    """Return the record at a path; None if there is none that can be read, which verification reports."""
    try:
        return Record.read(path)
    except InputError:
        return None


def _notice(record: Record, path: str) -> str:
    cut = f"{path}: was cut, {Path(path).stat().st_size:,} of {record.outputs[path].size:,} bytes"
    if changed := _changed_list(record, path):
        return f"{cut}; to rebuild it, move {changed} elsewhere and delete the page"
    return f"{cut}; a run that needs it rebuilds it"


def _cut_files(record: Record) -> list[str]:
    return [
        name
        for name, state in record.outputs.items()
        if (path := Path(name)).suffix in (*BINARY, PAGE)
        and path.is_file()
        and path.stat().st_size < state.size
    ]


def _changed_list(record: Record, path: str) -> str | None:
    """Return a file beside a page, no page itself, that has changed since; None if there is none."""
    if not path.endswith(PAGE):
        return None
    lists = ((name, was) for name, was in record.outputs.items() if not name.endswith(PAGE))
    changed = (name for name, was in lists if Path(name).is_file() and file_digest(name) != was.sha256)
    return next(changed, None)
