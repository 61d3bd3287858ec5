# The configuration, checked, and what the rules ask of it. No rules here.

import json
import re
import shlex
import sys
from pathlib import Path

from planning.categories import category_of
from planning.checks import check
from planning.cluster import Needs
from planning.commands import Options, shell_prefix, with_doubled_braces
from planning.configuration import FULL_POOL
from planning.contents import given, images_folder
from planning.failures import tell_failures
from planning.late_labels import LateLabels
from planning.loading import load
from planning.paper import chosen
from planning.plan import Plan
from planning.queries import Queries
from planning.runs import claim, look
from planning.sharing import keep_apart, note
from planning.submission import hand_on, hand_on_plan, take_over

CONFIGURATION_FILE = ", ".join(CONFIGURATION_FILES) or f"module {__name__}"

try:
    PAPER_EXPERIMENTS = chosen(config.pop("paper", None))
    EXPERIMENT = load(config, CONFIGURATION_FILE, CONFIGURATION_FILES)
    if workflow.is_main_process:
        check(EXPERIMENT, CONFIGURATION_FILE, CONFIGURATION_FILES)
        keep_apart(Plan(EXPERIMENT), CONFIGURATION_FILE, sys.argv)
        hand_on(workflow)
    else:
        take_over()
except InputError as error:
    sys.exit(f"activepool: the configuration cannot be used\n{error}")
except OSError as error:
    sys.exit(f"activepool: {error.filename} cannot be used: {error.strerror}")

PLAN = Plan(EXPERIMENT)
QUERIES = Queries(PLAN)
OPTIONS = Options(PLAN, QUERIES)
NEEDS = Needs(EXPERIMENT)
LATE_LABELS = LateLabels(PLAN, records_params=workflow.is_main_process)

if workflow.is_main_process:
    look()


onstart:
    try:
        files = workflow.persistence
        claim(files.all_inputfiles(), files.all_outputfiles())
        LATE_LABELS.protect(
            path for job in workflow.dag.needrun_jobs() for path in job.output
        )
        note(PLAN, [*files.all_inputfiles(), *files.all_outputfiles()])
        hand_on_plan(workflow)
    except InputError as error:
        sys.exit(
            "\n".join(f"activepool: {line}" for line in str(error).splitlines())
        )


onerror:
    tell_failures(workflow)


# The environment that conda makes for the stages.
ENVIRONMENT = with_doubled_braces(str(CHECKOUT / "envs/activepool.yaml"))

# The stages run with the Python that runs Snakemake, unless conda brings its own.
shell.prefix(shell_prefix(workflow, CHECKOUT, images_folder(EXPERIMENT.dataset)))


wildcard_constraints:
    experiment=re.escape(EXPERIMENT.experiment),
    dataset=re.escape(EXPERIMENT.dataset_name),
    backbone=re.escape(EXPERIMENT.backbone_name),
    strategy=r"[^/]+",
    seed=r"\d+",
    round=r"\d\d+",
    shard=r"\d+",
    shards=r"\d+",


def strategy_of(wildcards):
    """Return the strategy of a job; None where the job comes before the strategies or serves them all."""
    strategy = wildcards.get("strategy")
    return None if strategy == EXPERIMENT.initial_folder else strategy


def is_first_query(wildcards):
    """Say whether a job is one of round 1, whose query depends on no earlier picks."""
    return int(wildcards.get("round", 0)) == 1


def setting(stage, key):
    """Return a params function: one setting of a stage, as text that the command line takes."""

    def value(wildcards):
        found = PLAN.chain.settings(stage, strategy_of(wildcards))[key]
        return json.dumps(found) if isinstance(found, dict) else found

    return value


def untracked(value):
    """Return a params function of a value that reruns nothing: Snakemake records none that asks for outputs."""
    return lambda wildcards, output: value


def settings(stage):
    """Return a params function: all settings of a stage, as JSON."""
    return lambda wildcards: json.dumps(
        PLAN.chain.settings(stage, strategy_of(wildcards))
    )


def provenance(stage):
    """Return a params function: digests of the settings and code that a stage's result depends on, as JSON."""
    return lambda wildcards: json.dumps(
        PLAN.chain.provenance(stage, strategy_of(wildcards), is_first_query(wildcards))
    )


def one_of(names):
    """Return a pattern that matches these names, and nothing if there are none."""
    return "|".join(map(re.escape, names)) or "(?!)"
