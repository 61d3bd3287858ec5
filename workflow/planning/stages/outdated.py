"""Files of a project that were made from other labels than those of today: the run makes them again.

No rule has the ledger as an input, and Snakemake's records, in ``.snakemake``, may be lost; it then takes
every file for up to date. So the records that lie beside the files are compared here, too: no batch goes out
from a model of older labels.
"""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from snakemake.io import is_flagged
from snakemake.iocontainers import Wildcards

from activepool.errors import InputError
from activepool.records.provenance import Record, record_path
from planning.stages.arguments import LABELS, StageArguments
from planning.stages.graph import Job

#: Stages whose files stay: features number the samples, and people fill in the lists that were sent.
KEPT = ("pool_features", "pool_vectors", "send")

#: A time before that of any input, in seconds since 1970: the year 2000, which all archives can store.
LONG_AGO = 946_684_800


def set_back_outdated_files(
    workflow: Any, arguments: StageArguments, root: str, targets: Iterable[str]
) -> list[Path]:
    """Have Snakemake run each job again whose files are outdated, and return these files.

    Files in ``root`` itself, which people read, get an old time, so that they are there if the run fails.
    Those of batches are deleted, since Snakemake does not compare the times of ``ancient`` inputs.

    ``targets`` are the rules and files that the run is asked for.
    """
    jobs = arguments.graph.jobs(file for target in targets for file in _files(workflow, target))
    outdated = [Path(path) for job in _outdated(arguments, root, jobs) for path in job.lasting_outputs]
    found = [path for path in outdated if path.is_file()]
    for path in found:
        if path.parent == Path(root):
            os.utime(path, (LONG_AGO, LONG_AGO))
        else:
            path.unlink()
    return found


def _outdated(arguments: StageArguments, root: str, jobs: Iterable[Job]) -> list[Job]:
    """Return the jobs that would read other labels or files than they did, and those that follow."""
    graph = arguments.graph
    records = {job: _record(job) for job in jobs if job.lasting_outputs}
    known = [record for record in records.values() if record]
    made = {path: state.sha256 for record in known for path, state in record.outputs.items()}
    own, outdated = [], set()
    for job, record in records.items():
        stage = graph.params_of[job.rule].stage
        if stage in KEPT or Path(root) not in Path(job.lasting_outputs[0]).parents:
            continue
        own.append(job)
        labels = arguments.labels_digest(stage, job.wildcards)
        if record is None:
            is_outdated = any(Path(path).is_file() for path in job.lasting_outputs)
        else:
            is_outdated = record.depends_on.get(LABELS, "") != labels or not _reads_same(job, record, made)
        if is_outdated:
            outdated.add(job)
    while follow := {job for job in own if job not in outdated and outdated & set(graph.jobs_before(job))}:
        outdated |= follow
    return [job for job in own if job in outdated]


def _reads_same(job: Job, record: Record, made: dict[str, str]) -> bool:
    """Return whether a job would read the files of its record; ``made`` has their digests."""
    may_differ = {str(path): is_flagged(path, "ancient") for path in job.inputs}
    return all(
        path in may_differ and (may_differ[path] or made.get(path, digest) == digest)
        for path, digest in record.inputs.items()
    )


def _record(job: Job) -> Record | None:
    """Return the record of a job's files; None if it is lost."""
    try:
        return Record.read(record_path(job.lasting_outputs[0]))
    except InputError:
        return None


def _files(workflow: Any, target: str) -> Iterator[str]:
    """Yield the files that a target stands for."""
    if not workflow.is_rule(target):
        yield target
        return
    rule = workflow.get_rule(target)
    if not rule.has_wildcards():
        yield from map(str, rule.output)
        yield from map(str, rule.expand_input(Wildcards(fromdict={}))[0])
