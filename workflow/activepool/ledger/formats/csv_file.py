"""A CSV file with file names: the list of a batch that people fill in, or their own file."""

import csv
from dataclasses import replace
from pathlib import Path

from activepool.data.class_names import reads_as_missing
from activepool.errors import InputError
from activepool.io.csv_rows import (
    column_list,
    find_delimiter,
    read_table,
    require_different_columns,
    separator_hint,
)
from activepool.io.files import written_whole
from activepool.ledger.entries import SAMPLE
from activepool.ledger.formats.batch import Batch
from activepool.ledger.formats.rows import CORRECTION, LABEL, OTHER_LABELS, ParsedFile, Row
from activepool.ledger.formats.slips import IMAGE_NAME
from activepool.ledger.messages import EXPORT_AGAIN, WEB_PAGE

#: Columns that name the image, besides ``sample`` and ``index``; the first that is there counts.
SOURCE_COLUMNS = ("source", "path", "file", "filename", "file_name", "image")

#: Columns of label_errors.csv and predictions.csv, whose labels are not answers of an annotator.
PROGRAM_COLUMNS = ({"suggested"}, {"status", "predicted"})

#: The columns of a batch's labels.csv, which had no ``sample`` before activepool 0.2.0. People's files may
#: have the same columns, see `program_lists`.
LABELS_COLUMNS = ("index", "source", LABEL, "sample")

#: The same after somebody has turned the labels into corrections.
CORRECTION_COLUMNS = ("index", "source", CORRECTION, "sample")

#: The columns of a batch's held_out.csv.
HELD_OUT_COLUMNS = ("index", "label", "predicted", "probability")

#: Columns that a ledger has besides the label.
LEDGER_COLUMNS = {"event", "check"}

#: Columns that name the annotator.
ANNOTATOR_COLUMNS = ("who", "annotator")

#: First columns in which ``#`` comments a row out; before an index it means "number".
COMMENTABLE_COLUMNS = ("batch", "sample", *SOURCE_COLUMNS, LABEL, CORRECTION)

#: The field of each column in which a text that was cut off may look whole, see `Row.unterminated_field`.
FIELD_OF_COLUMN = (
    {LABEL: "label", CORRECTION: "label", "index": "index"}
    | dict.fromkeys(ANNOTATOR_COLUMNS, "who")
    | dict.fromkeys(SOURCE_COLUMNS, "source")
)

#: The columns of the list of a batch; people fill in ``label``, ``who`` and ``note``.
COLUMNS = (
    *("batch", "index", "source", "predicted", "probability", "margin", "why"),
    *("label", "who", "when", "note", "sample"),
)

#: Columns of the program's other lists, which hold no answer.
LIST_COLUMNS = ("status", "suggested", "label_probability", "calibrated")

#: Columns that are read, or that the program wrote.
KNOWN_COLUMNS = {*COLUMNS, *LIST_COLUMNS, *SOURCE_COLUMNS, *ANNOTATOR_COLUMNS, CORRECTION}


def write(path: str | Path, batch: Batch) -> None:
    """Write the list of a batch for people to fill in."""
    with written_whole(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, COLUMNS, restval="", lineterminator="\n")
        writer.writeheader()
        for pick in batch.picks:
            writer.writerow({"batch": batch.name, **pick.cells()})


def rows(path: Path) -> ParsedFile:
    """Read a CSV file with the column ``label`` or ``correction``, and one that names the sample."""
    table = read_table(path, any_delimiter=True)
    names = [name.casefold() for name in table.names]
    if not names:
        raise InputError(f"{path}: is empty; it must be a CSV file with the columns source and label")
    if names[0].startswith("<"):
        raise InputError(f"{path}: {WEB_PAGE}, and not CSV{EXPORT_AGAIN}")
    _require_header(f"{path}:{table.line}", names)
    column = CORRECTION if CORRECTION in names else LABEL
    is_listed = _is_list(names) or tuple(names) == CORRECTION_COLUMNS
    parsed = ParsedFile(may_be_of_program=tuple(names) in (LABELS_COLUMNS, LABELS_COLUMNS[:-1]))
    for line, texts, row_problem, is_end in table.rows:
        cells, place = dict(zip(names, texts, strict=False)), f"{path}:{line}"
        commented_cell = texts[0].strip() if _is_commented(texts[0], names[0]) else ""
        if problem := row_problem or _problem(cells, column):
            if commented_cell:
                parsed.rows.append(Row(line, place, commented_cell=commented_cell, problem=problem))
            else:
                parsed.add_mistake(line, place, problem)
            continue
        row = _row(line, place, cells, column, commented_cell, is_listed)
        last_field = FIELD_OF_COLUMN.get(names[-1], "") if is_end else ""
        parsed.rows.append(replace(row, unterminated_field=last_field))
    return parsed


