"""Label Studio: tasks out, with predictions; JSON, JSON-MIN and CSV back.

Tasks and exports have the sample's content and source beside its image, so that an answer finds its sample
however the tool has renamed the image.
"""

import codecs
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

from activepool.errors import InputError
from activepool.io.csv_rows import column_list, read_table, require_different_columns, separator_hint
from activepool.io.files import distinct_keys, readable, write_json
from activepool.ledger.entries import Event
from activepool.ledger.formats import json_file
from activepool.ledger.formats.batch import PROGRAM, Batch, Pick
from activepool.ledger.formats.label_studio_annotations import (
    CONTROL,
    IMAGE,
    add_annotations,
    annotator_problem,
    choices_of,
    control_name,
    control_of,
    is_fixed,
    is_rejected,
    other_control_notices,
    results_of,
    reviewed_annotation,
    task_row,
    with_annotator,
)
from activepool.ledger.formats.rows import ParsedFile

#: The keys of a task that `write` adds to the image.
TASK_KEYS = ("sample", "source", "batch", "predicted", "probability", "margin", "why")

#: The keys that the tool adds to JSON-MIN and CSV.
TOOL_KEYS = (
    *("id", "annotator", "annotation_id", "created_at", "updated_at"),
    *("lead_time", "agreement", "history", "index"),
)

#: The field of each column, besides the control, in which a text that was cut off may look whole, see
#: `Row.unterminated_field`.
FIELD_OF_COLUMN = {"annotator": "who", "source": "source", IMAGE: "source"}

#: The keys of a task for import; a task of an export has others, such as its annotations.
IMPORT_KEYS = {"id", "data", "meta", "predictions"}

#: A task or an annotation: its number or line, its place for messages, and its content.
Record = tuple[int, str, Any]

#: The first bytes of a file, which tell JSON from a table.
BEGINNING = 2**10


def write(path: str | Path, batch: Batch, address: Callable[[str], str]) -> None:
    """Write the tasks of a batch for import.

    A prediction's score is the margin: the tool serves the lowest score first. ``address`` returns the
    address of a source's image in the tool, such as ``/data/local-files/?d=...``.
    """
    write_json(path, [_task(pick, batch, address(pick.source)) for pick in batch.picks])


def labelling_configuration(classes: tuple[str, ...]) -> str:
    """Return the configuration of a project in which people choose a class, or say why they give none."""
    events = [event for event in (Event.CANNOT_TELL, Event.NOT_OURS) if event not in classes]
    choices = "".join(f"\n    <Choice value={quoteattr(name)}/>" for name in (*classes, *events))
    return (
        f'<View>\n  <Image name="{IMAGE}" value="${IMAGE}"/>\n'
        f'  <Choices name="{CONTROL}" toName="{IMAGE}" choice="single" required="true">{choices}\n'
        "  </Choices>\n</View>\n"
    )


def rows(path: Path) -> ParsedFile:
    """Read an export: JSON, JSON-MIN or CSV."""
    with readable(path):
        beginning = path.read_bytes()[:BEGINNING].removeprefix(codecs.BOM_UTF8).lstrip()
    if beginning[:1] not in b"[{<":
        return _table_rows(path)
    tasks = json_file.load(path)
    if not isinstance(tasks, list):
        raise InputError(
            f"{path}: must be a list of tasks, and is {json_file.kind(tasks)}; export it as JSON"
        )
    records = [(number, f"{path}: task {number}", task) for number, task in enumerate(tasks, start=1)]
    if any(isinstance(task, dict) and isinstance(task.get("data"), dict) for task in tasks):
        return _full_rows(path, records)
    return _short_rows(path, records)


def _task(pick: Pick, batch: Batch, address: str) -> dict[str, Any]:
    cells = {name: text for name, text in pick.cells().items() if text != "" and name in TASK_KEYS}
    task: dict[str, Any] = {"data": {IMAGE: address, "batch": batch.name, **cells}}
    if pick.predicted:
        choice = {"choices": [pick.predicted]}
        result = {"from_name": CONTROL, "to_name": IMAGE, "type": "choices", "value": choice}
        score = {} if pick.margin is None else {"score": pick.margin}
        task["predictions"] = [{"model_version": PROGRAM, "result": [result], **score}]
    return task


