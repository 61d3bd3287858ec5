"""The software beyond this package that computes what a backbone returns."""

import ast
import sys

from activepool.backbones.registry import BACKBONES, LIBRARIES, user_file
from activepool.records.provenance import versions
from activepool.records.syntax import syntax_digest

#: The packages that the values of a network depend on.
PACKAGES = ("torch", "torchvision", "timm", "pillow")


def software(name: str) -> dict[str, str]:
    """Return the versions of these packages, and a digest of a user's file, for a backbone that was built."""
    packages = {package: text for package, text in versions().items() if package in PACKAGES}
    if not _may_use_timm(name):  # whether it is installed or not
        packages.pop("timm", None)
    file = user_file(name)
    return packages if file is None else packages | {"function": syntax_digest(ast.parse(file.read_bytes()))}


def _may_use_timm(name: str) -> bool:
    """Return whether a network of timm may be in a backbone; a user's function may import it."""
    source, _, _ = BACKBONES.get(name, name).partition(":")
    if source in LIBRARIES or source.startswith("activepool."):
        return "timm" in source
    return "timm" in sys.modules
