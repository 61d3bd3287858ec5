"""Checks that there are the network and the weights that a configuration names, mostly without torch."""

import ast
import re
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from activepool.backbones.checkpoint_files import file_problem
from activepool.backbones.registry import BACKBONES, LIBRARIES, require_network, user_file
from activepool.errors import InputError
from planning.configuration.sections import Backbone
from planning.runs.command_line import parse_command
from planning.stages.digests import syntax_problem

#: How both libraries define a network, at the beginning of a line.
DEFINITION = r"^@register_model\b.*\n(?:@.*\n)*def {}\("

#: A network of timm, in whose place a backbone of activepool asks for the package.
EXAMPLE = "timm:swin_tiny_patch4_window7_224"

#: How relative paths are read.
RELATIVE = "a path is relative to where snakemake runs"

#: A module that uses one of these may have any name.
DYNAMIC = {"*", "__getattr__"}

#: The parts of a statement that hold others.
BLOCKS = ("body", "handlers", "cases", "orelse", "finalbody")

#: The network without weights, whose features are the pixels.
WITHOUT_WEIGHTS = "identity"


def network_problem(name: str) -> str | None:
    """Return why a library's network cannot be made: no such network, or no such library; None if it can.

    A network that the library's source defines is there. Only for another name, which is mostly a mistake,
    the library is imported, and says itself which networks it has. Jobs with a Python of their own may have
    other libraries, and are not checked.
    """
    if BACKBONES.get(name, "").startswith("activepool.backbones.timm_networks:"):
        name = EXAMPLE
    library, _, network = name.rpartition(":")
    if library not in LIBRARIES or _jobs_have_own_python() or _is_defined(library, network.partition(".")[0]):
        return None
    try:
        require_network(name)
    except InputError as error:
        return str(error).removeprefix("backbone: ")
    return None


def _is_defined(library: str, network: str) -> bool:
    """Return whether a module in the library's folder ``models`` registers a network."""
    definition = re.compile(DEFINITION.format(re.escape(network)), re.MULTILINE)
    specification = find_spec(library)
    folders = [
        Path(folder, "models")
        for folder in (specification and specification.submodule_search_locations) or ()
    ]
    files = (file for folder in folders for file in sorted(folder.glob("*.py")))
    return any(definition.search(file.read_text(encoding="utf-8")) for file in files)


def _jobs_have_own_python() -> bool:
    options = parse_command(tuple(sys.argv))
    return options is not None and bool(options.software_deployment_method)


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


def backbone_file_problems(backbone: Backbone | None, features: str) -> Iterator[str]:
    """Yield a line for each file of the backbone, of its own code and of its weights, that cannot be used.

    And one if a library lacks its network, unless that has made ``features`` already.
    """
    if backbone and (problem := function_problem(backbone.architecture)):
        yield f"backbone.architecture: {problem}"
    if backbone and backbone.checkpoint and (problem := file_problem(backbone.checkpoint)):
        yield f"backbone.checkpoint: the file {backbone.checkpoint} {problem}"
    if backbone and not Path(features).exists() and (problem := network_problem(backbone.architecture)):
        yield f"backbone.architecture: {problem}"
