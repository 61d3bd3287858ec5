"""The present samples of a project: its photographs are listed, and new ones are read once."""

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from activepool.data.listed_paths import leads_out, spelling_hint, written_path
from activepool.data.listing import with_unlabelled
from activepool.data.omissions import Omissions
from activepool.data.samples import Part
from activepool.errors import MAX_LINES, InputError, first_few, first_lines
from activepool.features.ranges import require_range
from activepool.io.csv_rows import read_table, separator_hint
from activepool.io.files import has_line_break, read_json, write_json
from activepool.labelling.pool.files import (
    FILES,
    PoolFile,
    image_files,
    is_unchanged,
    name_problem,
    read_files,
    require_ledger_names,
)
from activepool.labelling.pool.table import Pool, read_pool, update_pool
from activepool.labelling.pool.vectors import (
    REMOVED,
    VECTORS,
    VectorFile,
    keep_removed,
    removed_rows,
    vector_files,
)
from activepool.ledger.formats.slips import LABEL_HEADERS
from activepool.programs.messages import print_notices
from planning.configuration.project import EmbeddingFile, Project
from planning.project.notices import PoolNotices
from planning.stages.contents import content_digest

#: The column of a list of images.
PATH_COLUMN = "path"

#: Shows each notice in full.
SHOW_ALL = PoolNotices()

#: The most images that a preview names as new, as changed, and as gone.
MAX_EXAMPLES = 3

#: The most mistakes of a list that a message names.
MAX_MISTAKES = 50


def updated_pool(
    project: Project, has_entries: bool = False, notices: PoolNotices = SHOW_ALL, dry: bool = False
) -> Pool:
    """Update the tables of the pool, unless ``dry``, and return it.

    If the ledger ``has_entries``, other samples must not replace all present ones.

    Raises: InputError with a line for each mistake in the list, and for each image that cannot be read.
    """
    folder = Path(project.pool_folder)
    if project.embeddings is not None:
        return _pool_of_vectors(project, folder, project.embeddings, has_entries, dry)
    root, sources = listed_images(project, notices)
    skips = project.on_unreadable == "skip"
    workers = os.cpu_count() or 1
    files = image_files(folder, root, sources, skip_unreadable=skips, workers=workers, dry=dry)
    notices.show(
        "unreadable images left out",
        [f"{file.source}: {file.problem}" for file in files if file.problem],
        lambda items: f"{root}: left out, because unreadable: {len(items):,} ({first_few(items, MAX_LINES)})",
    )
    notices.show(
        "images with the same content as others",
        _duplicates(files),
        lambda items: (
            f"{root}: images with the same content as others: {len(items):,} "
            f"({first_few(items)}); each content counts once"
        ),
    )

    def has_features(part: int) -> bool:
        return Path(project.part_features(part)).is_file()

    earlier = read_pool(folder)
    parts = zip(earlier.samples, earlier.parts, strict=True)
    extracted = {sample for sample, part in parts if has_features(part)}
    present = {file.sample for file in files if not file.problem}
    if has_entries and extracted and extracted.isdisjoint(present):
        raise InputError(
            f"{project.images}: none of its {len(present):,} images is one of the {len(extracted):,} of the "
            f"last run, which {project.ledger_path} is about; correct the key images, or put images of the "
            "last run back; to label these, give another project and ledger"
        )
    return update_pool(folder, files, has_features, dry=dry)


def _duplicates(files: Sequence[PoolFile]) -> list[str]:
    """Return a text for each source that has the content of an earlier one."""
    first: dict[str, str] = {}
    return [
        f"{file.source!r} is a copy of {first[file.sample]!r}"
        for file in files
        if not file.problem and first.setdefault(file.sample, file.source) != file.source
    ]


def vector_file(embeddings: EmbeddingFile) -> VectorFile:
    """Return the file of vectors that a configuration names."""
    return VectorFile(**embeddings.model_dump())


def _pool_of_vectors(
    project: Project, folder: Path, embeddings: EmbeddingFile, has_entries: bool, dry: bool
) -> Pool:
    content, removed = _content(embeddings), folder / REMOVED
    earlier = read_pool(folder)
    gone = {sample: row for sample, row in earlier.row_of.items() if not earlier.is_here(sample)}
    if _is_unchanged(folder, content) and gone.keys() <= removed_rows(removed).keys():
        # An earlier version of activepool may have written these.
        require_ledger_names(embeddings.path, earlier.sources, "row")
        return earlier
    file = vector_file(embeddings)
    vectors = file.vectors()
    require_range(embeddings.path, vectors, np.arange(vectors.shape[0]))
    files = vector_files(vectors, file.row_names())
    if arrays := file.unread():
        print_notices(
            [
                f"{embeddings.path}: has {' and '.join(f'`{name}`' for name in arrays)}, which a project "
                "does not read; name classes in the key classes, and put labels that you have into "
                f"{project.returned}"
            ]
        )
    present = {file.sample for file in files}
    gone = {sample: row for sample, row in earlier.row_of.items() if sample not in present}
    lost = set(gone)
    if len(gone) < len(earlier.samples):
        # Vectors are copied by their content, and so keep their rows.
        lost -= set(keep_removed(removed, project.features_file, gone, dry))
    elif gone and has_entries:
        # Features of these vectors must not be mixed with others.
        raise InputError(
            f"{embeddings.path}: none of its {len(present):,} vectors is among the {len(gone):,} of the last "
            "run: a sample is its vector as float32, so another dtype, width or network changes every "
            f"sample. The labels in {project.ledger_path} cannot be used until the vectors of the "
            "last run come back; to label these, give another project and ledger"
        )
    pool = update_pool(folder, files, lambda part: True, lost, dry)
    if not dry:
        write_json(folder / VECTORS, content)
    return pool


