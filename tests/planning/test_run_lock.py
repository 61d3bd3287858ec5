import errno
import fcntl
import json
import os
import socket
import subprocess
import sys
import threading

import pytest

from activepool.errors import InputError
from activepool.records.process_locks import own_name
from planning.runs import lock

CLAIM = "from planning.runs.lock import register; register({reads}, {writes})\n"
JOB = "from activepool.records.process_locks import announce; lock = announce('{jobs}')\n"
STAY = "import sys; print(flush=True); sys.stdin.read()"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder in which another workflow, or a run without a profile, has locks of Snakemake."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(lock.WITHIN, raising=False)
    locks = tmp_path / ".snakemake/locks"
    locks.mkdir(parents=True)
    (locks / "0.output.lock").write_text("results/a")
    yield tmp_path
    assert (locks / "0.output.lock").exists()
    lock.withdraw(lock.RUNS)


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


def announced():
    """Return the processes that are announced as lock."""
    return sorted(path.name for path in lock.RUNS.glob("*-*"))


def test_a_killed_run_does_not_hinder_the_next(folder, started, capsys):
    process = started(CLAIM.format(reads=["a"], writes=["b"]))
    process.kill()
    process.wait()
    lock.warn_about_others()
    assert len(announced()) == 1
    lock.register(["a"], ["b"])
    assert announced() == [own_name()]
    assert capsys.readouterr().err == ""


def test_nothing_is_left_of_a_run_that_ended(folder, started):
    process = started(CLAIM.format(reads=["a"], writes=["b"]))
    assert announced() == [f"{socket.gethostname()}-{process.pid}"]
    process.communicate()
    assert announced() == []


def test_a_look_tells_of_a_run_that_lives_and_writes_nothing(folder, started, capsys):
    lock.warn_about_others()
    assert not lock.RUNS.exists()
    assert capsys.readouterr().err == ""
    process = started(CLAIM.format(reads=["a"], writes=["b"]))
    before = sorted(folder.rglob("*"))
    lock.warn_about_others()
    assert sorted(folder.rglob("*")) == before
    told = capsys.readouterr().err
    assert told.startswith("activepool: another run is at work in this folder (")
    assert f"-{process.pid})" in told


def test_jobs_that_were_left_at_work_are_waited_for(folder, started, capsys):
    process = started(JOB.format(jobs=lock.JOBS))
    left = lock.JOBS / "node-7"
    left.touch()
    claimed = []
    thread = threading.Thread(target=lambda: claimed.append(lock.register([], [])))
    thread.start()
    thread.join(timeout=1)
    assert thread.is_alive()
    process.communicate()
    thread.join(timeout=30)
    assert claimed
    assert list(lock.JOBS.iterdir()) == [left]
    unseen, seen = capsys.readouterr().err.splitlines()
    assert unseen.startswith("activepool: a job of an earlier run may be at work in this folder")
    assert unseen.endswith(f"rm {left.absolute()}")
    assert seen.startswith("activepool: a run that was killed has left jobs at work")
    assert f"(kill {process.pid} ends them)" in seen


def test_jobs_of_another_host_are_no_numbers_of_this_one(folder, started, capsys):
    process = started(JOB.format(jobs=lock.JOBS))
    (lock.JOBS / f"{socket.gethostname()}-{process.pid}").rename(lock.JOBS / "node-7")
    thread = threading.Thread(target=lock.register, args=([], []))
    thread.start()
    thread.join(timeout=1)
    process.communicate()
    thread.join(timeout=30)
    assert "left jobs at work (node-7); waits for them (kill 7 on node ends them)" in capsys.readouterr().err


