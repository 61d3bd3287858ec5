# The checked configuration of a project, and where it stands. No rules here.

import re
import sys
from functools import partial

from planning.configuration.loading import load_project
from planning.project.checks import check_project, check_standing, problems_with_files
from planning.project.ending import announce_ending, removal_remedy
from planning.project.outdated import force_outdated_files
from planning.project.paths import SENT_FILES, ProjectPaths, sends_batches
from planning.project.settings import ProjectSettings
from planning.project.start import current_standing, export_run, join_run, plan_run, preview_run
from planning.resources import JobResources
from planning.runs.command_line import is_dry_run, makes_files, only_verifies
from planning.runs.submission import adopt_kernels, pass_kernels_on
from planning.stages.arguments import StageArguments

with stopping_at_mistakes("nothing was done"):
    PROJECT = load_project(config, CONFIGURATION_FILE, CONFIGURATION_FILES, problems_with_files)
    IS_RUN = workflow.is_main_process and makes_files(sys.argv)
    IS_DRY_RUN = workflow.is_main_process and is_dry_run(sys.argv)
    if workflow.is_main_process:
        check_project(PROJECT, CONFIGURATION_FILE, CONFIGURATION_FILES)
        pass_kernels_on(workflow)
        check = partial(check_standing, source=CONFIGURATION_FILE, arguments=sys.argv)
        if only_verifies(sys.argv):
            STANDING = current_standing(PROJECT)
        elif IS_RUN:
            RUN = plan_run(PROJECT, check)
            STANDING = RUN.standing
        elif IS_DRY_RUN:
            STANDING = preview_run(PROJECT, check)
        else:
            STANDING = current_standing(PROJECT)
            check(STANDING)
        PATHS = ProjectPaths(STANDING, sends_batches(sys.argv))
        export_run(workflow, PATHS)
    else:
        adopt_kernels()
        PATHS = join_run(PROJECT)

RESOURCES = JobResources(PROJECT.device)
IMAGES = str(PROJECT.images_root) if PROJECT.images_root else None

# The params of a rule that runs a stage; program(stage) is its shell command.
SETTINGS = ProjectSettings(PATHS)
arguments = StageArguments(workflow, SETTINGS, SETTINGS.labels_digest)

# Files of a batch. {batch} is batch01, batch02, ..., or audit01, ...
ROOT = f"results/{PROJECT.project}"
BATCH = f"{ROOT}/batches/{{batch}}"
LOGS = f"results/logs/{PROJECT.project}"

if IS_RUN:
    RUN.enter_before_jobs(workflow, stopping_at_mistakes)
    announce_ending(PATHS, sys.argv[1:])
if IS_RUN or IS_DRY_RUN:
    force_outdated_files(workflow, arguments, PATHS)


def before_jobs(workflow):
    """Nothing to check: a project's files are its own."""


def remedies(failed):
    """Say what helps if jobs of these rules failed."""
    return removal_remedy(PATHS, failed)


wildcard_constraints:
    dataset=rf"{re.escape(PROJECT.project)}/part\d+",
    backbone=re.escape(PROJECT.backbone_name),
    batch=r"(batch|audit)\d+",
    shard=r"\d+",
    shards=r"\d+",
