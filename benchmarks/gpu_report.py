"""The report of `gpu_check.py`: Markdown from what its parts wrote."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from xml.etree import ElementTree

#: What is to be reached, on one H100 or H200: the rows of `imagenet_pool.py` in seconds, and the share of
#: `images.py`.
GOALS = {
    "round": ("train on 100,000 labels, score and select 10,000 of ImageNet by `base`", 10.0),
    "coreset": ("select 10,000 of ImageNet by `coreset`", 30.0),
    "share": ("extraction, relative to the slower of decoding and forward pass", 0.9),
}

#: The rows of `imagenet_pool.py` that are measured after the bare product, in this order.
ROUNDS, STRATEGIES = ("round",), ("coreset", "margin", "badge")

Rows = list[dict[str, str]]


@dataclass(frozen=True)
class Outcome:
    """What became of a part.

    Attributes:
        state: ``done``; ``failed``; ``stopped`` at its limit of time; ``left out`` for lack of time; or
            ``skipped`` for lack of a GPU.
        seconds: that it took.
        reason: why it is not ``done``.
        output: the last lines that it printed, if it failed or was stopped.
    """

    state: str
    seconds: float = 0.0
    reason: str = ""
    output: str = ""


@dataclass(frozen=True)
class Sizes:
    """The sizes of the pool of `imagenet_pool.py`."""

    size: int = 1_281_167
    width: int = 2048
    classes: int = 1000
    budget: int = 10_000
    labelled: int = 30_000
    trained: int = 100_000

    def scaled(self, scale: float) -> "Sizes":
        """Return a smaller pool, for a try: a share of each size, as far as a round can still be made."""
        least = Sizes(size=5000, width=16, classes=5, budget=20, labelled=60, trained=200)
        scaled = {name: max(int(count * scale), getattr(least, name)) for name, count in vars(self).items()}
        return Sizes(**scaled)

    def floor(self, work: str) -> tuple[float, float]:
        """Return the GB that a work of `imagenet_pool.py` moves to the device, and the TFLOP of its product.

        Each feature, in float16, moves once at least. Of the training only the reading counts: its steps
        depend on the data. Core-set multiplies the pool with all that is labelled in the end, all others with
        the head.
        """
        columns = self.labelled + self.budget if work == "coreset" else self.classes
        rows = self.size + (self.trained if work.startswith("round") else 0)
        return rows * self.width * 2 / 1e9, 2 * self.size * self.width * columns / 1e12


@dataclass(frozen=True)
class Check:
    """All that the report says.

    Attributes:
        facts: of the machine, by name.
        seconds: that the whole check took, and was allowed to.
        outcomes: of the parts, by name.
        sizes: of the pool.
        tests: the JUnit file of the tests.
        ceilings: rates by name, as (value, unit).
        pool, images: the rows of the two benchmarks.
    """

    facts: Mapping[str, str]
    seconds: tuple[float, float]
    outcomes: Mapping[str, Outcome]
    sizes: Sizes = Sizes()
    tests: str | None = None
    ceilings: Mapping[str, tuple[float, str]] = field(default_factory=dict)
    pool: Rows = field(default_factory=list)
    images: Rows = field(default_factory=list)


def report(check: Check) -> str:
    """Return the page."""
    seconds, allowed = check.seconds
    sections = [
        f"# GPU check\n\n`make gpu-check` took {seconds:.0f} of {allowed:.0f} s.",
        table(("machine", ""), check.facts.items()),
        "## Parts\n\n" + parts_table(check.outcomes),
        "## Goals\n\n" + goals_table(check),
        "## Tests\n\n" + (tests_section(check.tests) if check.tests else nothing(check, "tests")),
        "## What the machine can do\n\n" + ceilings_section(check),
        "## A round at ImageNet's size\n\n" + pool_section(check),
        "## Extraction\n\n" + images_section(check),
    ]
    outputs = [
        f"## Last lines of {name}\n\n```\n{outcome.output}\n```"
        for name, outcome in check.outcomes.items()
        if outcome.output
    ]
    return "\n\n".join([*sections, *outputs]) + "\n"


def succeeded(check: Check) -> bool:
    """Return whether nothing failed; what was skipped, left out or stopped for time did not fail."""
    return all(outcome.state != "failed" for outcome in check.outcomes.values())


def table(header: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """Return a table in Markdown."""
    names = list(header)
    lines = [names, ["---"] * len(names), *([str(cell) for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def parts_table(outcomes: Mapping[str, Outcome]) -> str:
    """Return a row for each part: what became of it."""
    rows = (
        (name, outcome.state, f"{outcome.seconds:.0f}", outcome.reason) for name, outcome in outcomes.items()
    )
    return table(("part", "outcome", "seconds", "why"), rows)


def goals_table(check: Check) -> str:
    """Return a row for each goal: what was measured, and whether it is reached."""
    seconds = {row["work"]: float(row["seconds"]) for row in check.pool}
    measured = {name: seconds[name] for name in ("round", "coreset") if name in seconds}
    if check.images:
        measured["share"] = max(float(row["share"]) for row in check.images)
    rows, judged = [], check.sizes == Sizes()
    for name, (what, limit) in GOALS.items():
        goal = f"≥ {limit:g}" if name == "share" else f"≤ {limit:g} s"
        if name not in measured:
            rows.append((what, goal, "not measured", ""))
            continue
        value = measured[name]
        reached = value >= limit if name == "share" else value <= limit
        verdict = "reached" if reached else "missed"
        rows.append((what, goal, f"{value:.3g}", verdict if judged else "not of this size"))
    return table(("goal", "", "measured", ""), rows)


def tests_section(junit: str) -> str:
    """Return the counts of each file, and each test that failed or was skipped, with the reason."""
    counts: dict[str, Counter[str]] = {}
    failed, skipped = [], Counter[str]()
    for case in ElementTree.fromstring(junit).iter("testcase"):
        problem = next((child for child in case if child.tag in ("failure", "error", "skipped")), None)
        state = "passed" if problem is None else "skipped" if problem.tag == "skipped" else "failed"
        counts.setdefault(case.get("classname", ""), Counter())[state] += 1
        message = "" if problem is None else (problem.get("message") or "no reason given").splitlines()[0]
        if state == "failed":
            failed.append(f"- `{case.get('classname')}::{case.get('name')}`: {message}")
        elif state == "skipped":
            skipped[message] += 1
    states = ("passed", "failed", "skipped")
    rows = [(name, *(numbers[state] for state in states)) for name, numbers in sorted(counts.items())]
    rows.append(("all", *(sum(numbers[state] for numbers in counts.values()) for state in states)))
    reasons = [f"- {count} skipped: {reason}" for reason, count in skipped.most_common()]
    return "\n".join([table(("file", *states), rows), "", *failed, *reasons]).strip()


def ceilings_section(check: Check) -> str:
    """Return the rates that the limits below are computed from."""
    if not check.ceilings:
        return nothing(check, "ceilings")
    rows = [(name, f"{value:.3g} {unit}") for name, (value, unit) in check.ceilings.items()]
    return table(("by torch alone", ""), rows) + (
        "\n\n`copy` counts bytes read and written. `start` is how long a program takes to import torch and "
        "to compute a first sum on the device."
    )


def pool_section(check: Check) -> str:
    """Return the programs of a round, beside the time that their bytes and operations take."""
    if not check.pool:
        return nothing(check, "imagenet_pool")
    header = ("work", "seconds", "programs", "GB", "TFLOP", "limit in seconds", "relative to it")
    sizes, done = check.sizes, {row["work"] for row in check.pool}
    missing = [name for name in (*ROUNDS, *STRATEGIES) if name not in done]
    note = (
        f"{sizes.size:,} × {sizes.width} in float16, {sizes.classes} classes, a budget of {sizes.budget:,}; "
        f"{sizes.trained:,} labels in rounds, else {sizes.labelled:,}. Seconds include the start of each "
        "program. The limit is the larger of the time to move the features to the device once and the time "
        "of the product in float32; of a training it counts the reading alone."
    )
    parts = [table(header, (pool_row(check, row) for row in check.pool)), note]
    return "\n\n".join([*parts, *([f"Not measured: {', '.join(missing)}."] if missing else [])])


def pool_row(check: Check, row: Mapping[str, str]) -> list[str]:
    """Return the cells of one work."""
    gigabytes, operations = check.sizes.floor(row["work"])
    seconds, limit = float(row["seconds"]), limit_of(check, gigabytes, operations)
    programs = ", ".join(
        f"{name.removesuffix('_seconds')} {float(value):.1f}"
        for name, value in row.items()
        if name.endswith("_seconds") and value
    )
    limit_cells = ["", ""] if limit is None else [f"{limit:.2f}", f"{seconds / limit:.1f} ×"]
    return [row["work"], f"{seconds:.1f}", programs, f"{gigabytes:.2f}", f"{operations:.2f}", *limit_cells]


def limit_of(check: Check, gigabytes: float, operations: float) -> float | None:
    """Return the seconds that no program can go below, if the rates were measured."""
    rates = {name: value for name, (value, _) in check.ceilings.items()}
    moved = rates.get("pinned_to_device", rates.get("copy"))
    computed = rates.get("product_float32")
    return max(gigabytes / moved, operations / computed) if moved and computed else None


def images_section(check: Check) -> str:
    """Return the rates of extraction, beside that of the bare operations in float16."""
    if not check.images:
        return nothing(check, "images")
    rate = check.ceilings.get("product_float16", (0.0, ""))[0]
    rows = []
    for row in check.images:
        numbers = [f"{float(row[name]):.0f}" for name in ("decoding", "forward", "both")]
        limit = f"{rate * 1000 / float(row['gflop']):.0f}" if rate else ""
        rows.append((row["architecture"], row["workers"], *numbers, limit, f"{float(row['share']):.2f}"))
    header = ("backbone", "workers", "decoding", "forward", "both", "limit of forward", "share")
    return table(header, rows) + (
        "\n\nImages per second. `share` is both at once relative to the slower of the two alone; the limit "
        "is the rate of the product in float16 over the operations of a forward pass."
    )


def nothing(check: Check, part: str) -> str:
    """Return the sentence in place of a measurement that there is not."""
    outcome = check.outcomes[part]
    return f"Not measured: {outcome.reason or outcome.state}."