@pytest.mark.parametrize("first_is_linked", [True, False])
def test_folders_that_share_results_by_a_link_are_kept_apart(folder, started, monkeypatch, first_is_linked):
    real, linked = folder / "real", folder / "linked"
    (real / "results").mkdir(parents=True)
    linked.mkdir()
    (linked / "results").symlink_to(real / "results")
    monkeypatch.chdir(linked if first_is_linked else real)
    process = started(CLAIM.format(reads=["a"], writes=["results/b"]))
    monkeypatch.chdir(real if first_is_linked else linked)
    with pytest.raises(InputError, match=f"-{process.pid}.* is at work on results/b; start this one again"):
        lock.register(["a"], ["results/b"])
    assert lock.jobs_folder().resolve() == (real / lock.JOBS).resolve()
    monkeypatch.chdir(folder)


def test_results_on_a_disk_that_is_not_ours_leave_announcements_here(folder, monkeypatch):
    (folder / "disk/results").mkdir(parents=True)
    (folder / "results").symlink_to("disk/results")
    assert lock.runs_folder() == folder / "disk" / lock.RUNS
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert lock.runs_folder() == lock.RUNS


def test_jobs_on_another_host_are_ended_there(monkeypatch):
    monkeypatch.setattr(lock.socket, "gethostname", lambda: "here")
    jobs = ["far-away-3", "here-12", "here-7", "far-away-4"]
    assert lock._how_to_end(jobs) == "kill 3 4 on far-away, kill 12 7 ends them"


def test_a_file_system_without_locks_does_not_stop_a_run(folder, started, monkeypatch):
    def unsupported(*_):
        raise OSError(errno.ENOLCK, "No locks available")

    process = started(CLAIM.format(reads=["a"], writes=["b"]))
    monkeypatch.setattr(fcntl, "flock", unsupported)
    lock.register([], [])
    with pytest.raises(InputError, match=rf"-{process.pid}\) is at work on b"):
        lock.register([], ["b"])


def test_a_run_within_another_says_nothing(folder, started, capsys, monkeypatch):
    process = started(CLAIM.format(reads=["a"], writes=["b"]))
    monkeypatch.setenv(lock.WITHIN, f"host-{process.pid}")
    lock.warn_about_others()
    lock.register(["c"], ["d"])
    assert capsys.readouterr().err == ""


CLAIMS = [
    (["a"], ["b"], "b"),
    (["b"], ["c"], "b"),
    (["c"], ["a"], "a"),
    (["a"], ["c"], None),
    ([], [], None),
]


@pytest.mark.parametrize(("reads", "writes", "shared"), CLAIMS)
def test_runs_are_kept_apart_by_the_files_that_one_of_them_writes(folder, started, reads, writes, shared):
    process = started(CLAIM.format(reads=["a"], writes=["b"]))
    if shared is None:
        lock.register(reads, writes)
    else:
        told = (
            rf"another run in this folder \(.*-{process.pid}\) is at work on {shared}; start this one again"
        )
        with pytest.raises(InputError, match=told):
            lock.register(reads, writes)
        assert own_name() not in announced()
    process.communicate()
    lock.register(reads, writes)


@pytest.mark.parametrize(("reads", "writes", "shared"), CLAIMS)
def test_a_run_of_a_host_that_cannot_be_asked_is_never_taken_for_ended(folder, reads, writes, shared, capsys):
    lock.RUNS.mkdir(parents=True)
    left = lock.RUNS / "login-2-4321"
    left.write_text(json.dumps({"reads": ["a"], "writes": ["b"]}))
    os.utime(left, (0, left.stat().st_mtime - 3700))
    lock.warn_about_others()
    told = capsys.readouterr().err
    assert "another run may be at work in this folder, and its host cannot be asked" in told
    assert "(host login-2, process 4321, begun 1 h ago)" in told
    assert told.endswith(f": rm {left.absolute()}\n")
    if shared is None:
        lock.register(reads, writes)
    else:
        with pytest.raises(InputError) as caught:
            lock.register(reads, writes)
        assert f"may be at work on {shared} (host login-2, process 4321, begun 1 h ago)" in str(caught.value)
        assert str(caught.value).endswith(f"first: rm {left.absolute()}")
    assert left.exists()
    # The command that was told.
    subprocess.run(["rm", str(left.absolute())], check=True)
    lock.register(reads, writes)
