"""What the servers of a run import, and their jobs."""

import importlib.util
import subprocess
import sys

import pytest
from workflow.bad_files import words_of, write_small_run

from planning.runs.submission import KINDS

#: What a job of a round imports in no case: it would take longer than the work.
LARGE = ["torch", "sklearn", "scipy", "pandas"]


@pytest.mark.parametrize("stage", [stage for kind in KINDS for stage in kind.stages])
def test_stages_exist(stage):
    assert importlib.util.find_spec(stage)


def test_no_stage_has_two_servers():
    stages = [stage for kind in KINDS for stage in kind.stages]
    assert len(set(stages)) == len(stages)


@pytest.mark.parametrize("number", range(len(KINDS)))
def test_imports_leave_out_what_is_large_and_rarely_needed(number):
    """torch in all servers; SciPy in that of the rounds, whose records would name its kernels."""
    large = LARGE if number == 0 else ["torch", "sklearn"]
    program = f"import importlib, sys; [importlib.import_module(name) for name in {KINDS[number].imports}];"
    program += f"print([name for name in {large} if name in sys.modules])"
    assert subprocess.check_output([sys.executable, "-c", program], text=True) == "[]\n"


@pytest.mark.parametrize("stage", ["validation", "initial_labelled", "train", "score", "select"])
def test_a_job_of_a_round_imports_nothing_large(stage, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_small_run()
    (tmp_path / "out").mkdir()
    command = [sys.executable, "-X", "importtime", "-m", f"activepool.stages.{stage}", *words_of(stage)]
    job = subprocess.run(command, check=True, stderr=subprocess.PIPE, text=True)
    imported = {line.rpartition("|")[2].strip() for line in job.stderr.splitlines()}
    assert "numpy" in imported
    assert imported.isdisjoint(LARGE)
