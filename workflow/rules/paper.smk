# The figures of all experiments of the paper: one run of this workflow for each.

import shlex
import sys

from planning.paper.experiments import make_experiments, only_plans

# A dry run starts no rule, so it plans the experiments here.
if workflow.is_main_process and only_plans(sys.argv[1:]):
    if make_experiments(PAPER_EXPERIMENTS, sys.argv[1:]):
        sys.exit(1)  # the last lines have said why


rule paper_figures:
    """On request: make the figures of all of the paper's experiments."""
    log:
        "results/logs/paper_figures.log",
    localrule: True
    conda:
        ENVIRONMENT
    params:
        experiments=PAPER_EXPERIMENTS,
        # A function, because Snakemake would read braces in a string as wildcards.
        arguments=lambda wildcards: shlex.join(sys.argv[1:]),
    shell:
        "python -m planning.paper.experiments --experiments {params.experiments} --arguments={params.arguments:q} --log {log}"