def _full_rows(path: Path, tasks: list[Record]) -> ParsedFile:
    all_annotations = [annotation for _, _, task in tasks for annotation in _annotations(task) or []]
    results = [result for item in map(reviewed_annotation, all_annotations) for result in results_of(item)]
    control = control_of(path, [control_name(result) for result in results if choices_of(result)])
    parsed = ParsedFile()
    drafts = rejected = fixed = 0
    for number, place, task in tasks:
        data = task.get("data") if isinstance(task, dict) else None
        annotations = _annotations(task)
        if not isinstance(data, dict) or annotations is None:
            parsed.add_mistake(
                number, place, "is not a task with 'data' and a list of 'annotations'; export it again"
            )
            continue
        accepted = [annotation for annotation in annotations if not is_rejected(annotation)]
        add_annotations(parsed, task_row(number, place, data), [*map(reviewed_annotation, accepted)], control)
        rejected += len(annotations) - len(accepted)
        fixed += sum(map(is_fixed, accepted))
        drafts += not annotations and bool(task.get("drafts"))
    notices = {
        f"tasks with a draft that nobody has submitted: {drafts}; it does not count": drafts,
        f"annotations that a reviewer rejected, which do not count: {rejected}": rejected,
        f"annotations that a reviewer fixed, so that the fix counts: {fixed}": fixed,
    }
    parsed.notices += [f"{path}: {notice}" for notice, count in notices.items() if count]
    parsed.notices += other_control_notices(path, control, map(control_name, results))
    return parsed


def _annotations(task: Any) -> list[Any] | None:
    """Return the annotations of a task, an empty list for a task for import; None if it is not a task."""
    if not isinstance(task, dict):
        return None
    annotations = task.get("annotations", [] if set(task) <= IMPORT_KEYS else None)
    return annotations if isinstance(annotations, list) else None


def _short_rows(path: Path, records: list[Record]) -> ParsedFile:
    """Read records of JSON-MIN or CSV, one per annotation; those of tasks without one lack the control."""
    controls = _filled_controls([record for _, _, record in records if isinstance(record, dict)])
    control = control_of(path, controls)
    parsed = ParsedFile(notices=other_control_notices(path, control, controls))
    for number, place, record in records:
        if not isinstance(record, dict):
            parsed.add_mistake(number, place, "is not a task; export it again")
            continue
        label = _short_label(record.get(control))
        if label and (problem := annotator_problem(record.get("annotator"))):
            parsed.add_mistake(number, place, f"annotator {problem}")
        elif isinstance(label, str):
            row = replace(task_row(number, place, record), label=label)
            parsed.rows.append(with_annotator(row, record, "annotator") if label else row)
        elif isinstance(label, list):
            parsed.add_mistake(
                number, place, f"chose several, {json.dumps(label, ensure_ascii=False)}; choose one"
            )
        else:
            parsed.add_mistake(
                number, place, f"has {json_file.kind(label)} for a label; it must be the name of a class"
            )
    return parsed


def _short_label(value: Any) -> Any:
    """Return the label of a record: a text, empty if there is none; or any other value that stands there."""
    if isinstance(value, str) and value.lstrip().startswith(("{", "[")):
        try:
            value = json.loads(value, object_pairs_hook=distinct_keys)
        except (ValueError, RecursionError):
            return value
    if value is None:
        return ""
    if isinstance(value, dict) and "choices" in value:
        value = value["choices"]
    if isinstance(value, list) and len(value) <= 1:
        value = value[0] if value else ""
    return value


def _filled_controls(records: list[dict[str, Any]]) -> list[str]:
    """Return the keys of records that may be controls and are filled in; ours may be empty."""
    keys = dict.fromkeys(
        key
        for record in records
        for key, value in record.items()
        if key == CONTROL or value not in (None, "")
    )
    return [key for key in keys if key not in (*TASK_KEYS, *TOOL_KEYS, IMAGE)]


def _table_rows(path: Path) -> ParsedFile:
    header_line, names, rows = read_table(path, any_delimiter=True)
    if IMAGE not in names and not set(TASK_KEYS) & set(names):
        raise InputError(
            f"{path}:{header_line}: is not an export of tasks: it has no column '{IMAGE}' "
            f"({column_list(names)}){separator_hint(names)}"
        )
    require_different_columns(f"{path}:{header_line}", names)
    records, problems, end_line = list[Record](), [], 0
    for line, cells, problem, is_end in rows:
        if problem:
            problems.append((line, f"{path}:{line}", problem))
        else:
            records.append((line, f"{path}:{line}", dict(zip(names, cells, strict=True))))
        end_line = line if is_end else 0
    parsed = _short_rows(path, records)
    if records and parsed.rows and parsed.rows[-1].number == end_line:
        last, cell = parsed.rows[-1], records[-1][2][names[-1]].strip()
        column = FIELD_OF_COLUMN.get(names[-1], "label" if cell and cell == last.label.strip() else "")
        parsed.rows[-1] = replace(last, unterminated_field=column)
    for mistake in problems:
        parsed.add_mistake(*mistake)
    return parsed
