# What comes before the configuration is read: the library, this process, its folder, and the text of the
# configuration. No rules here.

import sys
from pathlib import Path

sys.path.insert(0, str(Path(workflow.basedir) / "workflow"))

from activepool.errors import InputError
from planning.archive import unwritable_folder, verify_alone
from planning.configuration_text import unreadable
from planning.file_names import require_usable, use_utf8

CONFIGURATION_FILES = list(map(str, workflow.overwrite_configfiles)) or ["config.yaml"]

try:
    use_utf8(workflow.rundir)
    require_usable(Path(workflow.basedir), Path.cwd())
    if workflow.is_main_process and (folder := unwritable_folder()):
        sys.exit(verify_alone(folder, sys.argv[1:]))
except InputError as error:
    sys.exit(f"activepool: {error}")

if workflow.is_main_process:
    if problems := [
        f"{file}: {problem}"
        for file in CONFIGURATION_FILES
        if (problem := unreadable(file))
    ]:
        sys.exit("\n".join(["activepool: the configuration cannot be used", *problems]))
