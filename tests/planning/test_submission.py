"""What jobs find on their paths."""

import shlex
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from planning.runs.submission import shell_prefix

CHECKOUT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", ["random", "select", "numpy", "planning"])
def test_a_users_file_is_not_an_importable_module(tmp_path, name):
    """A strategy in random.py is natural; a job that took it for Python's random would end in a traceback."""
    (tmp_path / f"{name}.py").write_text("raise RuntimeError('taken for a module')\n")
    workflow = SimpleNamespace(deployment_settings=SimpleNamespace(deployment_method=set()))
    job = shlex.join([sys.executable, "-m", "activepool.stages.select_initial", "--help"])
    command = shell_prefix(workflow, CHECKOUT, None).replace("{{", "{").replace("}}", "}") + job
    subprocess.run(["/bin/bash", "-c", command], cwd=tmp_path, check=True, stdout=subprocess.DEVNULL)
