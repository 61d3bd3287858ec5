# Whether what is in results/ is what was written there. It has no inputs, so that it looks before anything is made
# again.


rule verify:
    log:
        "results/logs/verify.log",
    localrule: True
    conda:
        ENVIRONMENT
    shell:
        "python -m activepool.stages.verify --results results 2> >(tee {log} >&2)"
