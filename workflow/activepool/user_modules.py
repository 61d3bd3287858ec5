"""Importing what a configuration names as ``file.py:function`` or ``module:function``."""

import importlib
import importlib.util
from pathlib import Path
from types import ModuleType


def imported(source: str) -> ModuleType:
    """Return the module of a file (``.py``), or that of this name; raises whatever its import raises."""
    if not source.endswith(".py"):
        return importlib.import_module(source)
    specification = importlib.util.spec_from_file_location(Path(source).stem, source)
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module
