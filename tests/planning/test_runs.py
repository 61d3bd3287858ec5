import fcntl
import subprocess
import sys
import threading

import pytest

from activepool.errors import InputError
from planning import runs

RUN = "from planning.runs import claim, enter; lock = enter()\n"
CLAIM = RUN + "claim(lock, {reads}, {writes})\n"
JOB = "from activepool.announcements import announce; lock = announce('{jobs}')\n"
STAY = "import sys; print(flush=True); sys.stdin.read()"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder in which a killed Snakemake has left its locks."""
    monkeypatch.chdir(tmp_path)
    runs.SNAKEMAKE_LOCKS.mkdir(parents=True)
    (runs.SNAKEMAKE_LOCKS / "0.output.lock").write_text("results/a")
    return tmp_path


@pytest.fixture
def started():
    """A function that starts a program in a process of its own, and returns it when it has begun."""
    processes = []

    def start(program):
        path = f"import sys; sys.path[:0] = {sys.path!r}\n"
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        processes.append(subprocess.Popen([sys.executable, "-c", path + program + STAY], **pipes))
        processes[-1].stdout.readline()
        return processes[-1]

    yield start
    for process in processes:
        process.communicate()


def test_locks_of_a_killed_run_are_cleared(folder, started):
    process = started(RUN)
    runs.SNAKEMAKE_LOCKS.mkdir()
    process.kill()
    process.wait()
    assert runs.enter()
    assert not runs.SNAKEMAKE_LOCKS.exists()


def test_locks_of_a_run_that_lives_are_left(folder, started, capsys):
    process = started(RUN)
    runs.SNAKEMAKE_LOCKS.mkdir()
    assert runs.enter()
    assert runs.SNAKEMAKE_LOCKS.exists()
    told = capsys.readouterr().err
    assert told.startswith("activepool: another run is at work in this folder (")
    assert f"-{process.pid})" in told


def test_jobs_that_were_left_at_work_are_waited_for(folder, started, capsys):
    process = started(JOB.format(jobs=runs.JOBS))
    entered = []
    thread = threading.Thread(target=lambda: entered.append(runs.enter()))
    thread.start()
    thread.join(timeout=1)
    assert thread.is_alive()
    assert runs.SNAKEMAKE_LOCKS.exists()
    process.communicate()
    thread.join(timeout=30)
    assert entered
    assert not runs.SNAKEMAKE_LOCKS.exists()
    told = capsys.readouterr().err
    assert told.startswith("activepool: a run that was killed has left jobs at work")
    assert f"(kill {process.pid} ends them)" in told


def test_jobs_on_another_host_are_ended_there(monkeypatch):
    monkeypatch.setattr(runs.socket, "gethostname", lambda: "here")
    jobs = ["far-away-3", "here-12", "here-7", "far-away-4"]
    assert runs._how_to_end(jobs) == "kill 3 4 on far-away, kill 12 7 ends them"


def test_a_file_system_without_locks_does_not_stop_a_run(folder, monkeypatch):
    def unsupported(*_):
        raise OSError(37, "No locks available")

    monkeypatch.setattr(fcntl, "flock", unsupported)
    assert runs.enter() is None
    assert runs.SNAKEMAKE_LOCKS.exists()


def test_a_run_within_another_leaves_its_locks_and_says_nothing(folder, started, capsys, monkeypatch):
    process = started(RUN)
    runs.SNAKEMAKE_LOCKS.mkdir()
    monkeypatch.setenv(runs.WITHIN, f"host-{process.pid}")
    assert runs.enter()
    assert runs.SNAKEMAKE_LOCKS.exists()
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("reads", "writes", "shared"),
    [
        (["a"], ["b"], "b"),
        (["b"], ["c"], "b"),
        (["c"], ["a"], "a"),
        (["a"], ["c"], None),
        ([], [], None),
    ],
)
def test_runs_are_kept_apart_by_the_files_that_one_of_them_writes(folder, started, reads, writes, shared):
    process = started(CLAIM.format(reads=["a"], writes=["b"]))
    run = runs.enter()
    if shared is None:
        runs.claim(run, reads, writes)
    else:
        told = (
            rf"another run in this folder \(.*-{process.pid}\) is at work on {shared}; start this one again"
        )
        with pytest.raises(InputError, match=told):
            runs.claim(run, reads, writes)
    process.communicate()
    runs.claim(run, reads, writes)
