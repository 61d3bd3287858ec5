"""The numbers of the status in words: for the page, and as a few lines for the terminal."""

import math

from activepool.evaluation.intervals import narrowest_width
from activepool.evaluation.progress import SETTLED_AGREEMENT, SETTLED_TIMES
from activepool.labelling.status.accuracies import AUDIT, CONFIDENCE, MIN_CASES, Share
from activepool.labelling.status.audit_set import AuditDraw, AuditSet
from activepool.labelling.status.learning_curve import curve_text
from activepool.labelling.status.model_series import ModelSeries
from activepool.labelling.status.numbers import StatusNumbers
from activepool.labelling.status.standing import BatchRow, Standing

#: The largest and the smallest audit set that is suggested; 40 labels give ±15 points.
SUGGESTED_AUDIT, MIN_AUDIT = 100, 40

#: The fewest cases of a percentage with a decimal.
CASES_FOR_DECIMAL = 1000

#: The most pieces of advice on the terminal.
MAX_ADVICE = 2

#: Irregular plurals.
PLURALS = {"batch": "batches", "class": "classes"}


def status_lines(numbers: StatusNumbers) -> list[str]:
    """Return at most 8 lines about the progress of the labelling, the accuracy of the model, and advice.

    Advice about awaited answers depends on where their files are, and is not included.
    """
    standing, series = numbers.standing, numbers.series
    lines = [
        f"{numbers.project}: {_pool(numbers)}",
        f"batches: {_batches(numbers)}",
        _set_aside(standing),
        accuracy_text(numbers),
    ]
    if series:
        lines.append(curve_text(series, most_labels(numbers)))
        if series.agreements:
            lines.append(agreement_text(series))
    lines += [f"advice: {step}" for step in advice(numbers)[:MAX_ADVICE]]
    return [line for line in lines if line]


def _samples(numbers: StatusNumbers, count: int) -> str:
    return samples_text(count, numbers.has_images)


def samples_text(count: int, has_images: bool) -> str:
    """Return a number of samples with the noun for images, or for vectors."""
    return count_text(count, "photograph" if has_images else "sample")


def removed_text(count: int, has_images: bool) -> str:
    """Return the text about samples of a batch that are no longer in the pool."""
    return f"{samples_text(count, has_images)} {'was' if count == 1 else 'were'} removed"


def count_text(count: int, name: str) -> str:
    """Return a count with its noun."""
    return f"{count:,} {name if count == 1 else PLURALS.get(name, name + 's')}"


def percent(value: float, cases: int) -> str:
    """Return a share as a percentage, with as many digits as the number of cases allows."""
    return f"{100 * value:.{1 if cases >= CASES_FOR_DECIMAL else 0}f} %"


def interval_text(share: Share) -> str:
    """Return the interval of a share."""
    return f"{percent(share.low, share.cases).removesuffix(' %')} to {percent(share.high, share.cases)}"


def share_text(share: Share) -> str:
    """Return a share with its interval."""
    if share.value is None:
        return "–"
    return f"{percent(share.value, share.cases)} (95 % interval {interval_text(share)})"


def kappa_text(kappa: float | None) -> str:
    """Return κ with three decimals, rounded down, so that rounding never reaches 0.99."""
    return "–" if kappa is None else f"{math.floor(kappa * 1000) / 1000:.3f}"


def accuracy_text(numbers: StatusNumbers) -> str:
    """Return the accuracy of the current model, and the data on which it is measured."""
    accuracy = numbers.accuracy
    if accuracy is None:
        return f"accuracy: not known yet, {why_unknown(numbers)}"
    share = accuracy.overall
    if numbers.audit and accuracy.measured_on == AUDIT:
        other_draws = [
            f"; on {draw.batch} {share_text(draw.accuracy)}, {_samples(numbers, draw.accuracy.cases)}, "
            f"drawn without the {draw.known_before:,} that had gone out or been labelled"
            for draw in other_parts(numbers.audit)
        ]
        text = (
            f"accuracy on {part_name(numbers.audit)}: {share_text(share)}, {_samples(numbers, share.cases)}"
        )
        return text + "".join(other_draws)
    return (
        f"cross-validated accuracy: {share_text(share)}, on {_samples(numbers, share.cases)} that are not a "
        "random sample; it can be too low or too high for the pool"
    )


