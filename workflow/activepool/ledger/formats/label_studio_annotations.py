"""The answers in annotations of Label Studio's JSON: a class, a skip, or nothing.

One control holds the labels of a whole file.
"""

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from activepool.errors import InputError, first_few
from activepool.ledger.entries import Event
from activepool.ledger.formats.json_file import kind
from activepool.ledger.formats.rows import ParsedFile, Row

#: The image, and the control of choices, in our labelling configuration.
IMAGE, CONTROL = "image", "choice"

#: The path of an uploaded file: the tool puts a prefix before its name.
UPLOAD_PATH = re.compile(r"/data/upload/\d+/[0-9a-f]{8}-(?P<name>[^/]+)$")

#: The times of an annotation's change and creation; the first that is there counts.
TIME_KEYS = ("updated_at", "created_at")

#: The number of a user; tables that went through other programs write 1 as 1.0.
USER_NUMBER = re.compile(r"(\d+)(\.0)?")

#: The keys that mark a skipped task, and that of the results by which a reviewer replaced an annotation's.
SKIP_KEYS = ("was_cancelled", "skipped")
FIX_KEY = "fixed_annotation_history_result"


def task_row(number: int, place: str, data: dict[str, Any]) -> Row:
    """Return a row that names the sample of a task by its content and source, or else by its image.

    Tasks of another origin may have another key for the image; then all their paths must name one sample.
    """
    texts = {key: value for key, value in data.items() if isinstance(value, str)}
    batch, sample, source = (texts.get(key, "") for key in ("batch", "sample", "source"))
    if sample or source:
        displayed_name = _image_name(texts.get(IMAGE, ""))
        return Row(number, place, batch=batch, sample=sample, name=source, displayed_name=displayed_name)
    paths = [texts[IMAGE]] if IMAGE in texts else [text for text in texts.values() if "/" in text]
    name, *other_names = [*map(_image_name, paths), ""]
    return Row(number, place, batch=batch, name=name, other_names=tuple(other_names), may_lack_folders=True)


def with_annotator(row: Row, annotation: Mapping[str, Any], who_key: str) -> Row:
    """Return a row with the annotator and the time of an annotation."""
    when_key = next((key for key in TIME_KEYS if annotation.get(key) not in (None, "")), TIME_KEYS[0])
    when = annotation.get(when_key)
    return replace(
        row,
        who=annotator(annotation.get(who_key)),
        who_key=who_key,
        when="" if when is None else str(when).strip(),
        when_key=when_key,
    )


def annotator(who: Any) -> str:
    """Return the name of an annotator, in exports a number, a text or an object; empty if there is none."""
    identifier = _identifier(who)
    if identifier is None:
        return ""
    text = str(identifier).strip()
    number = USER_NUMBER.fullmatch(text)
    return f"label_studio user {int(number[1])}" if number else text


def annotator_problem(who: Any) -> str | None:
    """Return the problem of an annotator; None if there is none."""
    identifier = _identifier(who)
    is_number = not isinstance(identifier, bool | str) and USER_NUMBER.fullmatch(str(identifier))
    if identifier is None or isinstance(identifier, str) or is_number:
        return None
    return f"is {kind(identifier)}; it must be the number, the address or the name of an annotator"


def _identifier(who: Any) -> Any:
    if isinstance(who, dict):
        who = who.get("email") or who.get("id") or who
    return who or None


def _image_name(address: str) -> str:
    try:
        parts = urlsplit(address)
    except ValueError:  # an invalid host in brackets
        return address
    if paths := parse_qs(parts.query).get("d"):
        return paths[0]
    match = UPLOAD_PATH.search(parts.path)
    return match["name"] if match else address


def control_of(path: Path, filled_controls: Collection[str]) -> str:
    """Return the control with the labels of a file: ours, or else the only one that anybody filled in.

    Raises: InputError if several controls may hold the labels.
    """
    names = dict.fromkeys(filled_controls)
    if CONTROL in names or not names:
        return CONTROL
    if len(names) > 1:
        quoted = ", ".join(map(repr, names))
        raise InputError(
            f"{path}: has no control '{CONTROL}', and any of {quoted} may hold the labels; call the control "
            f"of the labelling configuration '{CONTROL}'"
        )
    return next(iter(names))


def other_control_notices(path: Path, control: str, filled_controls: Iterable[str]) -> list[str]:
    """Return a line about other controls that were filled in, if any."""
    other_controls = [repr(name) for name in dict.fromkeys(filled_controls) if name != control]
    if not other_controls:
        return []
    return [f"{path}: only {control!r} holds labels; passed over: {first_few(other_controls)}"]


def results_of(annotation: Any) -> Iterator[dict[str, Any]]:
    """Yield the results of an annotation, one for each control that was filled in."""
    results = annotation.get("result") if isinstance(annotation, dict) else None
    if isinstance(results, list):
        yield from (result for result in results if isinstance(result, dict))


