"""The stage as the workflow runs it: a tracker that fails leaves a line, and the stage ends well."""

import json
import os
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import pytest
from fake_packages import fake_comet

from activepool.io.rounds import Rounds

LIBRARY = Path(__file__).parents[2] / "workflow"

CURVES = "strategy,seed,round,labels,top1\nnull,0,0,20,0.5\nnull,0,1,40,\n"


@pytest.fixture
def track(tmp_path):
    """Return a function that runs the stage in ``tmp_path`` with a comet_ml that fails as asked for."""
    (tmp_path / "curves.csv").write_text(CURVES)
    (tmp_path / "class_counts.csv").touch()
    rounds = Rounds("results", "initial_random", ["null"], [0], 2)
    for run in rounds.runs():
        path = tmp_path / rounds.path(run, "selected.csv")
        path.parent.mkdir(parents=True)
        path.touch()
    environment = {name: value for name, value in os.environ.items() if name != "COMET_API_KEY"}
    environment["PYTHONPATH"] = os.pathsep.join([str(LIBRARY), str(tmp_path)])

    def run(where=None, what="pass", curves="curves.csv"):
        fake_comet(tmp_path, tmp_path / "notes", where, what)
        command = [
            sys.executable,
            "-m",
            "activepool.stages.track",
            "--tracker",
            "comet",
            "--project",
            "trial",
        ]
        command += ["--curves", curves, "--pictures", "a.png", "b.png", "--configuration", '{"budget": 20}']
        command += ["--seconds", "30", "--files", "tracking/comet/logs", "--outcome", "tracking/comet.log"]
        command += [
            "--provenance",
            "{}",
            "--class-counts",
            "class_counts.csv",
            "--runs",
            json.dumps(asdict(rounds)),
        ]
        return subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)

    return run


def test_what_was_sent_is_written_with_its_record(track, tmp_path):
    done = track()
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert (tmp_path / "tracking/comet.log").read_text() == "sent: null/seed0\nsent: figures\n"
    assert (tmp_path / "tracking/provenance/comet.log.json").is_file()
    calls = [json.loads(line) for line in (tmp_path / "notes").read_text().splitlines()]
    assert [values for call, *values in calls if call == "numbers"] == [
        [20, {"round": 0.0, "top1": 0.5}],
        [40, {"round": 1.0}],
    ]
    assert [values[0] for call, *values in calls if call == "picture"] == ["a", "b"]
    assert [values for call, *values in calls if call == "file"] == [
        ["round00/selected.csv", "results/initial_random/seed0/round00/selected.csv"],
        ["round01/selected.csv", "results/null/seed0/round01/selected.csv"],
        ["class_counts.csv", "class_counts.csv"],
    ]


@pytest.mark.parametrize(
    ("where", "what", "sent", "why"),
    [
        ("import", "raise ImportError('broken')", "", "ImportError: broken"),
        ("picture", "os._exit(7)", "sent: null/seed0\n", "ended its process before it had taken figures"),
    ],
)
def test_a_tracker_that_fails_fails_nothing(track, tmp_path, where, what, sent, why):
    done = track(where, what)
    warning = f"warning: tracker comet: {why}"
    assert done.returncode == 0
    assert done.stderr == f"activepool: {warning}; the experiment continues without it\n"
    assert (tmp_path / "tracking/comet.log").read_text() == f"{sent}{warning}\n"
    assert (tmp_path / "tracking/comet/logs").is_dir()


def test_curves_that_are_not_there_are_a_mistake(track, tmp_path):
    done = track(curves="others.csv")
    assert done.returncode == 2
    assert done.stderr.startswith("activepool: others.csv: not a readable table")
    assert not (tmp_path / "tracking").exists()
