# The first steps: find the library, and check this process, its folder and the text of the configuration.
# No rules here.

import os
import sys
from contextlib import contextmanager
from pathlib import Path

# If another workflow uses this one as a module (docs/module.md), the configuration comes from that workflow.
IS_MODULE = not workflow.modifier.is_main_snakefile()

if not isinstance(workflow.current_basedir, os.PathLike):
    sys.exit(
        "activepool: the module needs a clone, because the library is beside the rules; "
        "name the Snakefile of the clone by its path"
    )
if workflow.modifier.path_modifier.replace_prefix("results") != "results":
    sys.exit(
        "activepool: the module cannot have a prefix; its files go to results/<experiment>, so name the experiment"
    )

CHECKOUT = Path(workflow.current_basedir).parents[1]
sys.path.insert(0, str(CHECKOUT / "workflow"))

from activepool.errors import InputError
from planning.checks.folders import require_usable, require_writable, use_utf8
from planning.configuration.loading import is_project, set_nulls
from planning.configuration.messages import attributed
from planning.configuration.text import unreadable
from planning.runs.command_line import target_problem
from planning.runs.failures import announce_interruption

CONFIGURATION_FILES = [] if IS_MODULE else list(map(str, workflow.overwrite_configfiles)) or ["config.yaml"]
CONFIGURATION_FILE = ", ".join(CONFIGURATION_FILES) or f"module {__name__}"


@contextmanager
def stopping_at_mistakes(heading):
    """Stop below a heading with a line for each mistake of the configuration, or of a file."""
    try:
        yield
    except InputError as error:
        command_line = workflow.config_settings.config
        problems = attributed(str(error), CONFIGURATION_FILE, command_line)
        sys.exit(f"activepool: {heading}\n{problems}")
    except OSError as error:
        sys.exit(f"activepool: {error.filename} cannot be used: {error.strerror}")


try:
    use_utf8(workflow.rundir)
    require_usable(CHECKOUT, Path.cwd())
    if workflow.is_main_process:
        require_writable(CHECKOUT / "workflow")
except InputError as error:
    sys.exit(f"activepool: {error}")

if workflow.is_main_process:
    announce_interruption(sys.argv)
    if problems := [f"{file}: {problem}" for file in CONFIGURATION_FILES if (problem := unreadable(file))]:
        sys.exit("\n".join(["activepool: the configuration cannot be used", *problems]))

if not IS_MODULE:
    set_nulls(config, workflow.config_settings.config)
