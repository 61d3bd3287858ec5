"""Digests of the code that a stage runs: a change of the library reruns the stages that use it.

The digest of a stage covers its own module and everything that it imports from the package, directly or not.
It ignores comments, docstrings and layout, so editing these reruns nothing. Callers add the modules that a
stage imports by name at run time, such as a strategy.
"""

import ast
import hashlib
from functools import cache
from pathlib import Path
from typing import NamedTuple

from activepool.io.files import write_json
from activepool.records.syntax import statements, syntax_digest

PACKAGE = "activepool"
ROOT = Path(__file__).parents[2]
LIBRARY = ROOT / PACKAGE


class Module(NamedTuple):
    """Digests of a file's content and syntax, and the files that it imports from the package."""

    content: str
    digest: str
    imports: tuple[Path, ...]


#: The files behind each digest that `code_digest` has returned.
_listed: dict[str, set[Path]] = {}


@cache
def code_digest(*files: Path) -> str:
    """Return a digest of ``files`` and of everything that they import from the package."""
    closure = with_imports(*files)
    parts = sorted(f"{file.name}:{_module(file).digest}" for file in closure)
    digest = hashlib.sha256("\n".join(parts).encode()).hexdigest()[:12]
    _listed[digest] = closure
    return digest


def write_listings(folder: Path) -> None:
    """Write the files behind each digest of this process; see `activepool.records.planned_code`."""
    for digest, closure in _listed.items():
        modules = {str(file.absolute()): _module(file) for file in closure}
        listing = {path: [module.content, module.digest] for path, module in modules.items()}
        write_json(folder / f"{digest}.json", listing)


def with_imports(*files: Path) -> set[Path]:
    """Return ``files`` and everything that they import from the package, directly or not."""
    closure: set[Path] = set()
    waiting = list(files)
    while waiting:
        file = waiting.pop()
        if file not in closure:
            closure.add(file)
            waiting.extend(_module(file).imports)
    return closure


def syntax_problem(file: Path) -> str | None:
    """Return why a file is not Python, and so can have no digest; None if it is."""
    try:
        _module(file)
    except SyntaxError as error:
        return f"is not Python: {error.msg}" + (f" (line {error.lineno})" if error.lineno else "")
    except (ValueError, RecursionError, MemoryError) as error:
        return f"is not Python: {error or 'it is nested too deep'}"
    return None


@cache
def _module(file: Path) -> Module:
    content = file.read_bytes()
    tree = ast.parse(content)
    return Module(hashlib.sha256(content).hexdigest(), syntax_digest(tree), _imported_files(tree))


def _imported_files(tree: ast.Module) -> tuple[Path, ...]:
    modules: set[str] = set()
    for node in statements(tree):
        if isinstance(node, ast.Import):
            modules.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            modules.add(node.module)
            modules.update(f"{node.module}.{alias.name}" for alias in node.names)
    inside = [name for name in modules if name.split(".")[0] == PACKAGE]
    return tuple(sorted({file for name in inside for file in _module_files(name)}))


@cache
def _module_files(name: str) -> tuple[Path, ...]:
    """Return a module's file and the ``__init__`` files of its packages; () if there is no such module."""
    path = ROOT.joinpath(*name.split("."))
    candidates = (path.with_suffix(".py"), path / "__init__.py")
    own = next((file for file in candidates if file.is_file()), None)
    if own is None:
        return ()
    packages = [parent / "__init__.py" for parent in path.parents if parent.is_relative_to(LIBRARY)]
    return (own, *(file for file in packages if file.is_file()))
