"""What annotations in Label Studio's JSON say of their tasks: a class, a skip, or nothing.

One control holds the labels of a whole file.
"""

import json
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from activepool.errors import InputError, first_few
from activepool.ledger.entries import Event
from activepool.ledger.formats.json_file import kind
from activepool.ledger.formats.label_studio_rows import TIMES, annotator, annotator_problem, signed
from activepool.ledger.formats.rows import Parsed, Row

#: The control of choices in our labelling configuration.
CONTROL = "choice"

#: The keys that say that somebody passed over the task.
SKIPPED = ("was_cancelled", "skipped")

#: The results that a reviewer put in place of those of the annotation.
FIXED = "fixed_annotation_history_result"


def control_of(path: Path, filled: Collection[str]) -> str:
    """Return the control that holds the labels of a file: ours, or else the only one.

    ``filled`` are the controls that anybody filled in.

    Raises: InputError if any of several may hold them.
    """
    names = dict.fromkeys(filled)
    if CONTROL in names or not names:
        return CONTROL
    if len(names) > 1:
        shown = ", ".join(map(repr, names))
        raise InputError(
            f"{path}: has no control '{CONTROL}', and any of {shown} may hold the labels; call the control "
            f"of the labelling configuration '{CONTROL}'"
        )
    return next(iter(names))


def passed_over(path: Path, control: str, filled: Iterable[str]) -> list[str]:
    """Return a line about what was filled in besides the labels, if anything was."""
    others = [repr(name) for name in dict.fromkeys(filled) if name != control]
    if not others:
        return []
    return [f"{path}: only {control!r} holds labels; passed over: {first_few(others)}"]


def results_of(annotation: Any) -> Iterator[dict[str, Any]]:
    """Yield the results of an annotation, one for each control that was filled in."""
    results = annotation.get("result") if isinstance(annotation, dict) else None
    if isinstance(results, list):
        yield from (result for result in results if isinstance(result, dict))


def name_of(result: dict[str, Any]) -> str:
    """Return the control that a result is of."""
    return str(result.get("from_name"))


def choices_of(result: dict[str, Any]) -> list[Any]:
    """Return the choices of a result; none if it is of another kind."""
    value = result.get("value")
    choices = value.get("choices", []) if isinstance(value, dict) else []
    return choices if isinstance(choices, list) else [choices]


def add_annotations(parsed: Parsed, task: Row, annotations: list[Any], control: str) -> None:
    """Add a row to ``parsed`` for each answer in the annotations of a task; if none, it is awaited."""
    answers = []
    for annotation in annotations:
        if problem := _problem(annotation, control):
            parsed.mistake(task.number, task.place, problem)
            continue
        if _is_skip(annotation):
            answer = replace(task, event=Event.SKIP)
        elif choices := _choices(annotation, control):
            answer = replace(task, label=choices[0])
        else:
            continue
        answers.append(signed(answer, annotation, "completed_by"))
    labels = [answer for answer in answers if answer.event is None]
    parsed.rows += [answer for answer in answers if not _is_made_up_for(answer, labels)] or [task]


def is_rejected(annotation: Any) -> bool:
    """Return whether a reviewer rejected an annotation; the latest review counts."""
    return _latest_review(annotation).get("accepted") is False


def is_fixed(annotation: Any) -> bool:
    """Return whether the latest reviewer has other results than the annotation still shows."""
    fixed = _latest_review(annotation).get(FIXED)
    return bool(fixed) and not is_rejected(annotation) and fixed != annotation.get("result")


def reviewed(annotation: Any) -> Any:
    """Return an annotation, with the results and the time of the reviewer who fixed it, if anybody did."""
    if not is_fixed(annotation):
        return annotation
    review = _latest_review(annotation)
    times = [str(one) for one in (review.get("created_at"), *map(annotation.get, TIMES)) if one]
    return annotation | dict.fromkeys(SKIPPED) | {"result": review[FIXED], TIMES[0]: max(times, default=None)}


def _latest_review(annotation: Any) -> dict[str, Any]:
    """Return the latest review of an annotation; empty if there is none."""
    reviews = annotation.get("reviews") if isinstance(annotation, dict) else None
    known = [one for one in reviews if isinstance(one, dict)] if isinstance(reviews, list) else []
    return max(known, key=lambda review: str(review.get("created_at", "")), default={})


def _is_made_up_for(answer: Row, labels: list[Row]) -> bool:
    """Return whether somebody both passed over a task and labelled it, and no time tells which came last."""
    return answer.event is not None and any(
        label.who == answer.who and (label.when == answer.when or not (label.when and answer.when))
        for label in labels
    )


def _is_skip(annotation: dict[str, Any]) -> bool:
    return any(annotation.get(key) for key in SKIPPED)


def _problem(annotation: Any, control: str) -> str | None:
    if not isinstance(annotation, dict) or not isinstance(annotation.get("result"), list):
        return f"has an annotation that is {kind(annotation)} or lacks its results; export it again"
    for key in SKIPPED:
        if not isinstance(annotation.get(key), bool | None):
            return f"{key} is {kind(annotation[key])}; it must be true or false"
    if wrong := annotator_problem(annotation.get("completed_by")):
        return f"completed_by {wrong}"
    if _is_skip(annotation) or not annotation["result"]:
        return None
    return _choice_problem(annotation, control)


def _choice_problem(annotation: dict[str, Any], control: str) -> str | None:
    """Return why the results of an annotation name no class, or more than one."""
    choices = _choices(annotation, control)
    if len(choices) > 1:
        who = annotator(annotation.get("completed_by")) or "somebody"
        return f"{who} chose several, {json.dumps(choices, ensure_ascii=False)}; choose one"
    if choices and not isinstance(choices[0], str):
        return f"has {kind(choices[0])} for a label; it must be the name of a class"
    if choices and choices[0].strip():
        return None
    results = list(results_of(annotation))
    if others := {name_of(result) for result in results if choices_of(result)} - {control}:
        named = ", ".join(map(repr, sorted(others)))
        return f"has a choice for {named} and none for {control!r}, which holds the labels; choose there, too"
    kinds = {str(result.get("type")) for result in results}
    if kinds == {"choices"}:
        return "has an annotation without a class; choose one, or delete the annotation"
    return f"has {', '.join(sorted(kinds)) or 'nothing'} and no choice; label with <Choices>"


def _choices(annotation: dict[str, Any], control: str) -> list[Any]:
    return [
        choice
        for result in results_of(annotation)
        if name_of(result) == control
        for choice in choices_of(result)
    ]
