"""All experiments of the paper from one command: one run of Snakemake for each, with this run's options.

A single plan for all experiments would have tens of thousands of jobs.
"""

import argparse
import os
import re
import shlex
import subprocess
import sys
import textwrap
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml
from snakemake.cli import parse_args, parse_config
from snakemake.utils import update_config

from activepool.errors import InputError, nearest_name
from activepool.io.files import write_text
from activepool.records.process_locks import process_name
from planning.configuration.loading import load
from planning.paper.estimates import estimate
from planning.runs.lock import OUTER_RUN

EXPERIMENTS = Path(__file__).parents[2] / "experiments"

#: The markers of paragraphs in the comment at the head of an experiment's file.
HOURS, DIFFERENCES, SOURCE = "Hours:", "Differs from the paper:", "Source:"

#: A difference that stands for those of another file, perhaps except for those with a word.
_ALL_OF = re.compile(r"All that (\w+)\.yaml lists(?:, except for (`\w+`))?\.")

#: The target that makes the figures of all experiments, and the key that selects some of them.
TARGET, KEY = "paper_figures", "paper"

#: The paper's experiments, and the same on ImageNet-LT; each is a file in ``workflow/experiments``.
NAMES = (
    "imagenet_linear",
    "imagenet_finetuning",
    "cifar10_finetuning",
    "cifar10_imbalanced_finetuning",
    "imagenet_lt_linear",
)

#: Experiments that the paper or its code mentions; they run only if they are named.
ON_REQUEST = (
    "imagenet_linear_crops",
    "imagenet_esvit_window7",
    "imagenet_esvit_window14",
    "cifar10_very_imbalanced_finetuning",
    "cifar10_from_scratch",
)

#: The options of Snakemake that change the configuration, each as a list of its words.
CONFIG = (["--config"], ["-C"])

#: The width of printed lines about an experiment.
COLUMNS = 110


def experiment_file(name: str) -> Path:
    """Return the file of an experiment."""
    return EXPERIMENTS / f"{name}.yaml"


def hours(name: str) -> str:
    """Return what an experiment's file says about its hours; "" if it says nothing."""
    return " ".join(_paragraph(name, HOURS))


def differences(name: str) -> list[str]:
    """Return the differences from the paper that an experiment's file lists, a sentence or two each."""
    items: list[str] = []
    for line in _paragraph(name, DIFFERENCES):
        if line.startswith("- "):
            items.append(line.removeprefix("- "))
        else:
            items[-1] += f" {line}"
    return [difference for item in items for difference in _expanded(item)]


def _expanded(item: str) -> list[str]:
    reference = _ALL_OF.fullmatch(item)
    if reference is None:
        return [item]
    excluded = reference[2]
    return [item for item in differences(reference[1]) if excluded is None or excluded not in item]


def _paragraph(name: str, marker: str) -> list[str]:
    """Return the lines of a paragraph, without its marker; [] if the head has none."""
    lines: list[str] = []
    inside = False
    for line in experiment_file(name).read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            break
        text = line.removeprefix("#").strip()
        begun = next((start for start in (HOURS, DIFFERENCES, SOURCE) if text.startswith(start)), None)
        inside = begun == marker if begun else inside
        if inside:
            lines.append(text.removeprefix(marker).strip())
    return list(filter(None, lines))


def chosen(selection: Any) -> tuple[str, ...]:
    """Return the experiments that ``--config paper=...`` selects: a name, names with commas, or a list.

    Raises: InputError for an unknown name.
    """
    if selection is None:
        return NAMES
    names = tuple(selection) if isinstance(selection, list) else tuple(str(selection).split(","))
    choices = NAMES + ON_REQUEST
    for name in names:
        if name not in choices:
            hint = nearest_name(str(name), choices, "choose from")
            raise InputError(f"{KEY}: {name!r} is not an experiment of the paper; {hint}")
    return names


def command_for(name: str, arguments: Sequence[str]) -> list[str]:
    """Return Snakemake's command line, changed so that it makes the figures of one experiment."""
    options = [word for group in _options(arguments) for word in _without_target(group)]
    target_words = ["--configfile", str(experiment_file(name)), "--", "figures"]
    return [sys.executable, "-m", "snakemake", *options, *target_words]


def only_plans(arguments: Sequence[str]) -> bool:
    """Return whether Snakemake's arguments request a dry run of `TARGET`, which would start no rule."""
    if TARGET not in arguments:
        return False
    _, options = parse_args(list(arguments))
    return bool(options.dryrun and TARGET in options.targets)