def _row(
    number: int, place: str, cells: dict[str, str], column: str, commented_cell: str, is_listed: bool
) -> Row:
    name, *other_names = _filled(cells, SOURCE_COLUMNS) or [""]
    who_key = next((key for key in ANNOTATOR_COLUMNS if cells.get(key, "").strip()), ANNOTATOR_COLUMNS[0])
    return Row(
        number=number,
        place=place,
        label=cells[column],
        commented_cell=commented_cell,
        is_correction=column == CORRECTION,
        is_listed=is_listed,
        sample=cells.get("sample", "").strip(),
        index=cells.get("index", "").strip(),
        name=name,
        other_names=tuple(other_names),
        who=cells.get(who_key, "").strip(),
        who_key=who_key,
        when=cells.get("when", "").strip(),
        batch=cells.get("batch", "").strip(),
        note=cells.get("note", ""),
        other_cells=tuple(
            (key, text) for key, text in cells.items() if text.strip() and key not in KNOWN_COLUMNS
        ),
    )


def _is_list(names: list[str]) -> bool:
    return any(columns <= set(names) for columns in PROGRAM_COLUMNS)


def is_ledger(content: bytes) -> bool:
    """Return whether a text begins with the columns of a ledger."""
    header = content.partition(b"\n")[0].decode("utf-8-sig", errors="replace")
    return {name.strip().casefold() for name in header.split(find_delimiter(header))} >= LEDGER_COLUMNS


def _is_commented(cell: str, column: str) -> bool:
    """Return whether the first cell of a row comments it out, unlike errors of spreadsheets (``#REF!``)."""
    return column in COMMENTABLE_COLUMNS and cell.lstrip().startswith("#") and not reads_as_missing(cell)


def _problem(row: dict[str, str], column: str) -> str | None:
    who = _filled(row, ANNOTATOR_COLUMNS)
    if row[column].strip():
        return f"names two annotators, {who[0]!r} and {who[1]!r}; keep one of them" if len(who) > 1 else None
    for other_column in OTHER_LABELS:
        if text := row.get(other_column, "").strip():
            return (
                f"{column!r} is empty, and {other_column!r} has {text!r}; write the answers into {column!r}"
            )
    return None


def _filled(row: dict[str, str], columns: tuple[str, ...]) -> list[str]:
    """Return the different texts in some columns of a row, in the order of the columns."""
    return list(dict.fromkeys(text for column in columns if (text := row.get(column, "").strip())))


def _require_header(place: str, names: list[str]) -> None:
    if set(names) >= LEDGER_COLUMNS:
        raise InputError(
            f"{place}: is a ledger, and no label file; remove it, or give the labels that count in a CSV "
            "with the columns source, label, who and when"
        )
    if LABEL in names and (_is_list(names) or tuple(names) == HELD_OUT_COLUMNS):
        raise InputError(
            f"{place}: lists the labels that the ledger has; to change some, call the column '{LABEL}' "
            f"'{CORRECTION}' and write the right classes into it"
        )
    if {LABEL, CORRECTION} <= set(names):
        raise InputError(
            f"{place}: has the columns '{LABEL}' and '{CORRECTION}'; leave '{LABEL}' for what an annotator "
            f"answers, or '{CORRECTION}' for decisions in place of what anybody answered"
        )
    if not {LABEL, CORRECTION} & set(names) or not {"sample", "index", *SOURCE_COLUMNS} & set(names):
        is_row = any(IMAGE_NAME.search(name) or SAMPLE.fullmatch(name) for name in names)
        raise InputError(
            f"{place}: must have the column '{LABEL}' or '{CORRECTION}', and 'source', 'sample' or 'index' "
            f"({column_list(names)}){separator_hint(names)}{'; put back the header' * is_row}"
        )
    require_different_columns(place, names)
