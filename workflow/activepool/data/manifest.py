"""Manifests: CSV lists of images, which may lie anywhere, also at URLs."""

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from activepool.data.class_names import (
    indistinguishable_names,
    label_problem,
    quoted,
    require_different,
    require_no_unknown,
    sorted_names,
    undeclared_class,
)
from activepool.data.fetching import fetch_images, url_problem
from activepool.data.listed_paths import (
    leads_out,
    repeated_files,
    repeated_path_problem,
    spelling_hint,
    written_path,
)
from activepool.data.listing import existing_file, existing_folder
from activepool.data.previews import MAX_PREVIEWED
from activepool.data.samples import UNKNOWN, Part, Samples, require_one_test_part, split_off_test
from activepool.data.urls import is_url
from activepool.errors import InputError, Problems, require_none
from activepool.io.csv_rows import cut_off_problem, read_table, require_different_columns, separator_hint
from activepool.io.files import has_line_break

COLUMNS = ("path", "label", "split")

#: What a manifest is, for messages.
MANIFEST_FORM = f"a CSV file with the columns {', '.join(COLUMNS)}"

#: The usual length of a row, to see from the size of a file whether a preview takes too long.
BYTES_PER_ROW = 50


@dataclass(frozen=True)
class Row:
    """A row of a manifest: its line and its fields; an unknown label is empty."""

    line: int
    path: str
    label: str
    split: str


def load(
    path: str | Path,
    root: str | Path | None = None,
    test_fraction: float | None = None,
    class_names: list[str] | None = None,
) -> Samples:
    """Read a manifest: a CSV file with the columns ``path``, ``label`` and ``split``; others are ignored.

    ``path`` is an image file, absolute, or relative to ``root`` and below it, by default the folder of the
    manifest; or a URL, whose image `fetch` fetches. ``label`` is the class, a name or a number; empty (or -1)
    if it is not known. ``split`` is train or test; empty, or without the column, it means train.

    Args:
        test_fraction: the share of each class to split off as test part, if no row says test.
        class_names: the names of all classes, if some have no labelled train sample yet; by default, the
            labels of the train part in the order of their names, as numbers if all are whole numbers.

    Raises: InputError, with a line for each row that cannot be used, naming file and line.
    """
    manifest, root = _manifest_and_root(path, root, class_names or ())
    rows, problems = _read_rows(manifest, root, class_names or [])
    train_labels = {row.label for row in rows if row.split == "train"} - {""}
    names = sorted_names(train_labels) if class_names is None else class_names
    problems += _row_problems(root, rows)
    problems += _label_problems(rows, names) if class_names is None else _undeclared_labels(rows, names)
    _raise_if_any(manifest, problems)
    if not any(row.split == "train" for row in rows):
        found = "all rows are of the split test" if rows else "there is no row below the header"
        raise InputError(f"{manifest}: the train part is empty: {found}")
    number_of = {name: number for number, name in enumerate(names)} | {"": UNKNOWN}

    def part(split: str) -> Part:
        part_rows = [row for row in rows if row.split == split]
        return Part.from_files([number_of[row.label] for row in part_rows], [row.path for row in part_rows])

    train, test = part("train"), part("test")
    require_one_test_part(manifest, len(test) > 0, "rows of split 'test'", test_fraction)
    if test_fraction is not None:
        train, test = split_off_test(train, test_fraction)
    return Samples(train, test, names, str(root), list_file=str(manifest))


def fetch(
    path: str | Path,
    root: str | Path | None = None,
    *,
    unreadable: dict[str, str] | None = None,
    **options: Any,
) -> None:
    """Fetch the images of a manifest that are at URLs to below ``root``, unless they were fetched before.

    Images that their servers do not have are errors, unless ``unreadable`` is there to get the reasons, see
    `fetch_images`. Raises: InputError, with file and line, for each image that cannot be fetched.
    """
    manifest, root = _manifest_and_root(path, root)
    line_of = {row.path: row.line for row in _read_rows(manifest, root)[0] if is_url(row.path)}
    failures = fetch_images(list(line_of), root, unreadable)
    _raise_if_any(
        manifest, [(line_of[url], f"{url} cannot be fetched: {reason}") for url, reason in failures.items()]
    )


def is_large(
    path: str | Path,
    root: str | Path | None = None,
    class_names: list[str] | None = None,
    **options: Any,
) -> bool:
    """Return whether reading a manifest takes long; raises InputError for options that cannot be used."""
    manifest, _ = _manifest_and_root(path, root, class_names or ())
    return manifest.stat().st_size > MAX_PREVIEWED * BYTES_PER_ROW


def _manifest_and_root(
    path: str | Path, root: str | Path | None, class_names: Sequence[str] = ()
) -> tuple[Path, Path]:
    """Return the manifest and its root; raises InputError for each that is not there, and for wrong names."""
    problems, manifest = Problems(), Path(path)
    with problems.noted():
        existing_file(manifest, MANIFEST_FORM)
    if root is not None:
        with problems.noted():
            existing_folder(root, "the folder that the paths of the manifest start from")
    with problems.noted():
        require_different(manifest, class_names)
        require_no_unknown(manifest, class_names)
    problems.raise_if_any()
    return manifest, manifest.parent if root is None else Path(root)


