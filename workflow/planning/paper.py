"""All experiments of the paper from one command: a run of Snakemake for each, with the options of this one.

Each experiment is planned by itself, because one plan of all would have tens of thousands of jobs.
"""

import argparse
import difflib
import shlex
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from activepool.errors import InputError

#: The target of Snakemake that makes the figures of all experiments, and the key that limits it to some.
TARGET, KEY = "paper_figures", "paper"

EXPERIMENTS = Path(__file__).parents[1] / "experiments"

#: The paper's experiments, and the same on ImageNet-LT; each is a file of `EXPERIMENTS`.
NAMES = (
    "imagenet_linear",
    "imagenet_finetuning",
    "cifar10_finetuning",
    "cifar10_imbalanced_finetuning",
    "imagenet_lt_linear",
)


def chosen(given: Any) -> tuple[str, ...]:
    """Return the experiments that ``--config paper=...`` names: one, several with commas, or a list.

    Raises: InputError for a name that is none of the paper's.
    """
    if given is None:
        return NAMES
    names = tuple(given) if isinstance(given, list) else tuple(str(given).split(","))
    for name in names:
        if name not in NAMES:
            near = difflib.get_close_matches(str(name), NAMES, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(NAMES)}"
            raise InputError(f"{KEY}: {name!r} is no experiment of the paper; {hint}")
    return names


def command_for(name: str, arguments: Sequence[str]) -> list[str]:
    """Return the command that makes the figures of one experiment.

    Args:
        name: one of `NAMES`.
        arguments: Snakemake's of the present run: its target and configuration file are replaced, the list of
            experiments is left out, all others stay.
    """
    options = [word for group in _options(arguments) for word in _kept(group)]
    own = ["--configfile", str(EXPERIMENTS / f"{name}.yaml"), "--", "figures"]
    return [sys.executable, "-m", "snakemake", *options, *own]


def _options(arguments: Sequence[str]) -> Iterator[list[str]]:
    """Yield each option with the words that follow it."""
    group: list[str] = []
    for word in arguments:
        if word.startswith("-") and group:
            yield group
            group = []
        group.append(word)
    yield group


def _kept(group: list[str]) -> list[str]:
    if group and group[0] in ("--configfile", "--configfiles", "--"):
        return []
    kept = [word for word in group if word != TARGET and not word.startswith(f"{KEY}=")]
    return [] if kept in (["--config"], ["-C"]) else kept


def main() -> None:
    """Run the experiments one after the other, and name in the end those that failed."""
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--experiments", nargs="+", required=True, help="names of the paper's experiments")
    parser.add_argument("--arguments", required=True, help="Snakemake's, as one word of the shell")
    given = parser.parse_args()
    failed = []
    for name in given.experiments:
        print(f"activepool: {name}", file=sys.stderr, flush=True)
        if subprocess.run(command_for(name, shlex.split(given.arguments)), check=False).returncode:
            failed.append(name)
    if failed:
        print(f"activepool: not made: {', '.join(failed)}; why is told above", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
