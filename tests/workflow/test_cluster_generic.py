"""The workflow on a scheduler known only by its commands, through profiles/cluster-generic.

The scheduler is three scripts. Like a real one it gives jobs nothing of the environment in which they were
submitted, and an environment of its own.
"""

import importlib.util
import json
import os
import signal
import time
from collections import defaultdict
from pathlib import Path

import h5py
import pytest
from workflow.conftest import write_embeddings
from workflow_runs import PATIENCE, REPOSITORY, Folder, wait_until

from activepool.compute.kernels import kernel_variables
from activepool.io.index_files import read_index

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(
        importlib.util.find_spec("snakemake_executor_plugin_cluster_generic") is None,
        reason="there is no snakemake-executor-plugin-cluster-generic; envs/requirements.lock has it",
    ),
]

CONFIGURATION = {
    "experiment": "trial",
    "dataset": {"kind": "digits"},
    "backbone": {"architecture": "pixels.py:pixels", "image_size": 8},
    "features": {"dtype": "float32", "shards": 2},
    "validation": {"fraction": 0.1},
    "initial": {"size": 30},
    "budget": 10,
    "rounds": 3,
    "seeds": 1,
    "strategies": ["random", "base", "coreset"],
    "head": {"solver": "lbfgs"},
}

#: A user's backbone: the pixels. It also writes down the environment of the job that it is used in.
BACKBONE = """
import json
import os
from pathlib import Path

from activepool.backbones.networks import identity


def pixels(image_size, channels):
    Path("environment.json").write_text(json.dumps(dict(os.environ)))
    return identity(image_size, channels)
"""

#: All but figures and tables, which run where Snakemake does.
TARGETS = ["results/trial/curves.csv", "results/trial/overlap.csv"]

#: What a job finds in its environment, whatever chose the kernels where Snakemake runs.
KERNEL_SETTINGS = "OPENBLAS_CORETYPE=Nehalem ATEN_CPU_CAPABILITY=default ONEDNN_MAX_CPU_ISA=SSE41"

#: Starts the script with an environment of its own, in a session of its own, and prints its number. The first
#: of the jobs that bring rounds is killed, as if it had used too much memory. No job starts while there is a
#: file ``hold``.
SUBMIT = """#!/bin/sh
cd {queue}
job=$$
echo "$*" >> submitted
setsid env -i {own} /bin/sh -c 'while [ -e hold ]; do sleep 1; done
    sh "$1" > "$2.log" 2>&1; echo $? > "$2.ending"; mv "$2.ending" "$2.ended"' \\
    sh "$6" $job < /dev/null > /dev/null 2>&1 &
echo $! > $job.process
if [ "$1" = GROUP ] && [ -e kill_one ] && rm kill_one; then
    (sleep 3; kill -s KILL -- -$(cat $job.process)) > /dev/null 2>&1 &
fi
echo $job
"""

STATUS = """#!/bin/sh
cd {queue}
touch $1.asked_for
if kill -0 $(cat $1.process) 2> /dev/null && [ ! -e $1.ended ]; then echo running
elif [ "$(cat $1.ended)" = 0 ]; then echo success
else echo failed
fi
"""

CANCEL = """#!/bin/sh
cd {queue}
for job; do
    kill -s TERM -- -$(cat $job.process)
    echo $job >> cancelled
done
"""

#: What a user of the profile fills in.
ASKED_FOR = "{rulename} {threads} {resources.mem_mb} {resources.runtime} {resources.gpu}"


class Cluster(Folder):
    """A working folder, and a scheduler."""

    def __init__(self, path):
        super().__init__(path, CONFIGURATION)
        (path / "pixels.py").write_text(BACKBONE)
        self.queue = path / "queue"
        self.queue.mkdir()
        for name, script in (("submit", SUBMIT), ("status", STATUS), ("cancel", CANCEL)):
            (self.queue / name).write_text(
                script.replace("{queue}", str(self.queue)).replace("{own}", KERNEL_SETTINGS)
            )
            (self.queue / name).chmod(0o755)

    def profile(self):
        options = ["--workflow-profile", str(REPOSITORY / "profiles/cluster-generic")]
        options += ["--cluster-generic-submit-cmd", f"{self.queue}/submit {ASKED_FOR}"]
        options += ["--cluster-generic-status-cmd", f"{self.queue}/status"]
        options += ["--cluster-generic-cancel-cmd", f"{self.queue}/cancel"]
        options += ["--seconds-between-status-checks", "1", "--latency-wait", "10"]
        options += ["--set-threads", "dataset=2", "extract=1", "--set-resources", "extract:gpu=1"]
        return [*options, "--envvars", "HDF5_USE_FILE_LOCKING", "--"]

    def submitted(self):
        """Return what was asked for each time: cores, memory, minutes, GPUs, by the name of the job."""
        requests = defaultdict(list)
        for line in (self.queue / "submitted").read_text().splitlines():
            rule, *numbers, script = line.split()
            name = Path(script).name.split(".")[1] if rule == "GROUP" else rule
            requests[name].append([int(number) for number in numbers])
        return requests


@pytest.fixture(autouse=True, scope="module")
def environment():
    """Where Snakemake runs: a kernel of BLAS that no job's own environment has, and no other choice."""
    with pytest.MonkeyPatch.context() as patch:
        for name in kernel_variables(os.environ):
            patch.delenv(name)
        patch.setenv("OPENBLAS_CORETYPE", "Haswell")
        patch.setenv("HDF5_USE_FILE_LOCKING", "FALSE")
        yield


