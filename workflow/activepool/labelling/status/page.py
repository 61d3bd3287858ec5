"""The status page: one file that opens offline, `page.html` with `page.css` inside."""

from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from activepool.io.files import write_text
from activepool.labelling.batches.pictures import picture_or_problem
from activepool.labelling.pages import page_template
from activepool.labelling.status.accuracies import AUDIT, FEWEST_CASES, Accuracy
from activepool.labelling.status.audit_set import AuditPlan
from activepool.labelling.status.curve_text import ceiling_text, labels_text, why_untold
from activepool.labelling.status.figure import learning_curve_svg
from activepool.labelling.status.numbers import StatusNumbers
from activepool.labelling.status.text import (
    counted,
    interval_text,
    kappa_text,
    most_labels,
    next_steps,
    other_parts,
    part_name,
    percent,
    share_text,
    why_unknown,
)

#: As the page says them in any locale.
MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)

#: The folder of the batches, as seen from the page.
BATCHES = "batches"

#: The longer side of a picture, in pixels.
SIDE = 240

#: Disputed samples and confused classes that are listed.
DISPUTED, CONFUSED = 50, 12

#: Lists of more classes are folded; with more there is no confusion matrix.
MANY_CLASSES = 60

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
    """Write the status page beside the folder of the batches, with links to the sheets that are there.

    ``image`` returns the image file of a source; None if there are no images.
    """
    folder = Path(path).parent / BATCHES
    page = page_template("status/page.html").render(
        **_standing(numbers),
        **_accuracy(numbers),
        numbers=numbers,
        current=numbers.series.models[-1] if numbers.series else None,
        steps=next_steps(numbers),
        figure=learning_curve_svg(numbers.series) if numbers.series else None,
        wrong=[(one, image and picture_or_problem(image, one.source, SIDE)[0]) for one in numbers.wrong],
        has_wrong_audit=any(one.measured_on == AUDIT for one in numbers.wrong),
        counted=counted,
        percent=percent,
        share_text=share_text,
        kappa_text=kappa_text,
        labels_text=labels_text,
        ceiling_text=ceiling_text,
        untold=why_untold(numbers.series.fit) if numbers.series else None,
        most_labels=most_labels(numbers),
        interval_text=interval_text,
        many=MANY_CLASSES,
        time=time_text,
        date=date_text,
        folder=lambda name: f"{BATCHES}/{quote(name, safe='')}/",
        sheets={one.name for one in numbers.standing.batches if (folder / one.name / "sheet.html").is_file()},
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
        "with_labels": sum(one.labels + one.audit_labels > 0 for one in standing.classes),
        "longest_bar": max([1, *(one.labels for one in standing.classes)]),
        "has_strategies": any(batch.strategy for batch in standing.batches),
        "disputed_shown": DISPUTED,
    }


def _accuracy(numbers: StatusNumbers) -> dict[str, Any]:
    measured, audit = numbers.accuracy, numbers.audit
    classes = measured.classes if measured else ()
    tested = {one.name for one in classes}
    confused = [one for one in (measured.confusions if measured else ()) if one.label != one.predicted]
    return {
        "measured": measured,
        "why_unknown": None if measured else why_unknown(numbers),
        "part": part_name(audit) if audit else "",
        "others": other_parts(audit) if audit else [],
        "plan_text": lambda plan: _plan_text(numbers, plan),
        "thing": "photograph" if numbers.has_images else "sample",
        "unusable": audit.samples - audit.labelled - audit.awaited - audit.removed if audit else 0,
        "class_accuracies": sorted(
            classes, key=lambda one: (one.share.hits / one.share.cases, -one.share.cases)
        ),
        "untested": [one.name for one in numbers.standing.classes if one.name not in tested],
        "confused": sorted(confused, key=lambda one: -one.count)[:CONFUSED],
        "matrix": _matrix(measured) if measured else None,
    }


def _plan_text(numbers: StatusNumbers, plan: AuditPlan) -> str:
    """Return what so many labels would give: of the part to go by, or of another one."""
    audit = numbers.audit
    assert audit is not None
    part, labels, points = audit.part, f"{plan.labels:,} labels", f"±{50 * plan.width:g} points"
    about, condition = "at most", ""
    if part.accuracy.cases >= FEWEST_CASES:
        about, condition = "about", ", if the accuracy stays as it is"
    if plan.labels <= part.most_labels:
        return f"{labels} (enough are out) would give the accuracy an interval of {about} {points}{condition}"
    total = audit.samples + plan.labels
    return (
        f"another part with {labels} (audit: {total}) would have an accuracy of its own, with an interval of "
        f"{about} {points}{condition}, but only for what has not gone out by then"
    )


def _matrix(measured: Accuracy) -> dict[str, list[Any]] | None:
    """Return the confusion matrix of the classes that occur; None if they are too many."""
    names = list(
        dict.fromkeys([one.name for one in measured.classes] + [one.predicted for one in measured.confusions])
    )
    if len(names) > MANY_CLASSES:
        return None
    count_of = {(one.label, one.predicted): one.count for one in measured.confusions}
    counts = [[count_of.get((label, predicted), 0) for predicted in names] for label in names]
    return {"names": names, "counts": counts, "sums": [sum(row) for row in counts]}
