"""New environments, in which the library is not installed."""

import os
import sysconfig
import venv
from pathlib import Path


def new_environment(path: Path) -> str:
    """Make an environment that has the packages of this one, but not this checkout; return its Python."""
    venv.create(path, symlinks=True)
    (packages,) = path.glob("lib/python*/site-packages")
    # In a folder that a .pth file names, Python reads no .pth file, such as that of an editable install.
    (packages / "others.pth").write_text(sysconfig.get_path("purelib"))
    return str(path / "bin" / "python")


def without_path() -> dict[str, str]:
    """Return the variables of this process without those by which Python would find this checkout."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
