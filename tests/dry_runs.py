"""Plans of the workflow, by a Snakemake that says little."""

import os
import re
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

from workflow_runs import FORKING, REPOSITORY


def planned(folder: Path, *arguments: str, repository: Path = REPOSITORY) -> Counter[str]:
    """Return how many jobs of each rule a run with ``trial.yaml`` in ``folder`` would start.

    The rule ``all`` is left out; figures and tables have a rule each, and count as ``figure`` and ``table``.
    """
    printed = snakemake(folder, "--dry-run", *arguments, repository=repository)
    jobs = Counter(_kind(rule) for rule in re.findall(r"(?m)^ *(?:local)?rule (\w+):$", printed))
    del jobs["all"]
    return jobs


def _kind(rule: str) -> str:
    kind = rule.partition("_")[0]
    return kind if kind in ("figure", "table") and rule != "figure_pretraining" else rule


def snakemake(folder: Path, *arguments: str, repository: Path = REPOSITORY) -> str:
    """Run snakemake with ``trial.yaml`` in ``folder``; return what it printed."""
    command = ["--snakefile", str(repository / "Snakefile"), "--configfile", "trial.yaml"]
    command += ["--quiet", "progress", "--cores", "2"]
    with TemporaryDirectory() as temporary:
        printed = Path(temporary, "printed")
        process = FORKING.Process(target=_run, args=(folder, [*command, *arguments], printed))
        process.start()
        process.join()
        assert process.exitcode == 0, printed.read_text()
        return printed.read_text()


def _run(folder: Path, arguments: list[str], printed: Path) -> None:
    with printed.open("w") as stream:
        for descriptor in (1, 2):
            os.dup2(stream.fileno(), descriptor)
    os.chdir(folder)
    from snakemake.cli import main

    main(arguments)
