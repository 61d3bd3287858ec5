"""What the modules of figures and tables say about themselves: their place in the report, what they need."""

import ast
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

from activepool.figures.registry import FIGURES, TABLES
from planning.configuration.experiment import Experiment
from planning.stages.code import LIBRARY

#: What a figure or table may need (``NEEDS`` of its module), and whether an experiment has it.
NEEDS: dict[str, Callable[[Experiment], bool]] = {
    "two strategies": lambda experiment: len(experiment.strategy_folders) > 1,
    "random and another strategy": lambda experiment: (
        "random" in experiment.strategy_folders and len(experiment.strategy_folders) > 1
    ),
    "two seeds": lambda experiment: len(experiment.seed_list) > 1,
    "two rounds": lambda experiment: experiment.rounds > 1,
}


def category_of(folder: str, name: str, otherwise: str) -> str:
    """Return ``CATEGORY`` of the module ``figures/<folder>/<name>.py``, or ``otherwise`` if it has none."""
    return str(_constants(folder, name).get("CATEGORY", otherwise))


def drawn_figures(experiment: Experiment) -> list[str]:
    """Return the names of the figures for which an experiment has what they need."""
    return [name for name in FIGURES if not _unmet(experiment, "drawings", name)]


def made_tables(experiment: Experiment) -> list[str]:
    """Return the names of the tables for which an experiment has what they need."""
    return [name for name in TABLES if not _unmet(experiment, "tables", name)]


def figures_left_out(experiment: Experiment) -> dict[tuple[str, ...], list[str]]:
    """Return what an experiment lacks -> the figures that need it."""
    return _left_out(experiment, "drawings", FIGURES)


def tables_left_out(experiment: Experiment) -> dict[tuple[str, ...], list[str]]:
    """Return what an experiment lacks -> the tables that need it."""
    return _left_out(experiment, "tables", TABLES)


def _left_out(experiment: Experiment, folder: str, known: Iterable[str]) -> dict[tuple[str, ...], list[str]]:
    names: dict[tuple[str, ...], list[str]] = {}
    for name in known:
        if unmet := _unmet(experiment, folder, name):
            names.setdefault(unmet, []).append(name)
    return names


def _unmet(experiment: Experiment, folder: str, name: str) -> tuple[str, ...]:
    """Return what a figure or table needs and an experiment lacks."""
    needs = _constants(folder, name).get("NEEDS", ())
    return tuple(need for need in needs if not NEEDS[need](experiment))


@cache
def _constants(folder: str, name: str) -> dict[str, Any]:
    """Return the constants of a module that are literals.

    It parses the module instead of importing it: importing matplotlib would cost each job a second.
    """
    constants = {}
    for statement in ast.parse((LIBRARY / "figures" / folder / f"{name}.py").read_bytes()).body:
        if isinstance(statement, ast.Assign):
            try:
                constants[ast.unparse(statement.targets[0])] = ast.literal_eval(statement.value)
            except ValueError:
                continue
    return constants
