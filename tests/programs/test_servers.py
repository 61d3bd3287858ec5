"""The servers of a run."""

import importlib.util
import subprocess
import sys

import pytest

from activepool.programs.servers import KINDS


@pytest.mark.parametrize("stage", [stage for kind in KINDS for stage in kind.stages])
def test_stages_exist(stage):
    assert importlib.util.find_spec(stage)


def test_no_stage_has_two_servers():
    stages = [stage for kind in KINDS for stage in kind.stages]
    assert len(set(stages)) == len(stages)


@pytest.mark.parametrize("number", range(len(KINDS)))
def test_imports_leave_out_what_is_large_and_rarely_needed(number):
    """torch in all servers; SciPy in that of the rounds, whose records would name its kernels."""
    large = ["torch", "sklearn", *(["scipy", "pandas"] if number == 0 else [])]
    program = f"import importlib, sys; [importlib.import_module(name) for name in {KINDS[number].imports}];"
    program += f"print([name for name in {large} if name in sys.modules])"
    assert subprocess.check_output([sys.executable, "-c", program], text=True) == "[]\n"
