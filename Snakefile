# activepool: pool-based active learning on self-supervised features, as a chain of cached stages.
#
#   dataset -> pretrain (optional) -> features -> [ train -> score -> select ] x rounds -> tables -> figures
#
# `snakemake --cores N` runs the experiment of config.yaml; `--configfile FILE` another one;
# `snakemake --cores N figures` makes the figures and what they need.

from snakemake.utils import min_version

min_version("9.20")


include: "workflow/rules/startup.smk"


if not workflow.overwrite_configfiles:

    configfile: "config.yaml"


include: "workflow/rules/common.smk"
include: "workflow/rules/dataset.smk"
include: "workflow/rules/features.smk"
include: "workflow/rules/splits.smk"
include: "workflow/rules/queries.smk"
include: "workflow/rules/evaluation.smk"
include: "workflow/rules/ceiling.smk"
include: "workflow/rules/pictures.smk"
include: "workflow/rules/tracking.smk"
include: "workflow/rules/verify.smk"


if not IS_MODULE:

    include: "workflow/rules/paper.smk"


if EXPERIMENT.finetunes:

    include: "workflow/rules/finetuning.smk"

else:

    include: "workflow/rules/linear_evaluation.smk"


report: "workflow/report/workflow.rst"


# Every file of every job is named here: Snakemake recreates a missing file only if a target names it.
rule all:
    """Make everything: figures, tables, and all files on the way."""
    input:
        lambda wildcards: arguments.graph.files(PATHS.targets()),
    localrule: True


rule figures:
    """Make figures and tables, and what they need."""
    input:
        PATHS.figures(),
        PATHS.tables(),
        PATHS.costs(),
    localrule: True


rule features:
    """Make the features of the first backbone."""
    input:
        PATHS.features,
    localrule: True
