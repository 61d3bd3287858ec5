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
from activepool.records.process_locks import process_name
from planning.runs import lock

REGISTER = "from planning.runs.lock import register; register({reads}, {writes})\n"
JOB = "from activepool.records.process_locks import announce; lock = announce('{jobs}')\n"
STAY = "import sys; print(flush=True); sys.stdin.read()"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder in which another workflow, or a run without a profile, has locks of Snakemake."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(lock.OUTER_RUN, raising=False)
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
    """Return the names of the announced runs."""
    return sorted(path.name for path in lock.RUNS.glob("*-*"))


def test_a_killed_run_does_not_block_the_next(folder, started, capsys):
    process = started(REGISTER.format(reads=["a"], writes=["b"]))
    process.kill()
    process.wait()
    lock.warn_about_others()
    assert len(announced()) == 1
    lock.register(["a"], ["b"])
    assert announced() == [process_name()]
    assert capsys.readouterr().err == ""


def test_a_run_leaves_nothing_when_it_ends(folder, started):
    process = started(REGISTER.format(reads=["a"], writes=["b"]))
    assert announced() == [f"{socket.gethostname()}-{process.pid}"]
    process.communicate()
    assert announced() == []


def test_the_warning_names_an_active_run_and_writes_nothing(folder, started, capsys):
    lock.warn_about_others()
    assert not lock.RUNS.exists()
    assert capsys.readouterr().err == ""
    process = started(REGISTER.format(reads=["a"], writes=["b"]))
    before = sorted(folder.rglob("*"))
    lock.warn_about_others()
    assert sorted(folder.rglob("*")) == before
    warning = capsys.readouterr().err
    assert warning.startswith("activepool: another run is active in this folder (")
    assert f"-{process.pid})" in warning


def test_a_run_waits_for_the_jobs_of_a_killed_run(folder, started, capsys):
    process = started(JOB.format(jobs=lock.JOBS))
    lock_folder = lock.JOBS / "node-7"
    lock_folder.touch()
    registered = []
    thread = threading.Thread(target=lambda: registered.append(lock.register([], [])))
    thread.start()
    thread.join(timeout=1)
    assert thread.is_alive()
    process.communicate()
    thread.join(timeout=600)
    assert registered
    assert list(lock.JOBS.iterdir()) == [lock_folder]
    unseen, message = capsys.readouterr().err.splitlines()
    assert unseen.startswith("activepool: a job of an earlier run may be active in this folder")
    assert unseen.endswith(f"rm {lock_folder.absolute()}")
    assert message.startswith("activepool: a killed run left jobs running")
    assert f"(to end them: kill {process.pid})" in message


def test_process_numbers_of_another_host_name_no_process_here(folder, started, capsys):
    process = started(JOB.format(jobs=lock.JOBS))
    (lock.JOBS / f"{socket.gethostname()}-{process.pid}").rename(lock.JOBS / "node-7")
    thread = threading.Thread(target=lock.register, args=([], []))
    thread.start()
    thread.join(timeout=1)
    process.communicate()
    thread.join(timeout=600)
    assert (
        "left jobs running (node-7); waiting for them (to end them: kill 7 on node)"
        in capsys.readouterr().err
    )


@pytest.mark.parametrize("first_is_linked", [True, False])
def test_runs_that_share_results_by_a_link_are_kept_apart(folder, started, monkeypatch, first_is_linked):
    real, linked = folder / "real", folder / "linked"
    (real / "results").mkdir(parents=True)
    linked.mkdir()
    (linked / "results").symlink_to(real / "results")
    monkeypatch.chdir(linked if first_is_linked else real)
    process = started(REGISTER.format(reads=["a"], writes=["results/b"]))
    monkeypatch.chdir(real if first_is_linked else linked)
    with pytest.raises(InputError, match=f"-{process.pid}.* uses results/b; start this run again"):
        lock.register(["a"], ["results/b"])
    assert lock.jobs_folder().resolve() == (real / lock.JOBS).resolve()
    monkeypatch.chdir(folder)


def test_announcements_stay_here_if_the_linked_disk_is_read_only(folder, monkeypatch):
    (folder / "disk/results").mkdir(parents=True)
    (folder / "results").symlink_to("disk/results")
    assert lock.runs_folder() == folder / "disk" / lock.RUNS
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert lock.runs_folder() == lock.RUNS


def test_kill_commands_name_the_other_host(monkeypatch):
    monkeypatch.setattr(lock.socket, "gethostname", lambda: "here")
    jobs = ["far-away-3", "here-12", "here-7", "far-away-4"]
    assert lock._kill_commands(jobs) == "kill 3 4 on far-away, kill 12 7"


def test_a_file_system_without_locks_does_not_stop_a_run(folder, started, monkeypatch):
    def unsupported(*_):
        raise OSError(errno.ENOLCK, "No locks available")

    process = started(REGISTER.format(reads=["a"], writes=["b"]))
    monkeypatch.setattr(fcntl, "flock", unsupported)
    lock.register([], [])
    with pytest.raises(InputError, match=rf"-{process.pid}\) uses b"):
        lock.register([], ["b"])


def test_a_run_within_another_warns_about_nothing(folder, started, capsys, monkeypatch):
    process = started(REGISTER.format(reads=["a"], writes=["b"]))
    monkeypatch.setenv(lock.OUTER_RUN, f"host-{process.pid}")
    lock.warn_about_others()
    lock.register(["c"], ["d"])
    assert capsys.readouterr().err == ""


FILES_OF_RUNS = [
    (["a"], ["b"], "b"),
    (["b"], ["c"], "b"),
    (["c"], ["a"], "a"),
    (["a"], ["c"], None),
    ([], [], None),
]


@pytest.mark.parametrize(("reads", "writes", "shared"), FILES_OF_RUNS)
def test_two_runs_conflict_over_files_that_either_writes(folder, started, reads, writes, shared):
    process = started(REGISTER.format(reads=["a"], writes=["b"]))
    if shared is None:
        lock.register(reads, writes)
    else:
        conflict = rf"another run in this folder \(.*-{process.pid}\) uses {shared}; start this run again"
        with pytest.raises(InputError, match=conflict):
            lock.register(reads, writes)
        assert process_name() not in announced()
    process.communicate()
    lock.register(reads, writes)


@pytest.mark.parametrize(("reads", "writes", "shared"), FILES_OF_RUNS)
def test_a_run_on_an_unreachable_host_counts_as_active(folder, reads, writes, shared, capsys):
    lock.RUNS.mkdir(parents=True)
    lock_folder = lock.RUNS / "login-2-4321"
    lock_folder.write_text(json.dumps({"reads": ["a"], "writes": ["b"]}))
    os.utime(lock_folder, (0, lock_folder.stat().st_mtime - 3700))
    lock.warn_about_others()
    warning = capsys.readouterr().err
    assert "another run may be active in this folder, and its host is out of reach" in warning
    assert "(host login-2, process 4321, begun 1 h ago)" in warning
    assert warning.endswith(f": rm {lock_folder.absolute()}\n")
    if shared is None:
        lock.register(reads, writes)
    else:
        with pytest.raises(InputError) as caught:
            lock.register(reads, writes)
        assert f"may be using {shared} (host login-2, process 4321, begun 1 h ago)" in str(caught.value)
        assert str(caught.value).endswith(f"first: rm {lock_folder.absolute()}")
    assert lock_folder.exists()
    # The command in the message.
    subprocess.run(["rm", str(lock_folder.absolute())], check=True)
    lock.register(reads, writes)