def control_name(result: dict[str, Any]) -> str:
    """Return the control of a result."""
    return str(result.get("from_name"))


def choices_of(result: dict[str, Any]) -> list[Any]:
    """Return the choices of a result; empty if it is of another kind."""
    value = result.get("value")
    choices = value.get("choices", []) if isinstance(value, dict) else []
    return choices if isinstance(choices, list) else [choices]


def add_annotations(parsed: ParsedFile, task: Row, annotations: list[Any], control: str) -> None:
    """Add a row to ``parsed`` for each answer in the annotations of a task, or the task itself as awaited."""
    answers = []
    for annotation in annotations:
        if problem := _problem(annotation, control):
            parsed.add_mistake(task.number, task.place, problem)
            continue
        if _is_skip(annotation):
            answer = replace(task, event=Event.SKIP)
        elif choices := _choices(annotation, control):
            answer = replace(task, label=choices[0])
        else:
            continue
        answers.append(with_annotator(answer, annotation, "completed_by"))
    labels = [answer for answer in answers if answer.event is None]
    parsed.rows += [answer for answer in answers if not _is_superseded_skip(answer, labels)] or [task]


def is_rejected(annotation: Any) -> bool:
    """Return whether a reviewer rejected an annotation; the latest review counts."""
    return _latest_review(annotation).get("accepted") is False


def is_fixed(annotation: Any) -> bool:
    """Return whether the results of the latest reviewer differ from those of the annotation."""
    fixed = _latest_review(annotation).get(FIX_KEY)
    return bool(fixed) and not is_rejected(annotation) and fixed != annotation.get("result")


def reviewed_annotation(annotation: Any) -> Any:
    """Return an annotation with the results and the time of the reviewer who fixed it, if anybody did."""
    if not is_fixed(annotation):
        return annotation
    review = _latest_review(annotation)
    times = [str(time) for time in (review.get("created_at"), *map(annotation.get, TIME_KEYS)) if time]
    fixes = {"result": review[FIX_KEY], TIME_KEYS[0]: max(times, default=None)}
    return annotation | dict.fromkeys(SKIP_KEYS) | fixes


def _latest_review(annotation: Any) -> dict[str, Any]:
    reviews = annotation.get("reviews") if isinstance(annotation, dict) else None
    records = [item for item in reviews if isinstance(item, dict)] if isinstance(reviews, list) else []
    return max(records, key=lambda review: str(review.get("created_at", "")), default={})


def _is_superseded_skip(answer: Row, labels: list[Row]) -> bool:
    """Return whether an annotator also labelled a skipped task, and no time tells which came last."""
    return answer.event is not None and any(
        label.who == answer.who and (label.when == answer.when or not (label.when and answer.when))
        for label in labels
    )


def _is_skip(annotation: dict[str, Any]) -> bool:
    return any(annotation.get(key) for key in SKIP_KEYS)


def _problem(annotation: Any, control: str) -> str | None:
    if not isinstance(annotation, dict) or not isinstance(annotation.get("result"), list):
        return f"has an annotation that is {kind(annotation)} or lacks its results; export it again"
    for key in SKIP_KEYS:
        if not isinstance(annotation.get(key), bool | None):
            return f"{key} is {kind(annotation[key])}; it must be true or false"
    if who_problem := annotator_problem(annotation.get("completed_by")):
        return f"completed_by {who_problem}"
    if _is_skip(annotation) or not annotation["result"]:
        return None
    return _choice_problem(annotation, control)


def _choice_problem(annotation: dict[str, Any], control: str) -> str | None:
    choices = _choices(annotation, control)
    if len(choices) > 1:
        who = annotator(annotation.get("completed_by")) or "somebody"
        return f"{who} chose several, {json.dumps(choices, ensure_ascii=False)}; choose one"
    if choices and not isinstance(choices[0], str):
        return f"has {kind(choices[0])} for a label; it must be the name of a class"
    if choices and choices[0].strip():
        return None
    results = list(results_of(annotation))
    if other_controls := {control_name(result) for result in results if choices_of(result)} - {control}:
        quoted = ", ".join(map(repr, sorted(other_controls)))
        return (
            f"has a choice for {quoted} and none for {control!r}, which holds the labels; choose there, too"
        )
    kinds = {str(result.get("type")) for result in results}
    if kinds == {"choices"}:
        return "has an annotation without a class; choose one, or delete the annotation"
    return f"has {', '.join(sorted(kinds)) or 'nothing'} and no choice; label with <Choices>"


def _choices(annotation: dict[str, Any], control: str) -> list[Any]:
    return [
        choice
        for result in results_of(annotation)
        if control_name(result) == control
        for choice in choices_of(result)
    ]
