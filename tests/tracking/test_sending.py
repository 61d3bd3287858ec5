"""Whatever a tracker does, sending to it ends, soon, with what it took and one line."""

import json
import os
import time

import pytest
from fake_packages import fake_comet

from activepool.tracking.sending import OUTPUT_FILE, send
from activepool.tracking.tracker import TrackedRun

RUNS = [
    TrackedRun("margin/seed0", {"budget": 10}, {20: {"top1": 0.5}, 30: {"top1": 0.625}}),
    TrackedRun("figures", {"budget": 10}, pictures=("somewhere/curves.png",)),
]

#: Where a tracker fails, how, what it had taken by then, and what is said of it.
FAILURES = [
    (
        "import",
        "raise ImportError('libcomet is of another version')",
        [],
        "ImportError: libcomet is of another",
    ),
    ("start", "raise ValueError('no such\\n  workspace')", [], "ValueError: no such workspace"),
    ("numbers", "raise ConnectionError", [], "ConnectionError"),
    ("picture", "raise OSError('too large')", ["margin/seed0"], "OSError: too large"),
    ("end", "sys.exit('good bye')", [], "ended its process before it had taken margin/seed0"),
    ("start", "os._exit(0)", [], "ended its process before it had taken margin/seed0"),
    ("picture", "os.kill(os.getpid(), signal.SIGSEGV)", ["margin/seed0"], "ended its process before it had"),
    ("numbers", "raise KeyboardInterrupt", [], "ended its process before it had taken margin/seed0"),
]


@pytest.fixture
def sent(tmp_path, monkeypatch):
    """Return a function that sends RUNS to a comet_ml which fails as asked for, and returns the outcome."""
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delenv("COMET_API_KEY", raising=False)

    def send_to_fake(where=None, what="pass", seconds=30.0):
        fake_comet(tmp_path, tmp_path / "notes", where, what)
        return send("comet", "trial", tmp_path / "files", RUNS, seconds)

    return send_to_fake


@pytest.mark.parametrize(("where", "what", "taken", "failure"), FAILURES)
def test_a_tracker_that_fails_is_one_line(sent, where, what, taken, failure):
    outcome = sent(where, what)
    assert outcome.sent == taken
    assert outcome.failure.startswith(failure)
    assert "\n" not in outcome.failure


@pytest.mark.parametrize("where", ["import", "numbers", "end"])
def test_a_tracker_that_hangs_is_stopped(sent, where, tmp_path):
    # It notes its process, catches what can be caught, and sleeps on.
    what = "signal.signal(signal.SIGTERM, signal.SIG_IGN); note('process', os.getpid()); time.sleep(600)"
    started = time.monotonic()
    outcome = sent(where, what, seconds=4.0)
    assert time.monotonic() - started < 300
    assert outcome.sent == []
    assert outcome.failure == "was stopped: margin/seed0 took longer than 4 seconds"
    notes = [json.loads(line) for line in (tmp_path / "notes").read_text().splitlines()]
    with pytest.raises(ProcessLookupError):
        os.kill(dict(note for note in notes if len(note) == 2)["process"], 0)


def test_a_tracker_that_does_not_end_is_stopped(sent):
    outcome = sent(
        "picture", "import threading; threading.Thread(target=time.sleep, args=(600,)).start()", 4.0
    )
    assert outcome.sent == ["margin/seed0", "figures"]
    assert outcome.failure == "took all runs, but did not end within 4 seconds"


def test_a_tracker_that_is_not_there_is_one_line(tmp_path, monkeypatch):
    (tmp_path / "wandb.py").write_text("raise ModuleNotFoundError('No module named wandb')\n")
    monkeypatch.syspath_prepend(tmp_path)
    outcome = send("wandb", "trial", tmp_path / "files", RUNS)
    assert (outcome.sent, outcome.failure) == ([], "ModuleNotFoundError: No module named wandb")


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path):
    (tmp_path / "file").write_text("")
    outcome = send("comet", "trial", tmp_path / "file" / "files", RUNS)
    assert outcome.sent == []
    assert outcome.failure.startswith("NotADirectoryError: ")


def test_comet_gets_everything_in_order(sent, tmp_path):
    outcome = sent()
    assert (outcome.sent, outcome.failure) == (["margin/seed0", "figures"], None)
    calls = [json.loads(line) for line in (tmp_path / "notes").read_text().splitlines()]
    begin = ["start", "trial", str(tmp_path / "files")]
    assert calls == [
        ["import"],
        *[begin, ["name", "margin/seed0"], ["settings", {"budget": 10}]],
        *[["numbers", 20, {"top1": 0.5}], ["numbers", 30, {"top1": 0.625}], ["end"]],
        *[begin, ["name", "figures"], ["settings", {"budget": 10}]],
        *[["picture", "curves", "somewhere/curves.png"], ["end"]],
    ]


def test_comet_that_refuses_a_key_is_one_line(sent, monkeypatch):
    monkeypatch.setenv("COMET_API_KEY", "of another's")
    outcome = sent()
    assert outcome.sent == []
    assert outcome.failure == "ConnectionError: Comet cannot be reached, or does not accept COMET_API_KEY"


def test_what_a_tracker_prints_is_kept_beside_its_files(sent, tmp_path, capfd):
    sent("start", "print('to stdout'); os.write(2, b'to stderr'); raise ValueError('this one')")
    printed = (tmp_path / "files" / OUTPUT_FILE).read_text()
    assert all(text in printed for text in ("to stdout", "to stderr", "Traceback", "this one"))
    assert capfd.readouterr() == ("", "")
