"""A check that a library has the network that a configuration names, mostly without an import of torch."""

import re
import sys
from importlib.util import find_spec
from pathlib import Path

from activepool.backbones.registry import BACKBONES, LIBRARIES, require_network
from activepool.errors import InputError
from planning.runs.command_line import parse_command

#: How both libraries define a network, at the beginning of a line.
DEFINITION = r"^@register_model\b.*\n(?:@.*\n)*def {}\("

#: A network of timm, in whose place a backbone of activepool asks for the package.
EXAMPLE = "timm:swin_tiny_patch4_window7_224"


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