def _read_rows(
    manifest: Path, root: Path, class_names: Iterable[str] = ()
) -> tuple[list[Row], list[tuple[int, str]]]:
    """Return the rows, and the line and problem of each that has too many or few fields, or is cut off."""
    header_line, names, lines = read_table(manifest)
    if not names:
        raise InputError(f"{manifest}: is empty; its first line must name the columns: {','.join(COLUMNS)}")
    _check_header(f"{manifest}:{header_line}", names)
    rows, problems, last_label = list[Row](), [], ""
    for line, cells, problem, is_end in lines:
        if problem:
            problems.append((line, problem))
            continue
        fields = dict(zip(names, cells, strict=True))
        path, label, split = fields["path"], fields["label"].strip(), fields.get("split", "").strip()
        path = path.strip() if is_url(path.strip()) else written_path(root, path)
        rows.append(Row(line, path, "" if label == str(UNKNOWN) else label, split or "train"))
        last_label = rows[-1].label if is_end and names[-1] == "label" else ""
    if last_label:
        whole_labels = sorted({*class_names, *(row.label for row in rows)})
        if cut_off := cut_off_problem("label", last_label, whole_labels):
            problems.append((rows[-1].line, cut_off))
    return rows, problems


def _check_header(where: str, names: list[str]) -> None:
    missing = [name for name in COLUMNS if name not in names]
    if missing == ["split"] and "split" not in map(str.lower, names):
        missing = []  # all rows are train rows
    if missing:
        present = {name.strip().lower(): name for name in names}
        renamed = ", ".join(f"{present[name]!r} to {name!r}" for name in missing if name in present)
        hint = f"; rename {renamed}" if renamed else separator_hint(names)
        raise InputError(
            f"{where}: column {missing[0]!r} is missing; the first line must be a header with "
            f"{', '.join(COLUMNS)} (it has {', '.join(names)}){hint}"
        )
    require_different_columns(where, names)


def _row_problems(root: Path, rows: list[Row]) -> Iterator[tuple[int, str]]:
    readable_rows = []
    test_rows = [row for row in rows if row.split == "test"]
    has_no_label = len(test_rows) > 1 and not any(row.label for row in test_rows)
    if has_no_label:
        yield (
            test_rows[0].line,
            f"none of the {len(test_rows):,} test rows has a label, to measure accuracy on; add labels, or "
            "leave these rows out and set test_fraction",
        )
    for row in rows:
        if row.split not in ("train", "test"):
            yield row.line, f"split {row.split!r} is not known; it must be train, test or empty"
        elif row.split == "test" and not row.label and not has_no_label:
            yield row.line, "a test row needs a label, to measure accuracy on; leave the row out"
        elif has_line_break(row.path) or has_line_break(row.label):
            yield row.line, f"{row.path!r}, {row.label!r}: neither may have a line break; rename it"
        elif problem := _path_problem(root, row.path):
            yield row.line, problem
        else:
            readable_rows.append(row)
    for number, earlier in repeated_files(root, (row.path for row in readable_rows)):
        row, earlier_row = readable_rows[number], readable_rows[earlier]
        yield row.line, repeated_path_problem(row.path, earlier_row.path, f"line {earlier_row.line}")


def _path_problem(root: Path, path: str) -> str | None:
    if is_url(path):
        problem = url_problem(path)
        return problem and f"{path!r}: {problem}"
    if not path.strip():
        return "the path is empty"
    if leads_out(path):
        return (
            f"path {path!r} leaves {root}; it must lie below it, or be absolute, or start from another root"
        )
    # Unlike Path.is_file, these return False for a name that is too long.
    if not os.path.isfile(file := root / path):  # noqa: PTH113
        is_special = os.path.exists(file) and not file.is_dir()  # noqa: PTH110
        absence = "no file but a pipe, socket or device" if is_special else "no such file"
        return f"{absence} {quoted(path)} (relative paths start from {root}){spelling_hint(root, path)}"
    return None


def _label_problems(rows: list[Row], class_names: list[str]) -> Iterator[tuple[int, str]]:
    """Yield the first line and the problem of each label that is not a class, or was hardly meant as one."""
    line_of = _first_lines(rows)
    may_follow = any(row.split == "train" and not row.label for row in rows)
    misplaced_labels = {row.label for row in rows if row.split not in ("train", "test")}
    for label, line in line_of.items():
        if problem := label_problem(label, misplaced_labels.union(class_names), class_names, may_follow):
            yield line, problem
    train_labels = [label for label in line_of if label in class_names]
    for first, second, difference in indistinguishable_names(train_labels):
        yield (
            line_of[second],
            f"label {second!a} differs from {first!a}, in line {line_of[first]}, only in {difference}; "
            "write both alike",
        )


def _undeclared_labels(rows: list[Row], class_names: list[str]) -> Iterator[tuple[int, str]]:
    for label, line in _first_lines(rows).items():
        if label not in class_names:
            yield line, undeclared_class(label, class_names)


def _first_lines(rows: list[Row]) -> dict[str, int]:
    """Return the first line of each label; of those in the train part, the first line there."""
    line_of: dict[str, int] = {}
    for row in sorted(rows, key=lambda row: row.split != "train"):
        if row.label:
            line_of.setdefault(row.label, row.line)
    return line_of


def _raise_if_any(manifest: Path, problems: list[tuple[int, str]]) -> None:
    require_none([f"{manifest}:{line}: {problem}" for line, problem in sorted(problems)], manifest)
