"""A run that is killed again and again, as a whole and job by job, ends as one that nobody disturbed."""

import os
import random
import signal
import subprocess
import threading
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

from workflow_runs import Folder

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

#: How often each stage is killed, and the whole run.
KILLS_PER_STAGE, KILLS_OF_ALL = 5, 5

#: Seconds between a stage's start and its end by a kill, and between those of the whole run: at most.
LONGEST_LIFE, LONGEST_RUN = 1.0, 12.0


class Killer:
    """Ends stages at random moments, up to a number of times for each stage."""

    def __init__(self, folder: Path, kills_per_stage: int, seed: int) -> None:
        self.killed: Counter[str] = Counter()
        self._folder, self._quota = folder, kills_per_stage
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
        while not self._ended.wait(0.02):
            now = time.monotonic()
            for process, stage in stages_at_work(self._folder):
                chosen = (stage, now + self._draws.uniform(0, LONGEST_LIFE))
                _, deadline = self._deadlines.setdefault(process, chosen)
                if now >= deadline and self.killed[stage] < self._quota:
                    kill(os.kill, process)
                    self.killed[stage] += 1


def stages_at_work(folder: Path) -> list[tuple[int, str]]:
    """Return process and stage of each that works in ``folder``."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes().split(b"\0")
            here = (process / "cwd").resolve() == folder.resolve()
        except OSError:  # it has ended
            continue
        modules = [word.decode() for word in words if word.startswith(b"activepool.stages.")]
        if here and modules and b"python" in words[0]:
            found.append((int(process.name), modules[-1].rpartition(".")[2]))
    return found


def kill(function, process):
    with suppress(ProcessLookupError):  # it may have ended by itself
        function(process, signal.SIGKILL)


def run_with_kills(folder, seed):
    """Start the run until it has ended well; return how often each stage, and the whole, was killed."""
    draws = random.Random(seed)
    with Killer(folder.path, KILLS_PER_STAGE, seed) as killer:
        for attempt in range(KILLS_OF_ALL + 5):
            run = subprocess.Popen(
                folder.command("--retries", "40", *TARGETS),
                cwd=folder.path,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                start_new_session=True,
            )
            longest = draws.uniform(2, LONGEST_RUN) if attempt < KILLS_OF_ALL else 600
            try:
                output, _ = run.communicate(timeout=longest)
            except subprocess.TimeoutExpired:
                kill(os.killpg, run.pid)
                output, _ = run.communicate()
            if run.returncode == 0:
                return killer.killed, attempt
    raise AssertionError(f"the run does not end: {output}")


def test_a_run_killed_at_random_moments_ends_as_an_undisturbed_one(tmp_path):
    undisturbed, killed = (Folder(make(tmp_path / name), CONFIGURATION) for name in ("undisturbed", "killed"))
    undisturbed.snakemake(*TARGETS)
    kills, kills_of_all = run_with_kills(killed, seed=0)
    assert kills.total() + kills_of_all >= 50, kills
    assert killed.results() == undisturbed.results()
    assert "what does not: 0" in killed.snakemake("verify")
    left = [path for path in killed.path.glob("results/**/*") if path.name.endswith(".state")]
    left += list(killed.path.glob("results/**/.*"))
    assert left == []


def make(path):
    path.mkdir()
    return path
