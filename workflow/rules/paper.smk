# The figures of all of the paper's experiments: this workflow once for each.

from planning.paper import make_experiments, only_plans

# A dry run starts no rule: it plans the experiments here, and ends.
if workflow.is_main_process and only_plans(sys.argv[1:]):
    sys.exit(make_experiments(PAPER_EXPERIMENTS, sys.argv[1:]))


rule paper_figures:
    log:
        "results/logs/paper_figures.log",
    localrule: True
    conda:
        ENVIRONMENT
    params:
        experiments=PAPER_EXPERIMENTS,
        # A function, because Snakemake would take braces in a text for wildcards.
        arguments=lambda wildcards: shlex.join(sys.argv[1:]),
    shell:
        "python -m planning.paper --experiments {params.experiments} --arguments={params.arguments:q} --log {log}"
