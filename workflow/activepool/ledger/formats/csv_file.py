"""A CSV file with file names: the list of a batch that people fill in, or one of their own."""

import csv
from pathlib import Path

from activepool.data.class_names import reads_as_missing
from activepool.errors import InputError
from activepool.io.csv_rows import (
    columns_shown,
    ends_in_text,
    find_delimiter,
    header_problem,
    read_rows,
    require_different_columns,
    separator_hint,
    width_problem,
    without_empty_end,
)
from activepool.io.files import written_whole
from activepool.ledger.entries import SAMPLE
from activepool.ledger.formats.batch import Batch
from activepool.ledger.formats.rows import CORRECTION, LABEL, OTHER_LABELS, Parsed, Row
from activepool.ledger.formats.slips import IMAGE_NAME
from activepool.ledger.messages import EXPORT_AGAIN, WEB_PAGE

#: Columns that name the image, beside ``sample`` and ``index``; the first that is there counts.
NAMES = ("source", "path", "file", "filename", "file_name", "image")

#: Columns of label_errors.csv and predictions.csv, whose labels are no answers of an annotator.
OF_PROGRAM = ({"suggested"}, {"status", "predicted"})

#: The columns of labels.csv of a batch; before activepool 0.2.0 it had no ``sample``. People's files may have
#: them, too, see `program_lists`.
OF_BATCH = ("index", "source", LABEL, "sample")

#: The same after somebody has made corrections of the labels.
CORRECTED = ("index", "source", CORRECTION, "sample")

#: The columns of held_out.csv of a batch.
HELD_OUT = ("index", "label", "predicted", "probability")

#: Columns that a ledger has beside the label.
OF_LEDGER = {"event", "check"}

#: Columns that name the annotator.
ANNOTATORS = ("who", "annotator")

#: First columns whose rows somebody may have commented out by a ``#``; before an index it means "number".
COMMENTED = ("batch", "sample", *NAMES, LABEL, CORRECTION)

#: Columns in which a text that was cut off may look whole, and what each holds, see `Row.may_be_cut_off`.
MAY_BE_CUT_OFF = (
    {LABEL: "label", CORRECTION: "label", "index": "index"}
    | dict.fromkeys(ANNOTATORS, "who")
    | dict.fromkeys(NAMES, "source")
)

#: The columns of the list of a batch; people fill in ``label``, ``who`` and ``note``.
COLUMNS = (
    *("batch", "index", "source", "predicted", "probability", "margin", "why"),
    *("label", "who", "when", "note", "sample"),
)


def write(path: str | Path, batch: Batch) -> None:
    """Write the list of a batch for people to fill in."""
    with written_whole(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, COLUMNS, restval="", lineterminator="\n")
        writer.writeheader()
        for pick in batch.picks:
            writer.writerow({"batch": batch.name, **pick.cells()})


