# The checked configuration of an experiment, and the helpers of its rules. No rules here.

import re
import sys

from planning.checks.annotations import remember_indices, require_use_of_labels
from planning.checks.experiment import check, problems_beside_keys
from planning.configuration.loading import load
from planning.paper.experiments import chosen
from planning.paths import Paths
from planning.resources import ExperimentResources
from planning.runs.command_line import report_problem
from planning.runs.ending import announce_results
from planning.runs.known_jobs import compare_all_records, foresee_mistakes, rewritten_files
from planning.runs.sharing import require_apart, register_use, with_known_name
from planning.runs.submission import adopt_kernels, pass_kernels_on
from planning.stages.arguments import StageArguments
from planning.stages.contents import images_folder
from planning.stages.late_labels import LateLabels
from planning.stages.settings import ExperimentSettings

with stopping_at_mistakes("the configuration cannot be used"):
    PAPER_EXPERIMENTS = chosen(config.pop("paper", None))
    EXPERIMENT = load(config, CONFIGURATION_FILE, CONFIGURATION_FILES, problems_beside_keys)
    EXPERIMENT = with_known_name(EXPERIMENT)
    PATHS = Paths(EXPERIMENT)
    if workflow.is_main_process:
        check(EXPERIMENT, CONFIGURATION_FILE, CONFIGURATION_FILES)
        require_apart(PATHS, CONFIGURATION_FILE, sys.argv)
        pass_kernels_on(workflow)
    else:
        adopt_kernels()

if workflow.is_main_process and not IS_MODULE:
    if problem := report_problem(PATHS, sys.argv):
        sys.exit(f"activepool: {problem}")
    announce_results(workflow, PATHS, sys.argv[1:])

RESOURCES = ExperimentResources(EXPERIMENT)
LATE_LABELS = LateLabels(PATHS, records_params=workflow.is_main_process)
IMAGES = images_folder(EXPERIMENT.dataset)

# The params of a rule that runs a stage; program(stage) is its shell command.
arguments = StageArguments(
    workflow,
    ExperimentSettings(EXPERIMENT, PATHS),
    LATE_LABELS.digest,
    EXPERIMENT.strategy_folders,
)

# Files of a round. {strategy} is a strategy's folder; strategies share round 00, in initial_<kind>.
SEED = "results/{experiment}/{strategy}/seed{seed}"
ROUND = f"{SEED}/round{{round}}"
VALIDATION = "results/{experiment}/splits/seed{seed}/validation.csv"
LOGS = "results/logs/{experiment}"
ROUND_LOGS = f"{LOGS}/{{strategy}}/seed{{seed}}/round{{round}}"


def require_bought_labels():
    """Raise InputError if the jobs may leave bought labels unused."""
    require_use_of_labels(LATE_LABELS, rewritten_files(workflow))


if workflow.is_main_process:
    compare_all_records(workflow)
    foresee_mistakes(workflow, require_bought_labels)


def before_jobs(workflow):
    """Check, before the first job, that no bought label gets lost and that no folder is another's."""
    files = workflow.persistence
    require_bought_labels()
    remember_indices(EXPERIMENT)
    register_use(PATHS, [*files.all_inputfiles(), *files.all_outputfiles()])


def remedies(failed):
    """Nothing to add: the messages of an experiment's jobs say what helps."""
    return ()


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
