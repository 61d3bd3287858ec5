"""What the commands of the rules say of an experiment: options that depend on what it has."""

import shlex
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from activepool.data.samples import IMAGES_FOLDER
from activepool.records.planned_code import LISTINGS
from activepool.records.process_locks import JOBS_FOLDER, own_name
from planning.configuration import FULL_POOL
from planning.plan import Plan
from planning.queries import Queries
from planning.runs import WITHIN, jobs_folder
from planning.submission import CODE


class Options:
    """Options of the stages' command lines; ``wildcards`` are Snakemake's."""

    def __init__(self, plan: Plan, queries: Queries) -> None:
        self.plan = plan
        self.queries = queries

    def runs(self) -> list[str]:
        """Return the options of the stages that read files of all rounds: which there are."""
        return self._runs(self.plan.strategies(), self.plan.experiment.seed_list)

    def pictured_runs(self, *strategies: str) -> list[str]:
        """Return the same for some strategies and the seed that is shown in pictures."""
        return self._runs(strategies, self.plan.experiment.seed_list[:1])

    def _runs(self, strategies: Sequence[str], seeds: Sequence[int]) -> list[str]:
        return [
            *("--folder", self.plan.root, "--initial", self.plan.experiment.initial_folder),
            *("--strategies", *strategies, "--seeds", *map(str, seeds)),
            *("--rounds", str(self.plan.experiment.rounds)),
        ]

    def ceiling(self) -> list[str]:
        """Return those of the trainings on the whole pool: round 0 of a strategy of that name."""
        return [
            *("--folder", self.plan.root, "--initial", FULL_POOL, "--strategies", FULL_POOL),
            *("--seeds", *map(str, self.plan.experiment.seed_list), "--rounds", "1"),
        ]

    def drawing(self) -> list[str]:
        """Return the options of figures and tables that depend on what an experiment has."""
        return ["--ceiling", self.plan.ceiling] if self.plan.ceiling else []

    def oracles(self) -> list[str]:
        """Return the option of the figure stage that names the strategies which read all labels."""
        names = [one.folder for one in self.plan.experiment.strategies if one.declared.is_oracle]
        return ["--oracles", *names] if names else []

    def query(self, wildcards: Any, input: Any) -> list[str]:
        """Return the options of the select stage for the files that the strategy declares to read.

        These paths, and that of `state`, are the job's: where it works on copies, those of the copies.
        """
        return _reading(self.queries.inputs(wildcards), input)

    def measuring(self, wildcards: Any, input: Any) -> list[str]:
        """Return the same for the measure stage."""
        return _reading(self.queries.measuring_inputs(wildcards), input)

    def remaining_budget(self, wildcards: Any) -> list[str]:
        """Return the option of what is left of the budget of all rounds, if the strategy reads it."""
        experiment = self.plan.experiment
        if "remaining_budget" not in experiment.strategy(wildcards.strategy).declared.reads:
            return []
        queries = experiment.rounds - int(wildcards.round)
        return ["--remaining-budget", str(queries * experiment.budget)]

    def state(self, wildcards: Any, output: Any) -> list[str]:
        """Return the option of the arrays that the strategy hands on, if it does."""
        keeps = self.queries.keeps_state(self.plan.experiment.strategy(wildcards.strategy))
        return ["--output-state", output.state] if keeps else []

    def score(self, wildcards: Any) -> list[str]:
        """Return the options of the score stage: the scores, and the budget where lists are wanted."""
        settings = self.plan.chain.settings("score", wildcards.strategy)
        lists = ["--nearest-for-budget", str(settings["budget"])] if "budget" in settings else []
        return ["--scores", *settings["scores"], *lists]

    def shard(self, wildcards: Any) -> str:
        """Return the options that say which part of the pool a job is for, if it is for a part."""
        number = wildcards.get("shard")
        return "" if number is None else f"--shard {number} --shards {wildcards.shards}"

    def annotations(self, wildcards: Any, output: Any) -> list[str]:
        """Return the option of the stages that read labels, if the user keeps a file of new ones.

        It is a function because Snakemake would look for wildcards in a text: the path may have braces. It
        asks for outputs so that Snakemake does not record it: the labels count, wherever they lie.
        """
        annotations = self.plan.experiment.dataset.annotations
        return [f"--annotations={annotations}"] if annotations else []

    def checkpoint(self, wildcards: Any, input: Any) -> str:
        """Return the backbone's weights, or ``none``: the job's copy of them where it works on copies."""
        return input.get("checkpoint") or self.plan.checkpoint or "none"


def _reading(names: Iterable[str], inputs: Any) -> list[str]:
    options = []
    for name in names:
        paths = inputs[name]
        options += [f"--{name}", *([paths] if isinstance(paths, str) else paths)]
    return options


def shell_prefix(workflow: Any, checkout: Path, images: str | None) -> str:
    """Return the start of each job's shell: the checkout's library on the path, this Python before others.

    With ``--software-deployment-method conda`` the Python is conda's. Jobs are also told where to announce
    themselves, by which run they were started (see planning.runs), where their code is listed (see
    activepool.records.planned_code), and where ``images`` lie now.
    """
    library = shlex.quote(str(checkout / "workflow"))
    jobs = shlex.quote(str(jobs_folder()))
    prefix = f"export PYTHONUTF8=1 PYTHONPATH={library} {JOBS_FOLDER}={jobs} {WITHIN}={own_name()}; "
    prefix += f"export {LISTINGS}={CODE}; "
    if images is not None:
        prefix += f"export {IMAGES_FOLDER}={shlex.quote(images)}; "
    if not workflow.deployment_settings.deployment_method:
        prefix += f"export PATH={shlex.quote(str(Path(sys.executable).parent))}:$PATH; "
    return with_doubled_braces(prefix)


def with_doubled_braces(text: str) -> str:
    """Return ``text`` as Snakemake must be given what it formats, so that it comes out as it was."""
    return text.replace("{", "{{").replace("}", "}}")
