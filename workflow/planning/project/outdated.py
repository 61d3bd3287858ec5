"""The outdated files of a project, which a run makes again: made from older labels, or cut off.

No rule has the ledger as an input, and Snakemake's records, in ``.snakemake``, may be lost; Snakemake then
considers every file up to date. So the records beside the files are compared here, too: no batch goes out
from a model of older labels.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from snakemake.io import is_flagged
from snakemake.iocontainers import Wildcards

from activepool.records.provenance import Record, record_path
from planning.project.cut_files import files_to_rebuild, record_at
from planning.project.paths import ProjectPaths
from planning.stages.arguments import LABELS, StageArguments
from planning.stages.graph import Job

#: Stages whose files are never outdated: they number the samples.
FEATURE_STAGES = ("pool_features", "pool_vectors")

#: The stage whose files are outdated only if they were cut off: people fill in the lists that were sent.
SEND = "send"


def force_outdated_files(workflow: Any, arguments: StageArguments, paths: ProjectPaths) -> None:
    """Have Snakemake rerun the jobs of outdated files, as if ``--forcerun`` named these files.

    The files stay as they are until their jobs run.
    """
    prepare = workflow._prepare_dag  # there is no public hook between the rules and the graph of jobs

    def prepare_dag(*positional: Any, **named: Any) -> None:
        settings = workflow.dag_settings
        targets = settings.targets or [workflow.default_target]
        paths.outdated = frozenset(outdated_files(workflow, arguments, paths.root, targets))
        settings.forcerun = frozenset(settings.forcerun) | paths.outdated
        prepare(*positional, **named)

    workflow._prepare_dag = prepare_dag


def outdated_files(
    workflow: Any, arguments: StageArguments, root: str, targets: Iterable[str]
) -> Iterator[str]:
    """Yield the outdated files in ``root`` from which ``targets``, rules and files, are made."""
    jobs = arguments.graph.jobs(file for target in targets for file in _files(workflow, target))
    for job in _outdated(arguments, root, jobs):
        yield from (path for path in job.lasting_outputs if Path(path).is_file())


def _outdated(arguments: StageArguments, root: str, jobs: Iterable[Job]) -> list[Job]:
    """Return the jobs whose own files are outdated, and the jobs that depend on them."""
    graph = arguments.graph
    records = {job: record_at(record_path(job.lasting_outputs[0])) for job in jobs if job.lasting_outputs}
    readable = [record for record in records.values() if record]
    digests = {path: state.sha256 for record in readable for path, state in record.outputs.items()}
    stages = {
        job: stage
        for job in records
        if Path(root) in Path(job.lasting_outputs[0]).parents
        and (stage := graph.params_of[job.rule].stage) not in FEATURE_STAGES
    }
    outdated = {
        job
        for job, stage in stages.items()
        if files_to_rebuild(records[job])
        or (stage != SEND and _differs(arguments, job, records[job], digests))
    }
    rebuilt = [job for job, stage in stages.items() if stage != SEND]
    while followers := {
        job for job in rebuilt if job not in outdated and outdated.intersection(graph.jobs_before(job))
    }:
        outdated |= followers
    return [job for job in stages if job in outdated]


def _differs(arguments: StageArguments, job: Job, record: Record | None, digests: dict[str, str]) -> bool:
    """Return whether a job would read other labels or files than in its record, or has lost the record."""
    if record is None:
        return any(Path(path).is_file() for path in job.lasting_outputs)
    labels = arguments.labels_digest(arguments.graph.params_of[job.rule].stage, job.wildcards)
    return record.depends_on.get(LABELS, "") != labels or not _reads_same(job, record, digests)


def _reads_same(job: Job, record: Record, digests: dict[str, str]) -> bool:
    """Return whether a job would read the files of its record, by the ``digests`` of files."""
    may_differ = {str(path): is_flagged(path, "ancient") for path in job.inputs}
    return all(
        path in may_differ and (may_differ[path] or digests.get(path, digest) == digest)
        for path, digest in record.inputs.items()
    )


def _files(workflow: Any, target: str) -> Iterator[str]:
    if not workflow.is_rule(target):
        yield target
        return
    rule = workflow.get_rule(target)
    if not rule.has_wildcards():
        yield from map(str, rule.output)
        yield from map(str, rule.expand_input(Wildcards(fromdict={}))[0])
