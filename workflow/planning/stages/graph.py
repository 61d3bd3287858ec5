"""The graph of jobs, derived from the rules, and what each job depends on.

Snakemake reruns a job when its recorded params change. These hold digests of the settings and code of the
job's stage and of all stages before it; otherwise a stale file would count as up to date after a job upstream
has failed. docs/reruns.md describes the consequences.
"""

from collections.abc import Callable, Iterable
from functools import cached_property
from typing import Any, NamedTuple, Protocol

from snakemake.io import is_flagged
from snakemake.iocontainers import Wildcards
from snakemake.output_index import OutputIndex
from snakemake.rules import Rule

from planning.stages.digests import digest_of


class StageParams(Protocol):
    """The recorded params of a rule that runs a stage, see `planning.stages.arguments.StageArguments`."""

    stage: str
    fixed: dict[str, Any]

    def __call__(self, wildcards: Any) -> str:
        """Return the words of the command line."""


class Job(NamedTuple):
    """A rule with the values of its wildcards."""

    rule: Rule
    values: tuple[tuple[str, str], ...]

    @property
    def wildcards(self) -> Wildcards:
        """The values as Snakemake's wildcards."""
        return Wildcards(fromdict=dict(self.values))

    @property
    def inputs(self) -> list[Any]:
        """The files that it reads, with Snakemake's flags."""
        inputs, *_ = self.rule.expand_input(self.wildcards)
        return list(inputs)

    @property
    def lasting_outputs(self) -> list[str]:
        """The files that it makes, without folders and temporary files."""
        return [
            str(output.apply_wildcards(dict(self.values)))
            for output in self.rule.output
            if not is_flagged(output, "temp") and not is_flagged(output, "directory")
        ]


class Part(NamedTuple):
    """A rule in a provenance, and the strategy that it serves; None if it serves all.

    It is not a stage, because rules may run one stage with different settings, as `extract_round` does.
    """

    strategy: str | None
    rule: str


class StageGraph:
    """The jobs of a workflow, and the digests of what their files depend on.

    Args:
        workflow: Snakemake's.
        describe: (stage, job's wildcards, settings fixed by the rule) -> digests of settings and code.
        strategies: the folders of the strategies, which are values of the wildcard ``strategy``.
    """

    def __init__(self, workflow: Any, describe: Callable[..., str], strategies: Iterable[str]) -> None:
        self._workflow = workflow
        self._describe = describe
        self._strategies = frozenset(strategies)
        self._parts: dict[Job, dict[Part, str]] = {}
        self._before: dict[Job, list[Job]] = {}

    def provenance(self, rule: Rule, wildcards: Any) -> dict[str, str]:
        """Return the digest of each stage before a job, by its rule; its own stage comes last.

        If the job reads files of several strategies, each strategy has one digest.
        """
        parts = self.ancestry(rule, wildcards)
        last = list(parts)[-1]
        strategies = dict.fromkeys(part.strategy for part in parts if part.strategy)
        if len(strategies) > 1 or (last.strategy is None and strategies):
            named = {part.rule: digest for part, digest in parts.items() if part.strategy is None}
            for strategy in strategies:
                rules = {part.rule: parts[part] for part in parts if part.strategy == strategy}
                named[f"strategy {strategy}"] = digest_of(rules)
        else:
            named = {part.rule: digest for part, digest in parts.items()}
        named[last.rule] = named.pop(last.rule)
        return named

    def ancestry(self, rule: Rule, wildcards: Any) -> dict[Part, str]:
        """Return the digest of each part of a job's ancestry; its own comes last."""
        job = self._job(rule, dict(wildcards.items()))
        waiting = [job]  # no recursion: a chain of rounds may be deeper than Python's limit
        while waiting:
            last = waiting[-1]
            missing = [before for before in self.jobs_before(last) if before not in self._parts]
            waiting += missing
            if missing:
                continue
            waiting.pop()
            if last not in self._parts:
                parts: dict[Part, str] = {}
                for before in self.jobs_before(last):
                    parts |= self._parts[before]
                strategy = dict(last.values).get("strategy")
                part = Part(strategy if strategy in self._strategies else None, last.rule.name)
                parts.pop(part, None)  # of an earlier round
                recorded = self.params_of[last.rule]
                self._parts[last] = parts | {
                    part: self._describe(recorded.stage, last.wildcards, recorded.fixed)
                }
        return self._parts[job]

    def files(self, targets: Iterable[str]) -> list[str]:
        """Return all lasting files of the jobs that the targets need.

        Snakemake recreates a missing file only if a target names it.
        """
        return list(dict.fromkeys(file for job in self.jobs(targets) for file in job.lasting_outputs))

    def jobs(self, targets: Iterable[str]) -> list[Job]:
        """Return the jobs that the targets need."""
        waiting = [job for path in targets for job in self._producers(path)]
        jobs = dict.fromkeys(waiting)
        while waiting:
            added = [before for before in self.jobs_before(waiting.pop()) if before not in jobs]
            jobs.update(dict.fromkeys(added))
            waiting += added
        return list(jobs)

    def jobs_before(self, job: Job) -> list[Job]:
        """Return the jobs whose files a job reads."""
        if job not in self._before:
            producers = (producer for path in job.inputs for producer in self._producers(str(path)))
            self._before[job] = list(dict.fromkeys(producers))
        return self._before[job]

    @cached_property
    def rule_of(self) -> dict[StageParams, Rule]:
        """The rule of each params object, for all rules that run a stage."""
        return {item: rule for rule in self._workflow.rules for item in rule.params if hasattr(item, "stage")}

    @cached_property
    def params_of(self) -> dict[Rule, StageParams]:
        """The recorded params of each of these rules."""
        return {rule: params for params, rule in self.rule_of.items()}

    @cached_property
    def _index(self) -> OutputIndex:
        return OutputIndex(list(self.params_of))

    def _producers(self, path: str) -> list[Job]:
        return [self._job(rule, rule.get_wildcards(path)) for rule in self._index.match_producers(path)]

    def _job(self, rule: Rule, values: dict[str, str]) -> Job:
        return Job(rule, tuple(sorted((name, str(value)) for name, value in values.items())))
