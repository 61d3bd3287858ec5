"""Label Studio: tasks out, with predictions; JSON, JSON-MIN and CSV back.

Tasks carry the sample's content and source beside its image, and so do all exports: an answer finds its
sample however the tool has renamed the image.
"""

import codecs
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

from activepool.errors import InputError, first_few
from activepool.io.csv_rows import (
    columns_shown,
    read_rows,
    require_different_columns,
    separator_hint,
    width_problem,
    without_empty_end,
)
from activepool.io.files import write_json
from activepool.ledger.entries import Event
from activepool.ledger.formats import json_file
from activepool.ledger.formats.batch import Batch, Pick
from activepool.ledger.formats.label_studio_signatures import annotator, annotator_problem, signed
from activepool.ledger.formats.label_studio_tasks import IMAGE, named_sample
from activepool.ledger.formats.rows import Parsed, Row

#: The control of choices in the labelling configuration.
CONTROL = "choice"

#: What `write` puts into a task beside the image.
OWN = ("sample", "source", "batch", "predicted", "probability", "margin", "why")

#: What the tool puts into JSON-MIN and CSV.
OF_TOOL = (
    "id",
    "annotator",
    "annotation_id",
    "created_at",
    "updated_at",
    "lead_time",
    "agreement",
    "history",
    "index",
)

#: How many keys a notice lists.
LISTED = 5

#: Bytes of the beginning that tell JSON from a table.
BEGINNING = 2**10


def write(path: str | Path, batch: Batch, address: Callable[[str], str], model: str = "activepool") -> None:
    """Write the tasks of a batch, to be imported.

    A prediction's score is the margin: the tool serves the lowest score first.

    Args:
        path: of the JSON file.
        batch: to label.
        address: from a source to where the tool finds the image, such as ``/data/local-files/?d=...``.
        model: the version that predictions are shown with.
    """
    write_json(path, [_task(pick, batch, address(pick.source), model) for pick in batch.picks])


def labelling_configuration(classes: tuple[str, ...]) -> str:
    """Return the configuration of a project in which people choose one of the classes, or say why not."""
    choices = "".join(
        f"\n    <Choice value={quoteattr(name)}/>" for name in (*classes, *_other_choices(classes))
    )
    return (
        f'<View>\n  <Image name="{IMAGE}" value="${IMAGE}"/>\n'
        f'  <Choices name="{CONTROL}" toName="{IMAGE}" choice="single" required="true">{choices}\n'
        "  </Choices>\n</View>\n"
    )


def rows(path: Path) -> Parsed:
    """Read an export: JSON, JSON-MIN or CSV."""
    if not _is_json(path):
        return _short_rows(path, "", list(_csv_records(path)))
    tasks = json_file.load(path)
    if not isinstance(tasks, list):
        raise InputError(
            f"{path}: must be a list of tasks, and is {json_file.kind(tasks)}; export it as JSON"
        )
    records = list(enumerate(tasks, start=1))
    if any(isinstance(task, dict) and isinstance(task.get("data"), dict) for task in tasks):
        return _full_rows(path, records)
    return _short_rows(path, " task", records)


def _is_json(path: Path) -> bool:
    """Return whether a file is JSON and no table, by its first letter."""
    try:
        return path.read_bytes()[:BEGINNING].removeprefix(codecs.BOM_UTF8).lstrip()[:1] in b"[{<"
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from error


def _task(pick: Pick, batch: Batch, address: str, model: str) -> dict[str, Any]:
    own = {name: text for name, text in pick.cells().items() if text != "" and name in OWN}
    task: dict[str, Any] = {"data": {IMAGE: address, "batch": batch.name, **own}}
    if pick.predicted:
        choice = {"choices": [pick.predicted]}
        result = {"from_name": CONTROL, "to_name": IMAGE, "type": "choices", "value": choice}
        score = {} if pick.margin is None else {"score": pick.margin}
        task["predictions"] = [{"model_version": model, "result": [result], **score}]
    return task


def _other_choices(classes: tuple[str, ...]) -> list[str]:
    return [event for event in (Event.CANNOT_TELL, Event.NOT_OURS) if event not in classes]


def _full_rows(path: Path, tasks: list[tuple[int, Any]]) -> Parsed:
    parsed = Parsed()
    drafts, others = 0, dict[str, None]()
    for number, task in tasks:
        place = f"{path}: task {number}"
        data = task.get("data") if isinstance(task, dict) else None
        annotations = task.get("annotations", []) if isinstance(task, dict) else None
        if not isinstance(data, dict) or not isinstance(annotations, list):
            parsed.mistake(
                number, place, "is no task with 'data' and a list of 'annotations'; export it again"
            )
            continue
        _add_annotations(parsed, named_sample(number, place, data), annotations)
        others.update(dict.fromkeys(_other_controls(annotations)))
        drafts += not annotations and bool(task.get("drafts"))
    if drafts:
        parsed.notices.append(
            f"{path}: tasks with a draft that nobody has submitted: {drafts}; it does not count"
        )
    parsed.notices += _passed_over(path, CONTROL, others)
    return parsed


def _passed_over(path: Path, control: str, others: Iterable[str]) -> list[str]:
    """Return a line on what stands beside the labels; none if nothing does."""
    shown = first_few([repr(name) for name in others], LISTED)
    return [f"{path}: only {control!r} holds labels; passed over: {shown}"] if shown else []


