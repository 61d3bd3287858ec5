"""A run that is killed again and again, as a whole and job by job, ends as one that nobody disturbed."""

import os
import random
import re
import signal
import subprocess
import threading
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from workflow_runs import PATIENCE, Folder, wait_until

pytestmark = pytest.mark.long

#: Every stage of linear evaluation is in it: pretraining, shards, preparations, image models, states.
CONFIGURATION = {
    "experiment": "trial",
    "dataset": {"kind": "digits"},
    "backbone": {"architecture": "small", "image_size": 8},
    "pretrain": {"epochs": 3, "warmup_epochs": 1, "batch_size": 256, "augmentation": "digits"},
    "features": {"dtype": "float16", "shards": 2},
    "validation": {"fraction": 0.1},
    "initial": {"kind": "balanced", "size": 30},
    "budget": 10,
    "rounds": 3,
    "seeds": 1,
    "strategies": [
        "base",
        "coreset",
        "cluster_margin",
        {"strategy": "vaal", "image_size": 16, "width": 2, "latent": 2, "epochs": 3, "batch_size": 16},
    ],
    "head": {"solver": "lbfgs"},
}

#: Some figures and a table, and all that they are made from.
TARGETS = [
    f"results/trial/{name}"
    for name in (
        "figures/area.pdf",
        "tables/area.csv",
        "figures/feature_map.pdf",
        "figures/contact_sheet_base.png",
    )
]

#: The whole network, trained again in each round, and its features of the pool.
FINETUNING = {
    **CONFIGURATION,
    "dataset": {"kind": "digits", "fraction": 0.2},
    "pretrain": {"epochs": 1, "warmup_epochs": 0, "batch_size": 256, "augmentation": "digits"},
    "features": {"dtype": "float32"},
    "rounds": 2,
    "strategies": ["margin"],
    "head": {"solver": "finetune", "epochs": 30, "learning_rate": 0.02, "augmentation": "digits"},
}


@dataclass(frozen=True)
class Kills:
    """How often, and how soon.

    Attributes:
        per_stage, of_all: how often each stage is killed, and the whole run.
        longest_life, longest_run: seconds between their start and their end by a kill, at most.
    """

    per_stage: int
    of_all: int
    longest_life: float
    longest_run: float


class Killer:
    """Ends stages at random moments, up to a number of times for each stage."""

    def __init__(self, folder: Path, kills: Kills, seed: int) -> None:
        self.killed: Counter[str] = Counter()
        self._folder, self._kills = folder, kills
        self._draws = random.Random(seed)
        self._deadlines: dict[int, tuple[str, float]] = {}
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._work)

    def __enter__(self) -> "Killer":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _work(self) -> None:
        while not self._ended.wait(0.05):
            now = time.monotonic()
            for process, stage in stages_at_work(self._folder):
                chosen = (stage, now + self._draws.uniform(0, self._kills.longest_life))
                _, deadline = self._deadlines.setdefault(process, chosen)
                if now >= deadline and self.killed[stage] < self._kills.per_stage:
                    kill(os.kill, process)
                    self.killed[stage] += 1


def stages_at_work(folder: Path) -> list[tuple[int, str]]:
    """Return process and stage of each that works in ``folder``; of servers and their forks: ``server``."""
    processes, here = [], folder.resolve()
    programs = (b"activepool.stages.", b"activepool.programs.server")
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has ended
            words = (process / "cmdline").read_bytes().split(b"\0")
            modules = [word.decode() for word in words if word.startswith(programs)]
            if modules and b"python" in words[0] and (process / "cwd").readlink() == here:
                processes.append((int(process.name), modules[-1].rpartition(".")[2]))
    return processes


def kill(function, process):
    with suppress(ProcessLookupError):  # it may have ended by itself
        function(process, signal.SIGKILL)


def run_with_kills(folder, targets, kills, seed):
    """Start the run until it has ended well; return how often each stage, and the whole, was killed."""
    draws = random.Random(seed)
    with Killer(folder.path, kills, seed) as killer:
        for attempt in range(kills.of_all + 5):
            run = subprocess.Popen(
                folder.command("--retries", "40", *targets),
                cwd=folder.path,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                start_new_session=True,
            )
            longest = draws.uniform(2, kills.longest_run) if attempt < kills.of_all else PATIENCE
            try:
                output, _ = run.communicate(timeout=longest)
            except subprocess.TimeoutExpired:
                kill(os.killpg, run.pid)
                output, _ = run.communicate()
            except KeyboardInterrupt:  # which does not reach another session
                kill(os.killpg, run.pid)
                raise
            if run.returncode == 0:
                return killer.killed, attempt
    raise AssertionError(f"the run does not end: {output}")


def check_kills(tmp_path, configuration, targets, kills):
    """Run undisturbed and with kills, and compare; return how often each stage, and the whole, was killed."""
    undisturbed, killed = (Folder(make(tmp_path / name), configuration) for name in ("undisturbed", "killed"))
    undisturbed.snakemake(*targets)
    num_kills = run_with_kills(killed, targets, kills, seed=0)
    assert killed.results() == undisturbed.results()
    assert "problems: 0" in killed.snakemake("verify")
    state_files = [path for path in killed.path.glob("results/**/*.state") if "pretrained" not in path.parts]
    state_files += list(killed.path.glob("results/**/.*"))
    assert state_files == []
    return num_kills


def test_a_run_killed_at_random_moments_ends_as_an_undisturbed_one(tmp_path):
    kills = Kills(per_stage=5, of_all=5, longest_life=1.0, longest_run=12.0)
    of_stages, of_all = check_kills(tmp_path, CONFIGURATION, TARGETS, kills)
    assert of_stages.total() + of_all >= 50, of_stages


def test_finetuning_killed_at_random_moments_ends_as_an_undisturbed_one(tmp_path):
    kills = Kills(per_stage=1, of_all=1, longest_life=5.0, longest_run=20.0)
    of_stages, of_all = check_kills(tmp_path, FINETUNING, ["results/trial/curves.csv"], kills)
    assert of_stages["finetune"] == of_all == 1, of_stages


def make(path):
    path.mkdir()
    return path


def test_shards_that_outlive_a_killed_snakemake_are_not_computed_again(tmp_path):
    folder = Folder(tmp_path, {**CONFIGURATION, "pretrain": FINETUNING["pretrain"]})
    run = folder.started("features")
    wait_until(lambda: len(list(folder.path.glob(".snakemake/activepool/jobs/*"))) >= 2, run)
    kill(os.kill, run.pid)
    run.communicate()  # until its jobs have ended, too
    assert len(list(folder.path.glob("results/features/*/*/shards/*-of-2.h5"))) == 2
    folder.snakemake("features")
    logs = [path.read_text() for path in folder.path.glob("results/logs/features/*/*/*-of-2.log")]
    assert len(logs) == 2
    for log in logs:
        match = re.search(r"(\d+) of (\d+) batches of images were there already", log)
        assert match and match[1] == match[2], log
