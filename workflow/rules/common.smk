# What experiments and projects share: their runs, the beginning of each job, and the rule verify.
# experiment.smk or project.smk, which come before, define RESOURCES, IMAGES (the folder of the images) and before_jobs.

import sys

from planning.runs.ending import cancel_last_lines
from planning.runs.failures import announce_failures, filter_errors, keep_reasons
from planning.runs.lock import register, warn_about_others
from planning.runs.progress import show_plan, show_progress
from planning.runs.scheduler import require_gpu, require_scheduler, unblock_sigterm
from planning.runs.submission import shell_prefix, start_servers, with_doubled_braces, write_planned_code
from planning.stages.arguments import program

# What the executor of a cluster says of failed jobs, by their numbers.
REASONS = {}

if workflow.is_main_process:
    warn_about_others()
    show_plan(workflow)


onstart:
    try:
        unblock_sigterm(workflow)
        require_scheduler(workflow)
        require_gpu(workflow, RESOURCES.device)
        files = workflow.persistence
        register(files.all_inputfiles(), files.all_outputfiles())
        before_jobs(workflow)
        write_planned_code(workflow, arguments.provenance)
        start_servers(workflow, CHECKOUT)
        show_progress(workflow)
        keep_reasons(workflow, REASONS)
        filter_errors(workflow.dag_settings.targets)
    except InputError as error:
        cancel_last_lines()
        sys.exit("\n".join(f"activepool: {line}" for line in str(error).splitlines()))


onerror:
    announce_failures(workflow, remedies, REASONS)


# The conda environment of the stages.
ENVIRONMENT = with_doubled_braces(str(CHECKOUT / "envs/activepool.yaml"))

# Stages run with Snakemake's own Python, or with conda's if conda is in use.
shell.prefix(shell_prefix(workflow, CHECKOUT, IMAGES))


# The rule has no inputs, so that it checks before a run rebuilds anything.
rule verify:
    """On request: check that results are complete, unchanged and consistent with their inputs."""
    log:
        "results/logs/verify.log",
    localrule: True
    conda:
        ENVIRONMENT
    params:
        *arguments("verify"),
    shell:
        program("verify")
