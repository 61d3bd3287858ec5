"""Digests of the settings and of the code that the files of a stage depend on.

The code of a stage is its own module and everything that it imports from the package, directly or not, and
the modules that it imports by name at run time, such as a strategy. Its digest ignores comments, docstrings
and layout, so editing these reruns nothing.

Parsing the library takes about as long as Snakemake takes to plan a small run, so the digest and the imports
of each file are cached beside its bytecode, in ``__pycache__``.
"""

import ast
import hashlib
import importlib
import json
import sys
from contextlib import suppress
from functools import cache
from importlib.util import cache_from_source
from pathlib import Path
from typing import Any, NamedTuple, TypedDict

from activepool.backbones.registry import user_file
from activepool.io.files import write_json
from activepool.programs.stage import Stage
from activepool.records import syntax
from activepool.records.syntax import statements, syntax_digest
from planning.stages.settings import IN_FILE_NAMES, UNRECORDED, StageSettings

PACKAGE = "activepool"
ROOT = Path(__file__).parents[2]
LIBRARY = ROOT / PACKAGE

#: Settings that name a module that the stage imports, and the folder of these modules.
DRAWINGS = {"figure": LIBRARY / "figures/drawings", "table": LIBRARY / "figures/tables"}


class Module(NamedTuple):
    """Digests of a file's content and syntax, and the files that it imports from the package."""

    content: str
    digest: str
    imports: tuple[Path, ...]


class Parsed(TypedDict):
    """The cache of a file's syntax; ``parsed`` has the digests of the parser and of the file's content."""

    parsed: str
    digest: str
    names: list[str]


# The parser: this version of Python, and this code.
_PARTS = (sys.version.encode(), *(Path(file).read_bytes() for file in (__file__, syntax.__file__)))
_PARSER = hashlib.sha256(b"".join(_PARTS)).hexdigest()

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
    """Return why a file is not Python, so that it cannot have a digest; None if it is."""
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
    digest = hashlib.sha256(content).hexdigest()
    parsed = _parsed(file, content, f"{_PARSER} {digest}")
    imports = {imported for name in parsed["names"] for imported in _module_files(name)}
    return Module(digest, parsed["digest"], tuple(sorted(imports)))


def _parsed(file: Path, content: bytes, identity: str) -> Parsed:
    """Return the cached syntax of a file if it has this ``identity``; otherwise parse and cache it."""
    cache_file = Path(cache_from_source(str(file))).with_suffix(".syntax.json")
    with suppress(OSError, ValueError, LookupError):
        parsed: Parsed = json.loads(cache_file.read_bytes())
        if parsed["parsed"] == identity:
            return parsed
    tree = ast.parse(content)
    parsed = Parsed(parsed=identity, names=_imported_names(tree), digest=syntax_digest(tree))
    if not sys.dont_write_bytecode:
        with suppress(OSError):  # a folder that nobody may write to, or another run that writes the same
            write_json(cache_file, parsed)
    return parsed


def _imported_names(tree: ast.Module) -> list[str]:
    """Return the names of modules, and of objects in them, that a file imports from the package."""
    modules: set[str] = set()
    for node in statements(tree):
        if isinstance(node, ast.Import):
            modules.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            modules.add(node.module)
            modules.update(f"{node.module}.{alias.name}" for alias in node.names)
    return sorted(name for name in modules if name.split(".")[0] == PACKAGE)


@cache
def _module_files(name: str) -> tuple[Path, ...]:
    """Return a module's file and the ``__init__`` files of its packages; () if there is no such module."""
    path = ROOT.joinpath(*name.split("."))
    candidates = (path.with_suffix(".py"), path / "__init__.py")
    module = next((file for file in candidates if file.is_file()), None)
    if module is None:
        return ()
    packages = [parent / "__init__.py" for parent in path.parents if parent.is_relative_to(LIBRARY)]
    return (module, *(file for file in packages if file.is_file()))


@cache
def declaration(stage: str) -> Stage:
    """Return the stage of this name."""
    declared: Stage = getattr(importlib.import_module(f"activepool.stages.{stage}"), stage)
    return declared


class StageDigests:
    """The digests of the stages with these settings; ``wildcards`` are Snakemake's."""

    def __init__(self, settings: StageSettings) -> None:
        self._settings = settings
        self._described: dict[tuple[str, Any, str], str] = {}

    def describe(self, stage: str, wildcards: Any, fixed: dict[str, Any]) -> str:
        """Return the digests of a stage.

        Only `StageSettings.kind_of_job` of the ``wildcards`` matters; ``fixed`` comes from the rule.
        """
        key = (stage, self._settings.kind_of_job(wildcards), json.dumps(fixed))
        if key not in self._described:
            settings = self.relevant_settings(stage, wildcards, fixed)
            code = code_digest(*self._files(stage, wildcards, settings))
            self._described[key] = f"settings {digest_of(settings)}, code {code}"
        return self._described[key]

    def relevant_settings(self, stage: str, wildcards: Any, fixed: dict[str, Any]) -> dict[str, Any]:
        """Return the settings that the results of a stage depend on, without those in file names."""
        declared = declaration(stage)
        settings = {
            parameter.name: self._settings.relevant_value(parameter.name, stage, wildcards)
            for parameter in declared.settings
            if parameter.name not in (*fixed, *IN_FILE_NAMES, *UNRECORDED)
        }
        if any(parameter.name == "checkpoint" for parameter in declared.parameters):
            settings["checkpoint"] = self._settings.checkpoint_content()
        return {name: value for name, value in {**settings, **fixed}.items() if value is not None}

    def _files(self, stage: str, wildcards: Any, settings: dict[str, Any]) -> list[Path]:
        """Return the files whose code a stage runs: its own, and modules that its settings name."""
        files = [declaration(stage).file]
        files += [folder / f"{settings[name]}.py" for name, folder in DRAWINGS.items() if name in settings]
        if "strategy" in settings:
            files += self._settings.strategy_files(wildcards)
        if "backbone" in settings and (network_file := user_file(settings["backbone"]["name"])):
            files.append(network_file)
        return files


def digest_of(content: Any) -> str:
    """Return a short digest of JSON content."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:12]
