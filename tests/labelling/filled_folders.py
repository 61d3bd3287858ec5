"""Folders that take long to fill: a process fills each once, and copies it for each test."""

from collections.abc import Callable
from copy import deepcopy
from functools import cache, wraps
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any


def filled_once(fill: Callable[..., Any]) -> Callable[..., Any]:
    """Let ``fill(folder, *arguments)`` work once for the same arguments; later calls copy what it wrote."""

    @cache
    def filled(*arguments: Any) -> tuple[Any, dict[Path, bytes]]:
        with TemporaryDirectory() as name:
            value = fill(Path(name), *arguments)
            files = [path for path in Path(name).rglob("*") if path.is_file()]
            return value, {path.relative_to(name): path.read_bytes() for path in files}

    @wraps(fill)
    def copied(folder: Path, *arguments: Any) -> Any:
        value, contents = filled(*arguments)
        for path, content in contents.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(content)
        return deepcopy(value)

    return copied
