"""What the modules of figures and tables declare: their place in the report, and their needs."""

import ast
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import Any

from activepool.figures import registry
from planning.configuration.experiment import Experiment

#: What a figure or table may need (``NEEDS`` of its module), and whether an experiment has it. The workflow
#: makes only figures and tables whose needs the experiment meets.
NEEDS: dict[str, Callable[[Experiment], bool]] = {
    "two strategies": lambda experiment: len(experiment.strategy_folders) > 1,
    "random and another strategy": lambda experiment: (
        "random" in experiment.strategy_folders and len(experiment.strategy_folders) > 1
    ),
    "two seeds": lambda experiment: len(experiment.seed_list) > 1,
    "two rounds": lambda experiment: experiment.rounds > 1,
}

#: The modules of each folder of ``activepool/figures``.
MODULES: dict[str, Iterable[str]] = {"drawings": registry.FIGURES, "tables": registry.TABLES}


def subject_of(folder: str, name: str) -> str:
    """Return the first line of the docstring of ``figures/<folder>/<name>.py``."""
    return (ast.get_docstring(_module(folder, name)) or name).splitlines()[0]


def category_of(folder: str, name: str, otherwise: str) -> str:
    """Return ``CATEGORY`` of the module ``figures/<folder>/<name>.py``, or ``otherwise`` if it has none."""
    return str(_constants(folder, name).get("CATEGORY", otherwise))


def applicable(folder: str, experiment: Experiment) -> list[str]:
    """Return the modules of a folder whose needs an experiment meets."""
    return _by_lack(folder, experiment).get((), [])


def inapplicable(folder: str, experiment: Experiment) -> dict[tuple[str, ...], list[str]]:
    """Return the modules of a folder whose needs an experiment does not meet, by what it lacks."""
    return {lack: names for lack, names in _by_lack(folder, experiment).items() if lack}


def _by_lack(folder: str, experiment: Experiment) -> dict[tuple[str, ...], list[str]]:
    modules: dict[tuple[str, ...], list[str]] = {}
    for name in MODULES[folder]:
        needs = _constants(folder, name).get("NEEDS", ())
        lack = tuple(need for need in needs if not NEEDS[need](experiment))
        modules.setdefault(lack, []).append(name)
    return modules


@cache
def _module(folder: str, name: str) -> ast.Module:
    """Return a parsed module; importing it would import matplotlib, too, and cost each job a second."""
    return ast.parse(Path(registry.__file__).with_name(folder).joinpath(f"{name}.py").read_bytes())


@cache
def _constants(folder: str, name: str) -> dict[str, Any]:
    """Return the constants of a module that are literals."""
    constants = {}
    for statement in _module(folder, name).body:
        if isinstance(statement, ast.Assign):
            try:
                constants[ast.unparse(statement.targets[0])] = ast.literal_eval(statement.value)
            except ValueError:
                continue
    return constants