def _content(embeddings: EmbeddingFile) -> dict[str, str]:
    """Return the digest of a file of vectors, and the names of its arrays."""
    names = embeddings.model_dump(exclude={"path"}, exclude_none=True)
    return {"sha256": content_digest(embeddings.path), **names}


def _is_unchanged(folder: Path, content: dict[str, str]) -> bool:
    note = folder / VECTORS
    return note.is_file() and read_json(note) == content


def unread_notices(project: Project, pool: Pool) -> Iterator[str]:
    """Yield a line if images or vectors have changed since the last run, which left this pool.

    Raises: InputError for images that cannot be listed, and for names that cannot be used.
    """
    folder = Path(project.pool_folder)
    if project.embeddings is not None:
        if _is_unchanged(folder, _content(project.embeddings)):
            require_ledger_names(project.embeddings.path, pool.sources, "row")
        else:
            vector_file(project.embeddings).row_names()  # raises InputError for names that cannot be used
            yield f"{project.embeddings.path}: has changed since the last run; the next one reads it"
        return
    root, sources = listed_images(project)
    files = {file.source: file for file in read_files(folder / FILES)}
    remaining = [source for source in sources if source in files]
    changes = {
        "new": [source for source in sources if source not in files],
        "changed": [source for source in remaining if not is_unchanged(root, source, files[source])],
        "gone": sorted(files.keys() - set(sources)),
    }
    texts = [
        f"{len(names):,} {kind} ({first_few(names, MAX_EXAMPLES)})"
        for kind, names in changes.items()
        if names
    ]
    if texts:
        yield f"{root}: images since the last run: {', '.join(texts)}; the next one reads them"


def listed_images(project: Project, notices: PoolNotices = SHOW_ALL) -> tuple[Path, list[str]]:
    """Return the root of the images, and their paths.

    Raises: InputError with a line for each mistake in a list, and for each name that the ledger cannot hold.
    """
    images = Path(project.images or "")
    root = project.images_root or images
    if root != images:
        sources = _images_of_list(images, root, project.returned, notices)
    else:
        omissions = Omissions()
        sources = with_unlabelled(Part.from_files([], []), images, "", omissions).sources.tolist()
        require_ledger_names(images, sources, "file")
        omissions.empty.clear()
        notices.show("files not taken", omissions.notices(images), "; ".join, omissions.total)
    if not sources:
        raise InputError(f"{images}: holds no image")
    return root, sources


def _images_of_list(path: Path, root: Path, returned: str, notices: PoolNotices) -> list[str]:
    """Return the column ``path`` of a CSV file; raises InputError with a line for each mistake."""
    first, names, lines = read_table(path)
    if names.count(PATH_COLUMN) != 1:
        raise InputError(
            f"{path}:{first}: must have the column {PATH_COLUMN!r} once (columns: {', '.join(names)})"
            f"{separator_hint(names)}"
        )
    sources, labels = Counter[str](), Counter[str]()
    problems: list[str] = []
    for line, cells, problem, _ in lines:
        if problem:
            problems.append(f"{path}:{line}: {problem}")
            continue
        cells_by_name = zip(names, cells, strict=True)
        labels.update(
            name for name, cell in cells_by_name if name.casefold() in LABEL_HEADERS and cell.strip()
        )
        source = written_path(root, cells[names.index(PATH_COLUMN)])
        sources[source] += 1
        if sources[source] > 1:
            problems.append(f"{path}:{line}: {source!r} is listed twice")
        elif not source or has_line_break(source) or leads_out(source):
            problems.append(f"{path}:{line}: {source!r} must be a relative path below {root}")
        elif not os.path.isfile(root / source):  # noqa: PTH113, which is false for a name that is too long
            hint = spelling_hint(root, source)
            problems.append(
                f"{path}:{line}: no such file {source!r} (relative paths start from {root}){hint}"
            )
        elif problem := name_problem(source, "file"):
            problems.append(f"{path}:{line}: {problem}")
    if problems:
        raise InputError(*first_lines(problems, path, MAX_MISTAKES))
    notices.show(
        "labels in the list of images",
        [f"{name!r} ({count:,})" for name, count in labels.items()],
        lambda items: (
            f"{path}: has labels in {first_few(items)}, which a project does not read; put those that you "
            f"have into {returned}, in a CSV with the columns source and label"
        ),
    )
    return list(sources)
