import os
import signal
import socket
import subprocess
import sys
import time

import pytest

from activepool.announcements import announced, at_work

WORKING = """
import sys, time
from activepool.announcements import announced
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


def test_a_process_is_listed_while_it_works(tmp_path, working):
    expected = [f"{socket.gethostname()}-{working.pid}"]
    assert at_work(tmp_path) == expected
    assert at_work(tmp_path) == expected
    working.send_signal(signal.SIGKILL)
    working.wait()
    deadline = time.monotonic() + 10
    while at_work(tmp_path) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert at_work(tmp_path) == []
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_left_of_one_that_ended(tmp_path):
    with pytest.raises(RuntimeError), announced(tmp_path / "jobs"):
        assert (tmp_path / "jobs" / f"{socket.gethostname()}-{os.getpid()}").exists()
        raise RuntimeError
    assert at_work(tmp_path / "jobs") == []
    with announced(None):
        assert at_work(tmp_path / "none") == []
