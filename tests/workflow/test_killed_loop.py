"""A labelling project whose runs are killed again and again ends as one that nobody disturbed."""

import os
import random
import signal
import subprocess
import time
from contextlib import suppress
from dataclasses import replace

import pytest
from workflow.labelling_loops import Loop
from workflow_runs import PATIENCE

from activepool.ledger.book import kept_folder

pytestmark = pytest.mark.long

#: When to kill each run: at a random moment, or as soon as the ledger or its copy is another file.
#: The random moment lies in the first part of a run: one that has ended well changes the ledger no more.
KILLS = ("at random", "copy", "ledger", "copy", "ledger")

#: Files that hold no times.
FILES = (
    *("labels.csv", "classes.csv", "selected.csv", "list.csv", "label_studio.json", "cvat.txt"),
    *("head.h5", "held_out.csv", "held_out.h5", "training.json", "predictions.h5"),
)


def test_a_loop_killed_at_any_moment_ends_as_an_undisturbed_one(tmp_path):
    undisturbed, killed = loop(tmp_path / "undisturbed"), loop(tmp_path / "killed")
    durations = label_everything(undisturbed, run_to_the_end)
    kills = Kills(longest=max(durations))
    label_everything(killed, kills.run)
    assert entries(killed) == entries(undisturbed)
    assert results(killed) == results(undisturbed)
    assert any(path.endswith("batch03/head.h5") for path in results(killed))
    assert list(killed.path.glob("results/**/.*")) == []
    assert sum(kills.done.values()) >= 5, kills.done


def loop(path):
    path.mkdir()
    return Loop(path)


def label_everything(loop, run):
    """Label two batches and the audit set, with mistakes and new photographs; return how long runs took."""
    loop.photographs("a", range(40))
    durations = [run(loop, "next_batch")]
    wrong = dict(list(loop.truths("batch01").items())[:2])
    loop.return_list("batch01", loop.truths("batch01") | dict.fromkeys(wrong, "bee"))
    loop.return_list("audit01", loop.truths("audit01"))
    durations.append(run(loop, "next_batch"))
    loop.return_tasks("batch02", loop.truths("batch02"))
    loop.correct("corrections.csv", wrong)
    loop.photographs("b", range(40, 48))
    durations.append(run(loop, "predictions", "model"))
    durations.append(run(loop, "next_batch"))
    loop.check_training_labels("batch03")
    return durations


def run_to_the_end(loop, *targets):
    began = time.monotonic()
    loop.run(*targets)
    return time.monotonic() - began


class Kills:
    """Kills of runs as wholes, with all their jobs.

    Attributes:
        done: how many there were of each kind.
    """

    def __init__(self, longest):
        self.done = dict.fromkeys(KILLS, 0)
        self._longest, self._draws = longest, random.Random(0)

    def run(self, loop, *targets):
        """Start a run again and again, even after it has succeeded; finally, nobody kills it."""
        for kind in (*KILLS, "never"):
            run = subprocess.Popen(
                loop.command(*targets),
                cwd=loop.path,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                start_new_session=True,
            )
            try:
                if self._wait(run, loop, kind):
                    kill(run)
                    self.done[kind] += 1
                output, _ = run.communicate(timeout=PATIENCE)
            finally:
                kill(run)
            if kind == "never":
                assert run.returncode == 0, output
                assert loop.misfits() == []
            if (loop.path / "beetles.ledger.csv").exists():
                loop.check(has_taken_in=kind == "never")

    def _wait(self, run, loop, kind):
        """Wait for the moment to kill a run; return whether it has not ended by then."""
        if kind == "never":
            return False
        ledger = loop.path / "beetles.ledger.csv"
        watched = kept_folder(ledger) / "copy.csv" if kind == "copy" else ledger
        before, began = file_of(watched), time.monotonic()
        end = self._draws.uniform(1, self._longest * 0.4) if kind == "at random" else PATIENCE
        while run.poll() is None and time.monotonic() < began + end:
            if kind != "at random" and file_of(watched) != before:
                return True
            time.sleep(0.001)
        return run.poll() is None


def kill(run):
    with suppress(ProcessLookupError):  # all of them may have ended
        os.killpg(run.pid, signal.SIGKILL)


def file_of(path):
    try:
        return path.stat().st_ino
    except FileNotFoundError:
        return None


def entries(loop):
    """Return the entries of the ledger, but for their times."""
    return [replace(entry, when="") for entry in loop.entries]


def results(loop):
    """Return the digests of what people get and of models, and of what the project is for."""
    patterns = [f"results/beetles/batches/*/{name}" for name in FILES]
    return loop.digests(*patterns, "results/beetles/*.*sv", "results/beetles/*.safetensors", "**/features.h5")
