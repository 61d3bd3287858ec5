"""Several processes as one program: how they share, and how they end."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from activepool.parallel.distributed import Processes
from activepool.parallel.launch import environments

LIBRARY = Path(__file__).parents[1] / "workflow"

FAILING = """
import os, signal, sys, time
import torch
from activepool.parallel.distributed import join_processes
from activepool.errors import InputError
from activepool.programs.stage import stage

@stage(in_processes=True)
def failing(case: str) -> None:
    with join_processes("cpu") as processes:
        if case == "all":
            raise InputError("images: none can be read")
        if processes.rank == 1 and case == "one":
            raise InputError("image 7: cannot be read")
        if processes.rank == 1 and case == "killed":
            os.kill(os.getpid(), signal.SIGKILL)
        if processes.rank == 0 and case == "unforeseen":
            1 / 0
        processes.mean(torch.ones(3))

failing.run()
"""


def launched(folder, *arguments, processes=2, **options):
    command = [sys.executable, "-m", "activepool.parallel.launch", "--processes", str(processes), *arguments]
    environment = os.environ | {"PYTHONPATH": f"{LIBRARY}:{folder}"}
    return subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options
    )


@pytest.mark.parametrize(
    ("case", "status", "message"),
    [
        ("none", 0, ""),
        ("all", 2, "activepool: images: none can be read\n"),
        ("one", 2, "activepool: image 7: cannot be read\n"),
    ],
)
def test_an_error_is_reported_once_and_sets_the_status_of_all(tmp_path, case, status, message):
    (tmp_path / "failing.py").write_text(FAILING)
    process = launched(tmp_path, "failing", "--case", case)
    _, errors = process.communicate(timeout=600)
    assert (process.returncode, errors) == (status, message)


def test_a_killed_process_is_named(tmp_path):
    (tmp_path / "failing.py").write_text(FAILING)
    process = launched(tmp_path, "failing", "--case", "killed")
    _, errors = process.communicate(timeout=600)
    assert process.returncode == 128 + signal.SIGKILL
    assert errors.endswith("activepool: process 1 of 2 was ended by signal 9\n")


def test_an_unforeseen_error_keeps_its_traceback(tmp_path):
    (tmp_path / "failing.py").write_text(FAILING)
    process = launched(tmp_path, "failing", "--case", "unforeseen")
    _, errors = process.communicate(timeout=600)
    assert process.returncode == 1
    assert errors.count("Traceback") == 1 and errors.endswith("ZeroDivisionError: division by zero\n")


def test_one_process_is_the_module_itself(tmp_path):
    (tmp_path / "module.py").write_text("import sys; print(sys.argv[1:]); sys.exit(3)")
    process = launched(tmp_path, "module", "--processes", "x", processes=1)
    output, _ = process.communicate(timeout=600)
    assert (process.returncode, output) == (3, "['--processes', 'x']\n")


def test_processes_end_with_their_launcher(tmp_path):
    (tmp_path / "module.py").write_text(
        "import os, time\n"
        "open(f'started{os.environ[\"RANK\"]}', 'w').write(str(os.getpid())); time.sleep(3600)"
    )
    process = launched(tmp_path, "module", cwd=tmp_path)
    started = [tmp_path / f"started{rank}" for rank in range(2)]
    while not all(path.exists() and path.read_text() for path in started):
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=600) == 128 + signal.SIGTERM
    for path in started:
        with pytest.raises(ProcessLookupError):
            os.kill(int(path.read_text()), 0)


def test_each_process_knows_its_place_and_its_cores(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    by_rank = environments(3)
    assert (
        [variables["RANK"] for variables in by_rank]
        == [variables["LOCAL_RANK"] for variables in by_rank]
        == ["0", "1", "2"]
    )
    assert {variables["WORLD_SIZE"] for variables in by_rank} == {"3"}
    assert {variables["OMP_NUM_THREADS"] for variables in by_rank} == {"2"}
    assert len({variables["MASTER_PORT"] for variables in by_rank}) == 1


@pytest.mark.parametrize(("size", "count"), [(7, 1), (7, 2), (7, 3), (2, 3), (8, 4), (0, 2)])
def test_shares_are_consecutive_and_nearly_equal(size, count):
    shares = [range(size)[Processes(rank, count).share(size)] for rank in range(count)]
    assert [row for share in shares for row in share] == list(range(size))
    assert max(map(len, shares)) - min(map(len, shares)) <= 1


SLOW_TO_REPORT = """
import os, sys, time
if os.environ["RANK"] == "1":
    sys.exit(2)  # because the other has failed
time.sleep(8)
1 / 0
"""


def test_the_first_to_fail_may_be_the_last_to_end(tmp_path):
    (tmp_path / "module.py").write_text(SLOW_TO_REPORT)
    process = launched(tmp_path, "module")
    _, errors = process.communicate(timeout=600)
    assert process.returncode == 1
    assert errors.endswith("ZeroDivisionError: division by zero\n")
