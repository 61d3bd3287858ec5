"""What a run says of a Slurm that does not answer, or that refuses jobs. Its commands are scripts here."""

import os

import pytest
from workflow.conftest import EMBEDDINGS, write_embeddings
from workflow_runs import PATIENCE, REPOSITORY, Folder

pytestmark = pytest.mark.long

CONFIGURATION = {**EMBEDDINGS, "rounds": 2, "seeds": 1, "strategies": ["random"]}

#: Tries no job twice, and looks often.
PROFILE = ["--workflow-profile", str(REPOSITORY / "profiles/slurm"), "--retries", "0"]
PROFILE += ["--slurm-init-seconds-before-status-checks", "1", "--latency-wait", "1", "--"]

#: A group of one job.
TARGET = "results/trial/random/seed0/round01/selected.csv"
LOG = "results/logs/trial/random/seed0/round01.select.log"


class Slurm(Folder):
    """A folder, and the commands of Slurm; `requests` gets the name of each one that runs."""

    def __init__(self, path):
        super().__init__(path, CONFIGURATION)
        write_embeddings(path / "given.h5")
        (path / "bin").mkdir()
        for name in ("sbatch", "squeue", "sacct", "sacctmgr", "sshare", "scancel", "scontrol", "sinfo"):
            self.command_does(name, "")
        self.command_does("sinfo", "echo 'debug*'")

    def command_does(self, name, script):
        file = self.path / "bin" / name
        file.write_text(f"#!/bin/sh\necho {name} >> {self.path}/asked\n{script}\n")
        file.chmod(0o755)

    def requests(self):
        return (self.path / "asked").read_text().split()

    def run(self, *arguments):
        """Run to the end, which comes; return what was printed."""
        run = self.started(*arguments)
        try:
            return run.communicate(timeout=PATIENCE)[0]
        finally:
            run.kill()


@pytest.fixture
def slurm(tmp_path, monkeypatch):
    slurm = Slurm(tmp_path)
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:{os.environ['PATH']}")
    return slurm


def test_a_run_stops_before_its_first_job_if_slurm_does_not_answer(slurm):
    slurm.command_does("squeue", "echo 'squeue: error: Unable to contact the controller' >&2; exit 1")
    printed = slurm.run(*PROFILE, TARGET)
    assert "said: squeue: error: Unable to contact the controller\n" in printed
    assert "Traceback" not in printed
    assert "sbatch" not in slurm.requests()
    assert slurm.requests().count("squeue") == 1

    (slurm.path / "asked").unlink()
    assert "This was a dry-run" in slurm.run("--dry-run", *PROFILE, TARGET)
    assert "squeue" not in slurm.requests()


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        ("sbatch", "SLURM sbatch failed. The error message was 'no account'"),
        # Without a partition the plugin asks sinfo for one. Of a group it would lose this error, and wait.
        (
            "sinfo",
            "Job submission failed: Failed to run sinfo for retrieval of cluster partitions: no account",
        ),
    ],
)
def test_what_slurm_says_of_a_group_that_it_refuses_is_in_the_summary(slurm, command, reason):
    slurm.snakemake("--until", "initial_labelled", "validation", "embeddings")
    slurm.command_does(command, "echo 'no account' >&2; exit 1")
    printed = slurm.run(*PROFILE, TARGET)
    assert "activepool: select: random, seed 0, round 1\n" in printed
    assert any(
        line.startswith(f"activepool:   {LOG}: ") and line.endswith(f"; {reason}")
        for line in printed.splitlines()
    )
    assert "[failed] group" in printed
    assert "[submitted]" not in printed
