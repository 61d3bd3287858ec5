"""Running the workflow for tests: a folder, a configuration, and what came out."""

import atexit
import fcntl
import hashlib
import multiprocessing
import os
import pkgutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import pytest
import yaml

REPOSITORY = Path(__file__).parents[1]

#: Seconds after which what has not happened never will. Busy machines may take minutes for a short job.
PATIENCE = 1800

Happened = TypeVar("Happened")

#: Snakemake, all its plugins and the packages that it and this repository use take seconds to import, and the
#: tests start Snakemake hundreds of times. Here a process has imported them once, and forks for each start.
#: Nothing of this repository is among them, which a test may have edited in the meantime.
FORKING = multiprocessing.get_context("forkserver")
PLUGINS = [module.name for module in pkgutil.iter_modules() if module.name.startswith("snakemake_")]
PARTS = ["snakemake.cli", "snakemake.dag", "snakemake.report", "snakemake.scheduling.greedy"]
PACKAGES = ["docutils.core", "h5py", "jinja2", "pandas", "PIL.Image", "pydantic", "requests", "smart_open"]
FORKING.set_forkserver_preload([*PARTS, *PLUGINS, *PACKAGES])


class Folder:
    """A working folder with its own configuration and results."""

    def __init__(self, path: Path, configuration: dict):
        self.path = path
        self.configure(configuration)

    def configure(self, configuration: dict) -> None:
        self.configuration = configuration
        (self.path / "trial.yaml").write_text(yaml.safe_dump(configuration))

    def command(self, *arguments: str, cores: int = 2) -> list[str]:
        """Return the command that runs snakemake, to be started in this folder."""
        command = [sys.executable, "-m", "snakemake", "--snakefile", str(REPOSITORY / "Snakefile")]
        return [*command, "--configfile", "trial.yaml", "--cores", str(cores), *arguments]

    def snakemake(self, *arguments: str, cores: int = 2, check: bool = True) -> str:
        """Run snakemake here; return what it printed."""
        words = self.command(*arguments, cores=cores)
        words = words[words.index("snakemake") :]
        output = self.path / "printed.txt"
        run = FORKING.Process(target=_main, args=(words, self.path, dict(os.environ), output))
        run.start()
        run.join()
        printed = output.read_text()
        output.unlink()
        if check:
            assert run.exitcode == 0, printed
        return printed

    def started(self, *arguments: str) -> subprocess.Popen[str]:
        """Start snakemake here. Ctrl-C ends it even where tests run in a background that ignores it."""
        return subprocess.Popen(
            self.command(*arguments),
            cwd=self.path,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )

    def planned(self, *arguments: str) -> Counter[str]:
        """Return how many jobs of each rule a run would start, targets left out."""
        jobs: Counter[str] = Counter()
        for line in self.snakemake("--dry-run", *arguments, "--quiet", "progress").splitlines():
            # The jobs of a group are indented.
            if line.strip().startswith(("rule ", "localrule ")):
                name = line.split()[1].rstrip(":")
                jobs[name.split("_")[0] if name.startswith(("figure_", "table_")) else name] += 1
        del jobs["all"]
        return jobs

    def digests(self, *patterns: str) -> dict[str, str]:
        """Return the digest of each file that matches, by its path here."""
        paths = {path for pattern in patterns for path in self.path.glob(pattern)}
        files = sorted(path for path in paths if path.is_file())
        return {
            str(file.relative_to(self.path)): hashlib.sha256(file.read_bytes()).hexdigest() for file in files
        }

    def results(self) -> dict[str, str]:
        """Return the digest of each file that a run makes.

        Logs and records, which tell of times, are left out, and states of trainings.
        """
        return {
            path: digest
            for path, digest in self.digests("results/**/*.*").items()
            if not {"logs", "provenance"}.intersection(Path(path).parts) and not path.endswith(".state")
        }


def wait_until(happens: Callable[[], Happened], run: subprocess.Popen[str] | None = None) -> Happened:
    """Return what ``happens`` returns as soon as that is true; fail if ``run`` has ended by then."""
    deadline = time.monotonic() + PATIENCE
    while not (happened := happens()):
        assert run is None or run.poll() is None, run.communicate()[0]
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return happened


def made_once(temporary: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """Return a folder that ``make`` filled once for all processes that run tests; nobody may change it."""
    root = temporary.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:  # each has a folder of its own in that of all
        root = root.parent
    with (root / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (root / name).exists():
            unfinished = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=root))
            make(unfinished)
            unfinished.rename(root / name)
    return root / name


def _main(words: Sequence[str], path: Path, environment: dict[str, str], output: Path) -> None:
    """Be the command ``words``, started in ``path``, with what it prints going to the file ``output``."""
    from snakemake.cli import main

    os.chdir(path)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = list(words)
    with output.open("w") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    try:
        main()
    finally:
        atexit._run_exitfuncs()  # a fork of a server ends without them
