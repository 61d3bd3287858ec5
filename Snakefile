# activepool: pool-based active learning on self-supervised features, as a chain of cached stages.
#
# An experiment simulates the labelling of a pool whose labels are known:
#   dataset -> pretrain (optional) -> features -> [ train -> score -> select ] x rounds -> tables -> figures
# A project labels a real pool: its configuration has the key `project` (docs/labelling.md):
#   photographs -> features -> [ labels -> train -> predict -> propose -> send ] x batches -> predictions, model
#
# `snakemake --cores N` runs the experiment of config.yaml; `--configfile FILE` another one, or a project;
# `snakemake --cores N figures` makes only the figures and tables, and what these need.

from snakemake.utils import min_version

min_version("9.20")


include: "workflow/rules/startup.smk"


if not workflow.overwrite_configfiles:

    configfile: "config.yaml"


if is_project(config):

    include: "workflow/rules/project.smk"
    include: "workflow/rules/common.smk"
    include: "workflow/rules/labelling.smk"

    if not PATHS.is_embedded:

        include: "workflow/rules/features.smk"

    rule next_batch:
        """Take in what people have labelled, and send the next batch out."""
        input:
            PATHS.targets(),
        localrule: True

    rule predictions:
        """Write the predictions for the pool, and the likely label errors, as tables."""
        input:
            PATHS.target_files("predictions"),
            PATHS.status,
        localrule: True

    rule model:
        """Export the model as one file."""
        input:
            PATHS.target_files("model"),
            PATHS.status,
        localrule: True

else:

    include: "workflow/rules/experiment.smk"
    include: "workflow/rules/common.smk"
    include: "workflow/rules/dataset.smk"
    include: "workflow/rules/pretraining.smk"
    include: "workflow/rules/features.smk"
    include: "workflow/rules/splits.smk"
    include: "workflow/rules/queries.smk"
    include: "workflow/rules/evaluation.smk"
    include: "workflow/rules/ceiling.smk"
    include: "workflow/rules/pictures.smk"
    include: "workflow/rules/tracking.smk"

    if not IS_MODULE:

        include: "workflow/rules/paper.smk"

    if EXPERIMENT.finetunes:

        include: "workflow/rules/finetuning.smk"

    else:

        include: "workflow/rules/linear_evaluation.smk"

    report: "workflow/report/workflow.rst"

    # Snakemake recreates a missing file only if a target names it, so this rule names every file of every job.
    rule all:
        """Make everything: figures, tables and all intermediate files."""
        input:
            lambda wildcards: arguments.graph.files(PATHS.targets()),
        localrule: True

    rule figures:
        """Make the figures and tables."""
        input:
            PATHS.reported(),
        localrule: True

    rule features:
        """Make the features of the first backbone."""
        input:
            PATHS.features,
        localrule: True


# Here all rules are known.
if workflow.is_main_process and not IS_MODULE:
    reported = [] if is_project(config) else PATHS.reported()
    if problem := target_problem(sys.argv, list(workflow.rules), reported):
        sys.exit(f"activepool: {problem}")