def uncalibrated_text(reason: str) -> str:
    """Return what probabilities are that no temperature calibrates, and why."""
    return f"not calibrated, and may be much too high or too low ({reason})"


def part_name(audit: AuditSet) -> str:
    """Return the name of the part of an audit set to go by."""
    return "the audit set" if len(audit.draws) == 1 else audit.measured


def other_parts(audit: AuditSet) -> list[AuditDraw]:
    """Return the other parts of an audit set with an accuracy of their own."""
    draws = [draw for draw in audit.draws if draw.batch != audit.measured]
    return [draw for draw in draws if draw.accuracy.cases >= MIN_CASES]


def why_unknown(numbers: StatusNumbers) -> str:
    """Return why no accuracy is known."""
    if numbers.series is None and sum(item.labels > 0 for item in numbers.standing.classes) < 2:
        return "because a model needs labels of two classes"
    if numbers.series is None:
        return "because there is no model yet"
    cases = [item.overall.cases for item in (numbers.on_audit, numbers.cross_validated) if item]
    return f"because {count_text(max(cases, default=0), 'label')} can be compared, and it takes {MIN_CASES}"


def most_labels(numbers: StatusNumbers) -> int:
    """Return the most labels to train on that the pool can have: all except those of the audit set."""
    return numbers.standing.samples - (numbers.audit.samples if numbers.audit else 0)


def agreement_text(series: ModelSeries) -> str:
    """Return how well consecutive models agree, and whether the stop rule holds."""
    kappas = [kappa_text(kappa) for kappa in series.agreements[-SETTLED_TIMES:]]
    times = {2: "twice", 3: "three times"}.get(SETTLED_TIMES, f"{SETTLED_TIMES} times")
    rule = f"stop rule ({SETTLED_AGREEMENT} {times} in a row)"
    met = "met" if series.is_settled else "not met"
    return f"agreement κ of the last models with those before: {', '.join(kappas)}; {rule} {met}"


def next_steps(numbers: StatusNumbers) -> list[str]:
    """Return the next steps, in order."""
    return [*_batch_steps(numbers), *_late_steps(numbers), *advice(numbers)]


def advice(numbers: StatusNumbers) -> list[str]:
    """Return advice, apart from that about awaited answers."""
    steps = []
    if _has_settled(numbers):
        steps.append(
            "stop here, or go on only if the accuracy is not enough: the predictions have settled, so more "
            "labels of this kind will change few of them"
        )
    steps += _cleaning_steps(numbers)
    size = _audit_that_fits(numbers.standing)
    if not size:
        return steps
    if numbers.audit:
        max_labels = max(draw.most_labels for draw in numbers.audit.draws)
        if max_labels < MIN_CASES:
            steps.append(
                f"set audit to a larger number, such as {numbers.audit.samples + size}: an "
                f"accuracy takes {MIN_CASES} labels, and the audit set cannot have more than {max_labels}"
            )
    elif width := narrowest_width(size, CONFIDENCE):
        steps.append(
            f"for the accuracy on the pool, set audit: {size}; {size} labels of a random sample measure it "
            f"to within ±{math.ceil(50 * width)} points"
        )
    return steps


