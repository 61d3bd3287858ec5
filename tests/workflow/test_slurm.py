"""The workflow on Slurm, by its profile: the same bits as here, killed jobs tried again, runs taken up again.

Runs where there is a Slurm; `.ci/slurm/start.sh` makes one of one node.
"""

import os
import re
import shutil
import signal
import subprocess
from dataclasses import dataclass

import pytest
import yaml
from workflow_runs import PATIENCE, REPOSITORY, Folder, wait_until

#: The demo with its first seed and two strategies: each of the others would bring jobs of the same kinds.
DEMO = yaml.safe_load((REPOSITORY / "config.yaml").read_text()) | {
    "seeds": 1,
    "strategies": ["random", "base"],
}

FEATURES = "results/features/digits_exp0.1/small_simclr/features.h5"

#: One node of a few cores, without accounts, looked at often.
PROFILE = ["--workflow-profile", str(REPOSITORY / "profiles/slurm"), "--slurm-no-account"]
PROFILE += ["--slurm-init-seconds-before-status-checks", "2", "--latency-wait", "10"]
PROFILE += ["--set-threads", "dataset=1", "pretrain=1", "extract=1", "--"]


def slurm_answers():
    if not shutil.which("sinfo"):
        return False
    return subprocess.run(["sinfo"], capture_output=True, timeout=20, check=False).returncode == 0


pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(not slurm_answers(), reason="there is no Slurm; .ci/slurm/start.sh starts one"),
]


def running_job():
    """Return the number of a job that Slurm runs; waits for one."""
    command = ["squeue", "--noheader", "--states", "running", "--format", "%i"]
    listed = wait_until(lambda: subprocess.run(command, capture_output=True, text=True).stdout.split())
    return listed[0]


def wait_for_a_head(folder, run):
    """Wait until a round of any chain is trained: which chain Slurm starts first is not ours to say."""
    wait_until(lambda: any(folder.path.glob("results/digits/*/seed*/round*/head.h5")), run)


@dataclass(frozen=True)
class Troubled:
    """A run through Slurm with a killed job; it was stopped and started again.

    Attributes:
        folder: where it ran.
        printed: of both starts.
        features_made: when features.h5 was written, as found when the run was stopped.
    """

    folder: Folder
    printed: str
    features_made: int


@pytest.fixture(scope="module")
def troubled(tmp_path_factory):
    folder = Folder(tmp_path_factory.mktemp("slurm"), DEMO)
    run = folder.started(*PROFILE)
    subprocess.run(["scancel", "--signal", "KILL", "--full", running_job()], check=True)
    wait_for_a_head(folder, run)
    os.kill(run.pid, signal.SIGINT)
    printed, _ = run.communicate(timeout=PATIENCE)
    assert run.returncode != 0, printed
    time = (folder.path / FEATURES).stat().st_mtime_ns
    again = folder.started(*PROFILE)
    printed += again.communicate(timeout=PATIENCE)[0]
    assert again.returncode == 0, printed
    return Troubled(folder, printed, time)


@pytest.fixture(scope="module")
def local(tmp_path_factory, troubled):
    """The run without Slurm: what `make demo` left here; Snakemake makes what is missing or differs."""
    folder = Folder(tmp_path_factory.mktemp("local"), DEMO)
    for file in (troubled.folder.path / "results").rglob("*.*"):
        path = file.relative_to(troubled.folder.path)
        if file.is_file() and (REPOSITORY / path).exists():
            (folder.path / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(REPOSITORY / path, folder.path / path)
    records = REPOSITORY / ".snakemake/metadata"
    if records.exists():
        shutil.copytree(records, folder.path / ".snakemake/metadata")
    folder.snakemake()
    return folder


def test_the_files_of_the_demo_are_those_of_a_run_here(troubled, local):
    assert troubled.folder.results() == local.results()


def test_a_killed_job_is_tried_again(troubled):
    assert "Trying to restart" in troubled.printed


def test_a_run_that_was_stopped_finds_what_is_done(troubled):
    assert (troubled.folder.path / FEATURES).stat().st_mtime_ns == troubled.features_made


def test_a_chain_of_rounds_is_one_job_not_three_for_each_round(troubled):
    jobs = re.findall(r"submitted with SLURM jobid \d+ \(log: \S+/slurm_logs/([^/]+)/", troubled.printed)
    assert not [job for job in jobs if re.match("rule_(train|score|select)", job)]
    chains = len(DEMO["strategies"]) + 2  # the initial pool's and that of all labels, too
    # Each at both starts of Snakemake, at most.
    assert chains <= len([job for job in jobs if job.startswith("group_")]) <= 2 * chains
