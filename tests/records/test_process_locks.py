import errno
import fcntl
import os
import signal
import socket
import subprocess
import sys
import time

import pytest

from activepool.records import process_locks
from activepool.records.process_locks import announced, other_processes, remove_ended

WORKING = """
import sys, time
from activepool.records.process_locks import announced
with announced(sys.argv[1]):
    print("at work", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def working(tmp_path):
    """A process that is at work, announced in tmp_path."""
    process = subprocess.Popen(
        [sys.executable, "-c", WORKING, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "at work\n"
    yield process
    process.kill()
    process.wait()


def names(folder):
    return [lock.name for lock in other_processes(folder)]


def test_a_process_is_listed_while_it_works(tmp_path, working):
    expected = [f"{socket.gethostname()}-{working.pid}"]
    for _ in range(2):
        assert names(tmp_path) == expected
        assert other_processes(tmp_path)[0].is_confirmed
        remove_ended(tmp_path)
    working.send_signal(signal.SIGKILL)
    working.wait()
    deadline = time.monotonic() + 10
    while names(tmp_path) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert names(tmp_path) == []
    assert len(list(tmp_path.iterdir())) == 1
    remove_ended(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_what_another_host_has_left_may_be_at_work_and_is_not_removed(tmp_path):
    path = tmp_path / "a-node-17-4321"
    path.touch()
    os.utime(path, (time.time() - 7300, time.time() - 7300))
    remove_ended(tmp_path)
    (lock,) = other_processes(tmp_path)
    assert (lock.path, lock.is_confirmed, lock.is_here) == (path, False, False)
    assert lock.description() == "host a-node-17, process 4321, begun 2 h ago"


def test_a_lock_of_another_host_that_is_seen(tmp_path, working):
    (tmp_path / f"{socket.gethostname()}-{working.pid}").rename(tmp_path / "elsewhere-1")
    (lock,) = other_processes(tmp_path)
    assert (lock.is_confirmed, lock.is_here) == (True, False)


def test_without_locks_the_process_number_says_who_is_at_work(tmp_path, working, monkeypatch):
    def unsupported(*_):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", unsupported)
    assert names(tmp_path) == [f"{socket.gethostname()}-{working.pid}"]
    working.kill()
    working.wait()
    assert names(tmp_path) == []
    with announced(tmp_path):
        assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize(
    ("seconds", "age"), [(-5, "0 s"), (59, "59 s"), (61, "1 min"), (7199, "1 h"), (200000, "2 days")]
)
def test_ages(seconds, age):
    assert process_locks._age(seconds) == age


def test_nothing_is_left_of_one_that_ended(tmp_path):
    with pytest.raises(RuntimeError), announced(tmp_path / "jobs"):
        assert [path.name for path in (tmp_path / "jobs").iterdir()] == [
            f"{socket.gethostname()}-{os.getpid()}"
        ]
        raise RuntimeError
    assert list((tmp_path / "jobs").iterdir()) == []
    with announced(None):
        assert names(tmp_path / "none") == []