def _audit_that_fits(standing: Standing) -> int:
    """Return the size of an audit set to suggest: at most half of the pool, with two batches left, or 0."""
    last = _last_batch(standing)
    size = min(SUGGESTED_AUDIT, standing.samples // 2, standing.left - 2 * (last.sent if last else 0))
    return size // 10 * 10 if size >= MIN_AUDIT else 0


def _has_settled(numbers: StatusNumbers) -> bool:
    return numbers.series is not None and numbers.series.is_settled


def _batch_steps(numbers: StatusNumbers) -> list[str]:
    """Return the steps to the next batch, which waits only for the last one."""
    standing = numbers.standing
    last = _last_batch(standing)
    if not standing.batches:
        return ["run the command; it chooses the first batch, which needs no label"]
    if last and last.awaited:
        count = _samples(numbers, last.awaited)
        steps = [f"label what is awaited of {last.name}, {count}, and run the command again"]
        pronoun = "it" if last.awaited == 1 else "them"
        return [*steps, f"or go on without {pronoun}: add --config go_on=true"] if last.came_back else steps
    if not standing.left:
        return ["add new ones, or use the predictions: all of the pool has gone out"]
    return [] if _has_settled(numbers) else ["run the command again for the next batch"]


def _late_steps(numbers: StatusNumbers) -> list[str]:
    """Return lines about answers that may come back at any time."""
    last, steps = _last_batch(numbers.standing), []
    for batch in numbers.standing.batches:
        if batch.awaited and batch != last:
            pronoun = "it" if batch.awaited == 1 else "them"
            advice = "it counts whenever it comes" if batch.awaited == 1 else "they count whenever they come"
            purpose = f"the accuracy is measured on {pronoun}" if batch.is_audit else advice
            count = _samples(numbers, batch.awaited)
            steps.append(f"still awaited: {count} of {batch.name}; {purpose}")
    return steps


def _last_batch(standing: Standing) -> BatchRow | None:
    return next((batch for batch in reversed(standing.batches) if not batch.is_audit), None)


def _cleaning_steps(numbers: StatusNumbers) -> list[str]:
    standing, steps = numbers.standing, []
    if standing.disputed:
        count = _samples(numbers, len(standing.disputed))
        steps.append(f"settle {count} on which annotators disagree: one more answer, or a correction")
    if standing.unusable:
        labels = count_text(standing.unusable, "label")
        is_single = standing.unusable == 1
        lost_parts, pronoun = ("its", "it") if is_single else ("their", "them")
        lost_parts += f" {'photograph' if numbers.has_images else 'vector'}{'' if is_single else 's'}"
        verb = "and features are" if numbers.has_images else "is" if is_single else "are"
        steps.append(f"{labels} cannot be used: {lost_parts} {verb} gone; put {pronoun} back, or do without")
    for item in standing.classes:
        if item.twin_of is not None:
            labels = count_text(item.labels + item.audit_labels, "label")
            steps.append(
                f"see whether the class {item.name!a} ({labels}) is {item.twin_of!a}; if so, correct its "
                "labels"
            )
    return steps


def _pool(numbers: StatusNumbers) -> str:
    standing, audit = numbers.standing, numbers.audit
    text = f"{_samples(numbers, standing.samples)}, {count_text(standing.labels, 'label')}"
    classes = sum(one.labels > 0 for one in standing.classes)
    text += f" of {count_text(classes, 'class')}" if classes else ""
    return f"{text}; audit set {audit.labelled:,} of {audit.samples:,} labelled" if audit else text


def _batches(numbers: StatusNumbers) -> str:
    standing = numbers.standing
    if not standing.batches:
        return "none has gone out"
    count = sum(not batch.is_audit for batch in standing.batches)
    awaited_shares = [_batch_share(batch.awaited, batch) for batch in standing.batches if batch.awaited]
    removed_shares = [_batch_share(batch.removed, batch) for batch in standing.batches if batch.removed]
    awaited = f"awaited {'; '.join(awaited_shares)}" if awaited_shares else "all answers are there"
    removal = f"; removed {'; '.join(removed_shares)}" if removed_shares else ""
    return f"{count:,} with {standing.in_batches.samples:,} in all; {awaited}{removal}"


def _batch_share(count: int, batch: BatchRow) -> str:
    audit = ", the audit set" if batch.is_audit else ""
    return f"{count:,} of {batch.sent:,} in {batch.name}{audit}"


def _set_aside(standing: Standing) -> str:
    tallies = (standing.in_batches, standing.in_audit, standing.unasked)
    counts = {
        status: sum(getattr(tally, status) for tally in tallies)
        for status in ("disputed", "cannot_tell", "skipped", "not_ours")
    }
    texts = [f"{count:,} {status.replace('_', ' ')}" for status, count in counts.items() if count]
    return f"without a label: {', '.join(texts)}" if texts else ""
