"""What a run of tests in several processes shows, and their order."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from order import LONGEST

HERE = Path(__file__).parent

FAILING = """
def test_that_fails():
    print("a word of its own")
    assert 1 + 1 == 3
"""

PASSING = """
import pytest

@pytest.fixture
def broken():
    raise ValueError("no such thing")

def test_without_its_fixture(broken):
    pass

@pytest.mark.xfail
def test_that_is_known_to_fail():
    assert False

@pytest.mark.parametrize("number", range(6))
def test_that_passes(number):
    if number == 2:
        pytest.skip("not here")
"""


def run(folder, **files):
    """Run tests by the conftest.py of these here; return the exit status, and what was printed."""
    shutil.copy(HERE / "conftest.py", folder)
    for name, text in files.items():
        (folder / f"{name}.py").write_text(text)
    command = [sys.executable, "-m", "pytest", "--quiet", "--numprocesses", "2", "--dist", "loadfile"]
    environment = os.environ | {"PYTHONPATH": str(HERE), "COLUMNS": "100"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    return done.returncode, done.stdout


def test_failures_are_shown_at_once_and_named_at_the_end(tmp_path):
    status, printed = run(tmp_path, test_failing=FAILING, test_others=PASSING)
    assert status == 1
    progress, _, summary = printed.partition("short test summary info")
    for name, words in {
        "test_failing.py::test_that_fails": ("E       assert (1 + 1) == 3", "\na word of its own\n"),
        "test_others.py::test_without_its_fixture": ("E       ValueError: no such thing",),
    }.items():
        assert progress.count(f"FAILED {name}") == 1
        assert all(progress.count(word) == 1 for word in words)
        assert summary.count(name) == 1
    assert progress.rindex("FAILED ") < progress.index("100 % of 9 tests, 2 failed, 0:0")
    assert "1 failed, 5 passed, 1 skipped, 1 xfailed, 1 error in" in summary


def test_a_file_that_cannot_be_imported_is_shown(tmp_path):
    status, printed = run(tmp_path, test_others=PASSING, test_typo="import no_such_module")
    assert status != 0
    assert "FAILED test_typo.py (collect)" in printed
    assert "No module named 'no_such_module'" in printed


def test_the_longest_files_are_there():
    assert set(LONGEST) <= {path.name for path in HERE.rglob("test_*.py")}
