# The checked configuration, and the helpers of the rules. No rules here.

import re
import shlex
import sys
from pathlib import Path

from activepool.figures.registry import FIGURES, TABLES
from planning.report import category_of
from planning.checks.experiment import check
from planning.resources import JobResources
from planning.configuration.experiment import FULL_POOL
from planning.stages.contents import images_folder
from planning.runs.failures import print_failures
from planning.runs.late_labels import LateLabels
from planning.configuration.loading import load
from planning.paper import chosen
from planning.paths import Paths
from planning.runs.lock import register, warn_about_others
from planning.runs.sharing import require_apart, register_use
from planning.stages.arguments import StageArguments, program
from planning.runs.submission import (
    pass_kernels_on,
    write_planned_code,
    shell_prefix,
    start_servers,
    adopt_kernels,
    with_doubled_braces,
)

CONFIGURATION_FILE = ", ".join(CONFIGURATION_FILES) or f"module {__name__}"

try:
    PAPER_EXPERIMENTS = chosen(config.pop("paper", None))
    EXPERIMENT = load(config, CONFIGURATION_FILE, CONFIGURATION_FILES)
    PATHS = Paths(EXPERIMENT)
    if workflow.is_main_process:
        check(EXPERIMENT, CONFIGURATION_FILE, CONFIGURATION_FILES)
        require_apart(PATHS, CONFIGURATION_FILE, sys.argv)
        pass_kernels_on(workflow)
    else:
        adopt_kernels()
except InputError as error:
    sys.exit(f"activepool: the configuration cannot be used\n{error}")
except OSError as error:
    sys.exit(f"activepool: {error.filename} cannot be used: {error.strerror}")

RESOURCES = JobResources(EXPERIMENT)
LATE_LABELS = LateLabels(PATHS, records_params=workflow.is_main_process)

# The params of a rule that runs a stage; program(stage) is its shell command.
arguments = StageArguments(workflow, EXPERIMENT, PATHS, LATE_LABELS)

# Files of a round. {strategy} is a strategy's folder; all strategies share round 00, in initial_<kind>.
SEED = "results/{experiment}/{strategy}/seed{seed}"
ROUND = f"{SEED}/round{{round}}"
VALIDATION = "results/{experiment}/splits/seed{seed}/validation.csv"
LOGS = "results/logs/{experiment}"
ROUND_LOGS = f"{LOGS}/{{strategy}}/seed{{seed}}/round{{round}}"
FEATURES = "results/features/{dataset}/{backbone}"

if workflow.is_main_process:
    warn_about_others()


onstart:
    try:
        files = workflow.persistence
        register(files.all_inputfiles(), files.all_outputfiles())
        LATE_LABELS.require_kept(
            path for job in workflow.dag.needrun_jobs() for path in job.output
        )
        register_use(PATHS, [*files.all_inputfiles(), *files.all_outputfiles()])
        write_planned_code(workflow, arguments.provenance)
        start_servers(workflow, CHECKOUT)
    except InputError as error:
        sys.exit(
            "\n".join(f"activepool: {line}" for line in str(error).splitlines())
        )


onerror:
    print_failures(workflow)


# The conda environment of the stages.
ENVIRONMENT = with_doubled_braces(str(CHECKOUT / "envs/activepool.yaml"))

# Stages run with Snakemake's own Python, or with conda's if conda is in use.
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


def one_of(names):
    """Return a pattern that matches these names only."""
    return "|".join(map(re.escape, names)) or "(?!)"


def strategies_that(condition):
    """Return a pattern for the folders of the strategies that fulfil a condition."""
    return one_of(entry.folder for entry in EXPERIMENT.strategies if condition(entry))
