"""Importing what a configuration names as ``file.py:function`` or ``module:function``."""

import hashlib
import importlib
import importlib.util
import os
import sys
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType


def imported(source: str) -> ModuleType:
    """Return the module of a file (``.py``), or that of this name; raises whatever its import raises.

    A file is read anew by each call. Its module has a name of its own among all modules: two files may be
    called alike, and like a module of Python.
    """
    if not source.endswith(".py"):
        return importlib.import_module(source)
    path = Path(source).absolute()
    digest = hashlib.sha256(os.fsencode(path)).hexdigest()[:12]
    name = f"{path.stem.replace('.', '_')}_{digest}"
    specification = importlib.util.spec_from_file_location(name, path, loader=_FromText(name, str(path)))
    module = importlib.util.module_from_spec(specification)
    # Dataclasses, annotations that are text, and pickle look a class up in the module of its name.
    before = sys.modules.get(name)
    sys.modules[name] = module
    try:
        specification.loader.exec_module(module)
    except BaseException as error:
        if before is None:
            del sys.modules[name]
        else:
            sys.modules[name] = before
        if isinstance(error, SystemExit):
            raise ImportError("the file ends the program when it is imported") from None
        raise
    return module


class _FromText(SourceFileLoader):
    """Compiles a file at each import.

    A compiled file is taken for that of any text of the same size and second, such as one edited at once.
    """

    def get_code(self, fullname: str) -> CodeType:
        """Return the code of the file as it is now."""
        path = self.get_filename(fullname)
        return self.source_to_code(self.get_data(path), path)
