"""A list of image files in a CSV: the form for images that lie anywhere."""

import csv
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from activepool.data.listing import existing_file, existing_folder, has_line_break, leads_out
from activepool.data.previews import LISTED_AT_ONCE, Preview
from activepool.data.samples import UNKNOWN, Part, Samples, require_one_test_part, split_off_test
from activepool.errors import InputError
from activepool.index_files import whole_number

COLUMNS = ("path", "label", "split")

#: A row is about this long; a larger file has too many rows for a preview.
BYTES_PER_ROW = 50


@dataclass(frozen=True)
class Row:
    """A row of a manifest: where it stands, and its fields; an unknown label is empty."""

    line: int
    path: str
    label: str
    split: str


def load(path: str | Path, root: str | Path | None = None, test_fraction: float | None = None) -> Samples:
    """Read a manifest: a CSV file with the columns ``path``, ``label`` and ``split``; others are ignored.

    ``path`` is an image file, absolute, or relative to ``root`` and below it. ``label`` is the class, a name
    or a number, or empty (or -1) if it is not known. ``split`` is train or test; empty means train. The
    classes are the labels that occur, in the order of their names, or of their numbers if all are whole
    numbers.

    Args:
        path: the CSV file.
        root: the folder that paths start from; by default the folder of the manifest.
        test_fraction: of each class, what part is split off for the test, where no row says test.

    Raises: InputError, with file and line, for what cannot be used.
    """
    manifest = existing_file(path, f"a CSV file with the columns {', '.join(COLUMNS)}")
    meaning = "the folder that the paths of the manifest start from"
    root = manifest.parent if root is None else existing_folder(root, meaning)
    rows = list(_read_rows(manifest))
    _check_rows(manifest, root, rows)
    class_names = _class_names({row.label for row in rows} - {""})
    index = {name: number for number, name in enumerate(class_names)} | {"": UNKNOWN}

    def part(split: str) -> Part:
        chosen = [row for row in rows if row.split == split]
        return Part.of_files([index[row.label] for row in chosen], [row.path for row in chosen])

    train, test = part("train"), part("test")
    require_one_test_part(manifest, len(test) > 0, "rows of split 'test'", test_fraction)
    if test_fraction is not None:
        train, test = split_off_test(train, test_fraction)
    return Samples(train, test, class_names, str(root))


def preview(
    path: str | Path, root: str | Path | None = None, test_fraction: float | None = None
) -> Preview | None:
    """Count the classes of a manifest, unless it is long."""
    size = existing_file(path, f"a CSV file with the columns {', '.join(COLUMNS)}").stat().st_size
    return None if size > LISTED_AT_ONCE * BYTES_PER_ROW else Preview.of(load(path, root, test_fraction))


def _read_rows(manifest: Path) -> Iterator[Row]:
    # Spreadsheets begin a UTF-8 file with a byte order mark.
    with manifest.open(newline="", encoding="utf-8-sig") as stream:
        reader = csv.DictReader(stream)
        try:
            missing = [name for name in COLUMNS if name not in (reader.fieldnames or [])]
            if missing:
                raise InputError(
                    f"{manifest}:1: column {missing[0]!r} is missing; the first line must be a header with "
                    f"{', '.join(COLUMNS)} (it has {', '.join(reader.fieldnames or [])})"
                )
            if len(set(reader.fieldnames)) < len(reader.fieldnames):
                raise InputError(
                    f"{manifest}:1: two columns have the same name (it has {', '.join(reader.fieldnames)})"
                )
            for fields in reader:
                if None in fields or None in fields.values():
                    raise InputError(
                        f"{manifest}:{reader.line_num}: does not have {len(reader.fieldnames)} fields; "
                        "put a text with a comma in double quotes"
                    )
                path, label, split = (fields[name].strip() for name in COLUMNS)
                yield Row(reader.line_num, path, "" if label == str(UNKNOWN) else label, split or "train")
        except (UnicodeDecodeError, csv.Error) as error:
            raise InputError(f"{manifest}: not a CSV file in UTF-8 ({error})") from error


def _check_rows(manifest: Path, root: Path, rows: list[Row]) -> None:
    seen: dict[str, int] = {}
    for row in rows:
        where = f"{manifest}:{row.line}"
        if row.split not in ("train", "test"):
            raise InputError(f"{where}: split {row.split!r} is not known; it must be train, test or empty")
        if row.split == "test" and not row.label:
            raise InputError(f"{where}: a test row needs a label, to measure accuracy on; leave the row out")
        if has_line_break(row.path) or has_line_break(row.label):
            raise InputError(
                f"{where}: {row.path!r}, {row.label!r}: neither may have a line break; rename it"
            )
        if leads_out(row.path):
            raise InputError(
                f"{where}: path {row.path!r} leaves {root}; it must lie below it, or be absolute, "
                "or start from another root"
            )
        path = root / row.path
        if not path.is_file():
            raise InputError(f"{where}: no such file {row.path!r} (relative paths start from {root})")
        first = seen.setdefault(os.path.normpath(path), row.line)
        if first != row.line:
            raise InputError(f"{where}: path {row.path!r} was given before, in line {first}")


def _class_names(labels: set[str]) -> list[str]:
    if all(whole_number(label) is not None for label in labels):
        return sorted(labels, key=lambda label: (int(label), label))
    return sorted(labels)
