"""The status page: one file that opens offline, `page.html` with `page.css` inside."""

from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from activepool.io.files import write_text
from activepool.labelling.pages import page_template, picture_or_problem
from activepool.labelling.status import learning_curve
from activepool.labelling.status import text as words
from activepool.labelling.status.accuracies import AUDIT, MIN_CASES, Accuracy
from activepool.labelling.status.audit_set import AuditPlan
from activepool.labelling.status.numbers import StatusNumbers

#: The names of the months on the page, in any locale.
MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)

#: The folder of the batches, relative to the page.
BATCHES = "batches"

#: The longer side of a picture, in pixels.
SIDE = 240

#: The most disputed samples and confused classes that are listed.
MAX_DISPUTED, MAX_CONFUSED = 50, 12

#: The most classes of an unfolded list and of the confusion matrix.
MAX_CLASSES = 60

#: The rows of the first table, by the field of `Tally`.
ROWS = {
    "samples": "in all",
    "labelled": "labelled",
    "awaited": "awaited",
    "removed": "removed before an answer",
    "disputed": "disputed",
    "cannot_tell": "cannot tell",
    "skipped": "skipped",
    "not_ours": "not ours",
}


def write_page(path: str | Path, numbers: StatusNumbers, image: Callable[[str], Path] | None) -> None:
    """Write the status page beside the folder of the batches, with links to the sheets that are there."""
    folder, batches = Path(path).parent / BATCHES, [batch.name for batch in numbers.standing.batches]
    page = page_template("status/page.html").render(
        **_standing(numbers),
        **_accuracy(numbers),
        numbers=numbers,
        current=numbers.series.models[-1] if numbers.series else None,
        steps=words.next_steps(numbers),
        figure=learning_curve.learning_curve_svg(numbers.series) if numbers.series else None,
        wrong=[(item, image and picture_or_problem(image, item.source, SIDE)[0]) for item in numbers.wrong],
        has_wrong_audit=any(item.measured_on == AUDIT for item in numbers.wrong),
        words=words,
        curve=learning_curve,
        unknown_reason=learning_curve.unknown_reason(numbers.series.fit) if numbers.series else None,
        most_labels=words.most_labels(numbers),
        max_classes=MAX_CLASSES,
        time=time_text,
        date=date_text,
        folder=lambda name: f"{BATCHES}/{quote(name, safe='')}/",
        sheets={name for name in batches if (folder / name / "sheet.html").is_file()},
    )
    write_text(path, page)


def date_text(when: str) -> str:
    """Return the day of a time of the ledger for people."""
    if not when:
        return "at an unknown time"
    day = datetime.fromisoformat(when)
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def time_text(when: str) -> str:
    """Return a time of the ledger for people."""
    hour = f", {datetime.fromisoformat(when):%H:%M} UTC" if when else ""
    return f"{date_text(when)}{hour}"


def _standing(numbers: StatusNumbers) -> dict[str, Any]:
    standing = numbers.standing
    groups = {
        "Batches": standing.in_batches,
        "Audit set": standing.in_audit,
        "Not asked for": standing.unasked,
    }
    removed = sum(tally.removed for tally in groups.values())
    return {
        "removed": removed,
        "tallies": [(name, asdict(tally)) for name, tally in groups.items() if tally.samples],
        "rows": [(key, text) for key, text in ROWS.items() if key != "removed" or removed],
        "is_answered": any(tally.samples > tally.awaited + tally.removed for tally in groups.values()),
        "waiting": [batch for batch in standing.batches if batch.awaited],
        "sent": standing.in_batches.samples + standing.in_audit.samples,
        "awaited": standing.in_batches.awaited + standing.in_audit.awaited,
        "with_labels": sum(item.labels + item.audit_labels > 0 for item in standing.classes),
        "longest_bar": max([1, *(item.labels for item in standing.classes)]),
        "has_strategies": any(batch.strategy for batch in standing.batches),
        "max_disputed": MAX_DISPUTED,
    }


def _accuracy(numbers: StatusNumbers) -> dict[str, Any]:
    accuracy, audit = numbers.accuracy, numbers.audit
    classes = accuracy.classes if accuracy else ()
    tested_classes = {item.name for item in classes}
    confused = [item for item in (accuracy.confusions if accuracy else ()) if item.label != item.predicted]
    return {
        "accuracy": accuracy,
        "why_unknown": None if accuracy else words.why_unknown(numbers),
        "part": words.part_name(audit) if audit else "",
        "other_draws": words.other_parts(audit) if audit else [],
        "plan_text": lambda plan: _plan_text(numbers, plan),
        "noun": "photograph" if numbers.has_images else "sample",
        "unusable": audit.samples - audit.labelled - audit.awaited - audit.removed if audit else 0,
        "class_accuracies": sorted(
            classes, key=lambda item: (item.share.hits / item.share.cases, -item.share.cases)
        ),
        "untested": [item.name for item in numbers.standing.classes if item.name not in tested_classes],
        "confused": sorted(confused, key=lambda item: -item.count)[:MAX_CONFUSED],
        "matrix": _matrix(accuracy) if accuracy else None,
    }


def _plan_text(numbers: StatusNumbers, plan: AuditPlan) -> str:
    """Return what the labels of a plan would give: of the part to go by, or of another part."""
    audit = numbers.audit
    assert audit is not None
    part, labels, points = audit.part, f"{plan.labels:,} labels", f"±{50 * plan.width:g} points"
    about, condition = "at most", ""
    if part.accuracy.cases >= MIN_CASES:
        about, condition = "about", ", if the accuracy stays as it is"
    if plan.labels <= part.most_labels:
        return f"{labels} (enough are out) would give the accuracy an interval of {about} {points}{condition}"
    total = audit.samples + plan.labels
    return (
        f"another part with {labels} (audit: {total}) would have an accuracy of its own, with an interval of "
        f"{about} {points}{condition}, but only for what has not gone out by then"
    )


def _matrix(accuracy: Accuracy) -> dict[str, list[Any]] | None:
    """Return the confusion matrix of the classes that occur; None if there are too many."""
    names = [item.name for item in accuracy.classes] + [item.predicted for item in accuracy.confusions]
    names = list(dict.fromkeys(names))
    if len(names) > MAX_CLASSES:
        return None
    count_of = {(item.label, item.predicted): item.count for item in accuracy.confusions}
    counts = [[count_of.get((label, predicted), 0) for predicted in names] for label in names]
    return {"names": names, "counts": counts, "sums": [sum(row) for row in counts]}