def rows(path: Path) -> Parsed:
    """Read a CSV file with the column ``label`` or ``correction``, and ``source``, ``sample`` or ``index``.

    A label is what an annotator answers. A correction is a decision in place of what anybody answered.
    """
    lines = list(read_rows(path, any_delimiter=True))
    if not lines:
        raise InputError(f"{path}: is empty; it must be a CSV file with the columns source and label")
    first_line, header = lines[0]
    if header[0].lstrip().startswith("<"):
        raise InputError(f"{path}: {WEB_PAGE}, and not CSV{EXPORT_AGAIN}")
    names = [name.strip().casefold() for name in without_empty_end(header)]
    _require_header(f"{path}:{first_line}", names)
    answer_column = CORRECTION if CORRECTION in names else LABEL
    is_listed = any(columns <= set(names) for columns in OF_PROGRAM) or tuple(names) == CORRECTED
    last = MAY_BE_CUT_OFF.get(names[-1], "") if ends_in_text(path) else ""
    parsed = Parsed(may_be_of_program=tuple(names) in (OF_BATCH, OF_BATCH[:-1]))
    for line, given in lines[1:]:
        cells = without_empty_end(given, len(names))
        if not any(cell.strip() for cell in cells):
            continue
        place, is_commented = f"{path}:{line}", _is_commented(cells[0], names[0])
        if problem := (
            header_problem(cells, names)
            or width_problem(cells, names)
            or _problem(cells, names, answer_column)
        ):
            if is_commented:
                parsed.rows.append(Row(line, place, is_commented=True))
            else:
                parsed.mistake(line, place, problem)
            continue
        row = dict(zip(names, cells, strict=True))
        name, *also = _filled(row, NAMES) or [""]
        who_key = next((key for key in ANNOTATORS if row.get(key, "").strip()), ANNOTATORS[0])
        parsed.rows.append(
            Row(
                number=line,
                place=place,
                label=row[answer_column],
                is_commented=is_commented,
                is_correction=answer_column == CORRECTION,
                is_listed=is_listed,
                may_be_cut_off=last if line == lines[-1][0] else "",
                sample=row.get("sample", "").strip(),
                index=row.get("index", "").strip(),
                name=name,
                also=tuple(also),
                who=row.get(who_key, "").strip(),
                who_key=who_key,
                when=row.get("when", "").strip(),
                batch=row.get("batch", ""),
                note=row.get("note", ""),
            )
        )
    return parsed


def is_ledger(content: bytes) -> bool:
    """Return whether a text begins with the columns of a ledger."""
    header = content.partition(b"\n")[0].decode("utf-8-sig", errors="replace")
    return {name.strip().casefold() for name in header.split(find_delimiter(header))} >= OF_LEDGER


def _is_commented(cell: str, column: str) -> bool:
    """Return whether the first cell of a row comments it out; spreadsheets write errors such as ``#REF!``."""
    return column in COMMENTED and cell.lstrip().startswith("#") and not reads_as_missing(cell)


def _problem(cells: list[str], names: list[str], column: str) -> str | None:
    """Return what is wrong with a row whose answer is in ``column``."""
    row = dict(zip(names, cells, strict=True))
    who = _filled(row, ANNOTATORS)
    if row[column].strip():
        return f"names two annotators, {who[0]!r} and {who[1]!r}; keep one of them" if len(who) > 1 else None
    for other in OTHER_LABELS:
        if text := row.get(other, "").strip():
            return f"{column!r} is empty, and {other!r} has {text!r}; write the answers into {column!r}"
    return None


def _filled(row: dict[str, str], columns: tuple[str, ...]) -> list[str]:
    """Return the different texts that some columns of a row have, in the order of these columns."""
    return list(dict.fromkeys(text for column in columns if (text := row.get(column, "").strip())))


def _require_header(place: str, names: list[str]) -> None:
    if set(names) >= OF_LEDGER:
        raise InputError(
            f"{place}: is a ledger, and no label file; remove it, or give the labels that count in a CSV "
            "with the columns source, label, who and when"
        )
    is_listed = any(columns <= set(names) for columns in OF_PROGRAM) or tuple(names) == HELD_OUT
    if LABEL in names and is_listed:
        raise InputError(
            f"{place}: lists the labels that the ledger has; to change some, call the column '{LABEL}' "
            f"'{CORRECTION}' and write the right classes into it"
        )
    if {LABEL, CORRECTION} <= set(names):
        raise InputError(
            f"{place}: has the columns '{LABEL}' and '{CORRECTION}'; leave '{LABEL}' for what an annotator "
            f"answers, or '{CORRECTION}' for decisions in place of what anybody answered"
        )
    if not {LABEL, CORRECTION} & set(names) or not {"sample", "index", *NAMES} & set(names):
        is_row = any(IMAGE_NAME.search(name) or SAMPLE.fullmatch(name) for name in names)
        raise InputError(
            f"{place}: must have the column '{LABEL}' or '{CORRECTION}', and 'source', 'sample' or 'index' "
            f"({columns_shown(names)}){separator_hint(names)}{'; put back the header' * is_row}"
        )
    require_different_columns(place, names)