def make_experiments(names: Sequence[str], arguments: Sequence[str], log: str | None = None) -> int:
    """Run the experiments one after the other.

    Before them, it prints what each takes; after them, what differs from the paper, and which failed and why.

    Returns: 0, or 1 if an experiment failed.
    """
    problems: dict[str, list[str]] = {}
    print("\n".join(_before(names, arguments)), file=sys.stderr)
    for name in names:
        print(f"activepool: {name}", file=sys.stderr, flush=True)
        failure = _run(name, arguments)
        if failure is not None:
            problems[name] = failure
    lines = _listed("what differs from the paper", {name: differences(name) for name in names})
    lines.append(f"activepool: {_count(names, problems, only_plans(arguments))}")
    for name, failure in problems.items():
        if failure:
            needs = f"the first lines of workflow/experiments/{name}.yaml say what it needs"
            lines += [f"  {name}: {line}" for line in (*failure, needs)]
        else:
            lines.append(f"  {name}: it was interrupted, or a job failed; see the messages above")
    print("\n".join(lines), file=sys.stderr)
    if log is not None:
        write_text(log, "\n".join([*lines, ""]))
    return int(bool(problems))


def _count(names: Sequence[str], problems: Collection[str], plans: bool) -> str:
    """Return how many of the experiments succeeded, or were planned, and how many were not, in words."""
    count = f"{'planned' if plans else 'finished'} {len(names) - len(problems)} of {len(names)} experiments"
    count = count.removesuffix("s") if len(names) == 1 else count
    return f"{count}; these failed, or their data are missing:" if problems else count


def _run(name: str, arguments: Sequence[str]) -> list[str] | None:
    """Run one experiment; return None if it succeeded, else the problems of its configuration or data."""
    environment = {OUTER_RUN: process_name(), **os.environ}
    command = command_for(name, arguments)
    problems = []
    with subprocess.Popen(
        command, env=environment, stderr=subprocess.PIPE, encoding="utf-8", errors="backslashreplace"
    ) as process:
        assert process.stderr is not None
        for line in process.stderr:
            print(line, end="", file=sys.stderr, flush=True)
            _, is_problem, problem = line.partition(f"{name}.yaml: ")
            problems += [problem.strip()] if is_problem else []
    return problems if process.returncode else None


def _before(names: Sequence[str], arguments: Sequence[str]) -> list[str]:
    """Return lines with the cost of each experiment under the configuration of the command line."""
    words = [
        word for group in _options(arguments) if group[:1] in CONFIG for word in _without_target(group)[1:]
    ]
    try:
        changes = parse_config(words)
    except ValueError:  # each run reports it
        return []
    title = "what each experiment takes (benchmarks/paper_hours.py estimates the hours of a machine)"
    return _listed(title, {name: _takes(name, changes) for name in names})


def _takes(name: str, changes: dict[str, Any]) -> list[str]:
    raw = yaml.safe_load(experiment_file(name).read_text(encoding="utf-8"))
    update_config(raw, changes)
    try:
        estimated = estimate(load(raw, name))
    except InputError:
        return ["its configuration cannot be used; its run says why"]
    lines = estimated.lines if estimated else ["jobs, disk, images: not known for this dataset or backbone"]
    is_small = {"scale", "stand_in"} & changes.keys()
    return [*lines, f"hours: {'not measured for a small version' if is_small else hours(name)}"]


def _listed(title: str, by_experiment: dict[str, list[str]]) -> list[str]:
    lines = [f"activepool: {title}"]
    for name, items in by_experiment.items():
        lines.append(f"  {name}")
        for item in items:
            lines += textwrap.wrap(item, COLUMNS, initial_indent="  - ", subsequent_indent="    ")
    return lines


def _options(arguments: Sequence[str]) -> Iterator[list[str]]:
    """Yield each option with the words that follow it."""
    group: list[str] = []
    for word in arguments:
        if word.startswith("-") and group:
            yield group
            group = []
        group.append(word)
    yield group


def _without_target(group: list[str]) -> list[str]:
    if group and group[0] in ("--configfile", "--configfiles", "--"):
        return []
    words = [word for word in group if word != TARGET and not word.startswith(f"{KEY}=")]
    return [] if words in CONFIG else words


def main() -> None:
    """Make the experiments of the command line."""
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--experiments", nargs="+", required=True, help="names of the paper's experiments")
    parser.add_argument("--arguments", required=True, help="Snakemake's command line, as one word")
    parser.add_argument("--log", help="file for the final message")
    options = parser.parse_args()
    sys.exit(make_experiments(options.experiments, shlex.split(options.arguments), options.log))


if __name__ == "__main__":
    main()
