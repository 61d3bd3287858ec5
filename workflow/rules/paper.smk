# The figures of all of the paper's experiments: this workflow once for each.


rule paper_figures:
    log:
        "results/logs/paper_figures.log",
    localrule: True
    conda:
        "../../envs/activepool.yaml"
    params:
        experiments=PAPER_EXPERIMENTS,
        arguments=shlex.join(sys.argv[1:]),
    shell:
        "python -m planning.paper --experiments {params.experiments} --arguments={params.arguments:q}"
        " 2> >(tee {log} >&2)"
