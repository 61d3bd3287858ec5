"""Checks of a user's own function, ``file.py:function``, without an import of what the file needs."""

import ast
from pathlib import Path

from activepool.backbones.registry import user_file
from planning.stages.code import syntax_problem

#: How relative paths are read.
RELATIVE = "a path is relative to where snakemake runs"

#: A module that uses one of these may have any name.
DYNAMIC = {"*", "__getattr__"}

#: The parts of a statement that hold others.
BLOCKS = ("body", "handlers", "cases", "orelse", "finalbody")


def missing_problem(file: Path) -> str | None:
    """Return why a file cannot be read; None if it can."""
    try:
        is_folder, is_missing = file.is_dir(), not file.is_file()
    except OSError as error:
        return f"the file {file} cannot be read ({error.strerror})"
    if is_folder:
        return f"{file} is a folder; name a file in it"
    return f"the file {file} does not exist; {RELATIVE}" if is_missing else None


def function_problem(name: str) -> str | None:
    """Return why a user's ``file.py:function`` cannot be used; None if it can, or if no file is named."""
    file = user_file(name)
    if file is None:
        return None
    if problem := missing_problem(file):
        return problem
    if problem := syntax_problem(file):
        return f"the file {file} {problem}"
    function, (names, functions) = name.rpartition(":")[2], _definitions(file)
    if function in names or DYNAMIC & names:
        return None
    defined = f"it defines {', '.join(functions)}" if functions else "it defines none"
    return f"the file {file} has no function {function!r}; {defined}"


def _definitions(file: Path) -> tuple[set[str], list[str]]:
    """Return the names that a module defines, except at run time, and its functions and classes."""
    names: set[str] = set()
    functions: list[str] = []
    waiting: list[ast.AST] = [ast.parse(file.read_bytes())]
    while waiting:
        node = waiting.pop(0)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            functions.append(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names.update((alias.asname or alias.name).partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            names.update(name.id for name in ast.walk(node) if isinstance(name, ast.Name))
        else:
            waiting += [child for part in BLOCKS for child in getattr(node, part, ())]
    return names.union(functions), functions