def _add_annotations(parsed: Parsed, task: Row, annotations: list[Any]) -> None:
    """Add a row for each answer in the annotations of a task; without an answer it is awaited."""
    answers = []
    for annotation in annotations:
        if problem := _problem(annotation):
            parsed.mistake(task.number, task.place, problem)
            continue
        is_skip = bool(annotation.get("was_cancelled") or annotation.get("skipped"))
        choices = [] if is_skip else _choices(annotation)
        if is_skip or choices:
            event, label = (Event.SKIP, "") if is_skip else (None, choices[0])
            answer = replace(task, label=label, event=event)
            answers.append(signed(answer, annotation, "completed_by"))
    # Who passes over a task and labels it later has labelled it.
    labellers = {answer.who for answer in answers if answer.event is None}
    parsed.rows += [answer for answer in answers if answer.event is None or answer.who not in labellers] or [
        task
    ]


def _problem(annotation: Any) -> str | None:
    """Return why an annotation cannot be read."""
    results = annotation.get("result", []) if isinstance(annotation, dict) else None
    if not isinstance(results, list):
        return f"has an annotation that is {json_file.kind(annotation)} or lacks its results; export it again"
    if wrong := annotator_problem(annotation.get("completed_by")):
        return f"completed_by {wrong}"
    choices = _choices(annotation)
    if len(choices) > 1:
        who = annotator(annotation.get("completed_by")) or "somebody"
        return f"{who} chose several, {json.dumps(choices, ensure_ascii=False)}; choose one"
    if choices and not isinstance(choices[0], str):
        return f"has {json_file.kind(choices[0])} for a label; it must be the name of a class"
    if results and not choices and not annotation.get("was_cancelled"):
        kinds = {str(result.get("type")) for result in results if isinstance(result, dict)}
        if kinds == {"choices"}:
            return "has an annotation without a class; choose one, or delete the annotation"
        return f"has {', '.join(sorted(kinds)) or 'nothing'} and no choice; label with <Choices>"
    return None


def _results(annotation: dict[str, Any]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return the results of an annotation, all of them and those of the control that `write` names."""
    results = [result for result in annotation.get("result", []) if isinstance(result, dict)]
    return results, [result for result in results if result.get("from_name") == CONTROL]


def _other_controls(annotations: list[Any]) -> Iterator[str]:
    """Yield the names of the other controls whose results stand beside one of ours."""
    for annotation in annotations:
        results, own = _results(annotation) if _problem(annotation) is None else ([], [])
        yield from (str(result.get("from_name")) for result in results if own and result not in own)


def _choices(annotation: dict[str, Any]) -> list[Any]:
    """Return the choices of an annotation: those of the control that `write` names, if it is there."""
    results, own = _results(annotation)
    values = [result.get("value") for result in own or results]
    choices = [value["choices"] for value in values if isinstance(value, dict) and "choices" in value]
    return [choice for some in choices for choice in (some if isinstance(some, list) else [some])]


def _short_rows(path: Path, unit: str, records: list[tuple[int, Any]]) -> Parsed:
    """Read records of JSON-MIN or CSV, one an annotation; those of tasks without one lack the control."""
    control, others = _controls(path, [record for _, record in records if isinstance(record, dict)])
    parsed = Parsed(notices=_passed_over(path, control, others))
    for number, record in records:
        place = f"{path}:{unit} {number}" if unit else f"{path}:{number}"
        if not isinstance(record, dict):
            parsed.mistake(number, place, str(record) if unit == "" else "is no task; export it again")
            continue
        label = _short_label(record.get(control))
        if label and (wrong := annotator_problem(record.get("annotator"))):
            parsed.mistake(number, place, f"annotator {wrong}")
        elif isinstance(label, str):
            row = replace(named_sample(number, place, record), label=label)
            parsed.rows.append(signed(row, record, "annotator") if label else row)
        elif isinstance(label, list):
            parsed.mistake(
                number, place, f"chose several, {json.dumps(label, ensure_ascii=False)}; choose one"
            )
        else:
            parsed.mistake(
                number, place, f"has {json_file.kind(label)} for a label; it must be the name of a class"
            )
    return parsed


def _short_label(value: Any) -> Any:
    """Return the label of a record: a text, empty if there is none; else what stands there instead."""
    if isinstance(value, str) and value.lstrip().startswith(("{", "[")):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return value
    if isinstance(value, dict):
        value = value.get("choices")
    if isinstance(value, list) and len(value) <= 1:
        value = value[0] if value else ""
    return "" if value is None else value


def _controls(path: Path, records: list[dict[str, Any]]) -> tuple[str, list[str]]:
    """Return the key that the labels stand under, the name of the control, and others that hold anything."""
    keys = dict.fromkeys(
        key
        for record in records
        for key, value in record.items()
        if key == CONTROL or value not in (None, "")
    )
    others = [key for key in keys if key not in (*OWN, *OF_TOOL, IMAGE, CONTROL)]
    if CONTROL in keys or not others:
        return CONTROL, others
    if len(others) > 1:
        raise InputError(
            f"{path}: has no key '{CONTROL}', and any of {', '.join(map(repr, others))} may hold the labels; "
            f"call the control of the labelling configuration '{CONTROL}'"
        )
    return others[0], []


def _csv_records(path: Path) -> Iterator[tuple[int, dict[str, str] | str]]:
    """Yield line and cells of each row, or what is wrong with it."""
    lines = list(read_rows(path, any_delimiter=True))
    names = [name.strip() for name in without_empty_end(lines[0][1])] if lines else []
    require_different_columns(f"{path}:1", names)
    if IMAGE not in names and not set(OWN) & set(names):
        raise InputError(
            f"{path}:1: is no export of tasks: it has no column '{IMAGE}' "
            f"({columns_shown(names)}){separator_hint(names)}"
        )
    for line, cells in lines[1:]:
        if any(cell.strip() for cell in cells):
            given = without_empty_end(cells, len(names))
            yield line, width_problem(given, names) or dict(zip(names, given, strict=True))
