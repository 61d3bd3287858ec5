"""Several who write the ledger at once, a writer that is killed, and a full disk."""

import errno
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from ledgers import by_hand, draft, small_ledger

from activepool.errors import InputError
from activepool.ledger import shared_files
from activepool.ledger.book import append, kept_folder, open_book, read


@pytest.fixture
def path(tmp_path):
    return small_ledger(tmp_path)


def test_a_simultaneous_change_of_the_file_loses_nothing(path):
    with open_book(path) as ledger:
        path.write_bytes(path.read_bytes() + by_hand())
        with pytest.raises(InputError, match="another program changed it in the meantime; run again"):
            ledger.append([draft("skip", "c, d")])
    assert [entry.who for entry in read(path).entries[5:]] == ["bob"]


def many(path, who, count):
    for number in range(count):
        append(path, [draft(of=f"{who}{number}", who=who)])


def test_two_simultaneous_writers_lose_nothing(tmp_path):
    path = tmp_path / "labels.csv"
    writers = [multiprocessing.Process(target=many, args=(path, who, 15)) for who in ("anna", "bob", "carl")]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    entries = read(path).entries
    assert sorted((writer.who, writer.source) for writer in entries) == sorted(
        (who, f"{who}{number}") for who in ("anna", "bob", "carl") for number in range(15)
    )


def test_waiting_too_long_is_an_error(path, monkeypatch):
    monkeypatch.setattr(shared_files, "PATIENCE", 0.1)
    with open_book(path), pytest.raises(InputError, match="another process has held it for 0 s"):
        append(path, [])


WRITER = """
import sys
from activepool.ledger.book import append
sys.path.insert(0, {tests!r})
from ledgers import draft
number = 0
while True:
    append({path!r}, [draft(of=f"{{number}}.{{part}}") for part in range(5)])
    print(number, flush=True)
    number += 1
"""


def test_a_killed_writer_loses_nothing_it_said_and_no_append_is_there_by_halves(tmp_path):
    path = tmp_path / "labels.csv"
    program = WRITER.format(tests=str(Path(__file__).parent), path=str(path))
    for trial in range(3):
        before = len(read(path).entries)
        process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
        lines = [process.stdout.readline() for _ in range(3 + trial)]
        time.sleep(0.003 * trial)
        process.send_signal(signal.SIGKILL)
        lines += process.stdout.readlines()
        process.wait()
        entries = read(path).entries
        assert len(lines) >= 3 + trial
        assert all(lines[: 3 + trial])
        assert len(entries) % 5 == 0
        assert len(entries) - before >= 5 * len([line for line in lines if line.endswith("\n")])


FULL = """
import resource, sys
from activepool.ledger.book import append
sys.path.insert(0, {tests!r})
from ledgers import draft
resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))
append({path!r}, [draft(of=str(number)) for number in range(20)])
"""


def test_a_full_disk_leaves_the_ledger_as_it_was(path):
    text = path.read_bytes()
    program = FULL.format(tests=str(Path(__file__).parent), path=str(path), limit=len(text) + 100)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert f"[Errno {errno.EFBIG}] {os.strerror(errno.EFBIG)}: '{path}'" in done.stderr
    assert path.read_bytes() == (kept_folder(path) / "copy.csv").read_bytes() == text
    assert sorted(file.name for file in path.parent.iterdir()) == ["labels.csv", "labels.csv.kept"]
    assert read(path).notices == ()
