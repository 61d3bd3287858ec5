"""Import of the modules that a configuration names, as ``file.py:function`` or ``module:function``."""

import hashlib
import importlib
import importlib.util
import os
import sys
import traceback
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType


def load_module(source: str) -> ModuleType:
    """Return the module in a file (``.py``), or the module of this name; raises whatever its import raises.

    Each call reads the file again. Its module gets a name that no other module has: two files may have the
    same name, and that of a module of Python. It may import others from the working folder.
    """
    if not {"", str(Path.cwd())} & set(sys.path):
        sys.path.append(str(Path.cwd()))  # last, because its files may have the names of Python's modules
    if not source.endswith(".py"):
        return importlib.import_module(source)
    path = Path(source).absolute()
    digest = hashlib.sha256(os.fsencode(path)).hexdigest()[:12]
    name = f"{path.stem.replace('.', '_')}_{digest}"
    loader = _SourceLoader(name, str(path))
    specification = importlib.util.spec_from_file_location(name, path, loader=loader)
    assert specification is not None  # it is None only where Python has no loader for the file
    module = importlib.util.module_from_spec(specification)
    # Dataclasses, annotations in quotes, and pickle look up a class in sys.modules.
    previous = sys.modules.get(name)
    sys.modules[name] = module
    try:
        loader.exec_module(module)
    except BaseException as error:
        if previous is None:
            del sys.modules[name]
        else:
            sys.modules[name] = previous
        if isinstance(error, SystemExit):
            raise ImportError("the file ends the program when it is imported") from None
        raise
    return module


def user_line(error: BaseException) -> str | None:
    """Return the last line of a user's file that an error passed through, as ``mine.py:7``, or None."""
    lines = [
        f"{_display_path(frame.f_code.co_filename)}:{number}"
        for frame, number in traceback.walk_tb(error.__traceback__)
        if isinstance(frame.f_globals.get("__loader__"), _SourceLoader)
    ]
    return lines[-1] if lines else None


def import_problem(error: Exception) -> str:
    """Return what was wrong in an import, with the last line of the user's file that the error came from."""
    problem, line = f"{type(error).__name__}: {error}", user_line(error)
    return f"{problem}, in {line}" if line else problem


def _display_path(file: str) -> str:
    """Return a file as a configuration names it, relative to the working folder if it lies there."""
    return file.removeprefix(f"{Path.cwd()}{os.sep}")


class _SourceLoader(SourceFileLoader):
    """Compiles a file at each import, and ignores ``__pycache__``.

    Python would take the compiled code of another text of the same size and second, such as before an edit.
    """

    def get_code(self, fullname: str) -> CodeType:
        """Return the code of the present text."""
        path = self.get_filename(fullname)
        return self.source_to_code(self.get_data(path), path)