@pytest.fixture(scope="module")
def local(tmp_path_factory):
    """The run without a scheduler."""
    folder = Cluster(tmp_path_factory.mktemp("local"))
    folder.snakemake(*TARGETS)
    return folder


def test_a_killed_job_is_tried_again_with_more_and_the_bits_are_those_of_a_run_here(tmp_path, local):
    cluster = Cluster(tmp_path)
    (cluster.queue / "kill_one").touch()
    output = cluster.snakemake(*cluster.profile(), *TARGETS)
    assert "Trying to restart" in output
    assert cluster.results() == local.results()

    submitted = cluster.submitted()
    assert submitted["dataset"] == [[2, 4000, 240, 0]]
    assert submitted.pop("extract") == [[1, 8000, 720, 1], [1, 8000, 720, 1]]
    assert submitted["gather"] == [[1, 4000, 120, 0]]
    # Round 0, and the rounds of each strategy, are a job each.
    assert len(submitted) == 2 + 1 + len(CONFIGURATION["strategies"])
    first, again = max(submitted.values(), key=len)
    assert first[1] >= 3000
    assert first[2] >= 30
    assert again == [first[0], *(pytest.approx(2 * number, abs=10) for number in first[1:3]), 0]

    # Jobs have nothing of this environment but what is named, and what chooses kernels.
    environment = json.loads((tmp_path / "environment.json").read_text())
    assert environment["HDF5_USE_FILE_LOCKING"] == "FALSE"
    assert "PYTEST_CURRENT_TEST" not in environment
    assert kernel_variables(environment) == kernel_variables(os.environ)
    assert "on different kernels" not in cluster.snakemake("verify")


#: Embeddings with few labels, and the target that makes the last head of a run that asks for labels twice.
LATE = {
    **CONFIGURATION,
    "dataset": {"kind": "embeddings", "path": "given.h5"},
    "strategies": ["margin"],
}
del LATE["backbone"], LATE["features"]
LAST = "results/trial/margin/seed0/round02/metrics.json"


def test_a_list_for_annotators_is_not_deleted_with_the_job_that_waits_for_labels(tmp_path):
    cluster = Cluster(tmp_path)
    cluster.configure(LATE)
    write_embeddings(tmp_path / "given.h5")
    with h5py.File(tmp_path / "given.h5", "r+") as file:
        truth = file["train/labels"][:]
        file["train/labels"][100:] = -1

    def buy(round_number):
        picks = read_index(tmp_path / f"results/trial/margin/seed0/round0{round_number}/selected.csv")
        with (tmp_path / "bought.csv").open("a") as stream:
            stream.writelines(f"{row},{truth[row]}\n" for row in picks if row >= 100)

    # Nobody has said yet where labels will be.
    printed = cluster.snakemake("--retries", "0", *cluster.profile(), LAST, check=False)
    assert "activepool: train: margin, seed 0, round 1\n" in printed
    assert (
        "activepool:   results/logs/trial/margin/seed0/round01.train.log: 7 picked samples have no" in printed
    )
    (tmp_path / "bought.csv").write_text("index,label\n")
    buy(1)
    cluster.configure({**LATE, "dataset": {**LATE["dataset"], "annotations": "bought.csv"}})
    printed = cluster.snakemake(*cluster.profile(), LAST, check=False)
    assert "add them to bought.csv and run again" in printed
    assert "Trying to restart" not in printed
    assert [
        path.parent.name for path in sorted(tmp_path.glob("results/trial/margin/seed0/*/selected.csv"))
    ] == [
        "round01",
        "round02",
    ]
    buy(2)
    cluster.snakemake(*cluster.profile(), LAST)


def test_a_configuration_edited_while_jobs_wait_stops_those_that_it_touches(tmp_path):
    cluster = Cluster(tmp_path)
    cluster.configure(LATE)
    write_embeddings(tmp_path / "given.h5")
    (cluster.queue / "hold").touch()
    first = "results/trial/initial_random/seed0/round00/metrics.json"
    run = cluster.started("--retries", "0", *cluster.profile(), first)
    wait_until((cluster.queue / "submitted").exists, run)
    cluster.configure({**LATE, "head": {"solver": "lbfgs", "weight_decays": [0.5]}, "device": "cpu"})
    (cluster.queue / "hold").unlink()
    printed, _ = run.communicate(timeout=PATIENCE)
    assert "round00.train.log: the configuration or the code was edited after this job" in printed
    assert (tmp_path / "results/features/embeddings_given/given/features.h5").exists()
    assert not (tmp_path / first).exists()
    cluster.configure(LATE)
    cluster.snakemake(*cluster.profile(), first)


def test_jobs_are_cancelled_with_the_run(tmp_path):
    cluster = Cluster(tmp_path)
    (cluster.queue / "hold").touch()
    run = cluster.started(*cluster.profile(), *TARGETS)
    jobs = wait_until(lambda: list(cluster.queue.glob("*.asked_for")), run)
    time.sleep(0.4)  # Snakemake cancels no job whose status it is just asking for, once a second
    os.kill(run.pid, signal.SIGINT)
    run.communicate(timeout=PATIENCE)
    assert (cluster.queue / "cancelled").read_text().split() == [path.stem for path in jobs]
    assert not (cluster.queue / f"{jobs[0].stem}.ended").exists()
