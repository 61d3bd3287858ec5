# What all labels of the pool would bring: a training on the whole of it, for each seed. It is trained and measured
# as a round is, in a folder of its own.


rule full_pool:
    input:
        samples=PLAN.samples,
        validation="results/{experiment}/splits/seed{seed}/validation.csv",
        # Labels that come later are all there when all rounds have been trained.
        rounds=PLAN.last_rounds(),
    output:
        f"results/{{experiment}}/{FULL_POOL}/seed{{seed}}/round00/labelled.csv",
    log:
        f"results/logs/{{experiment}}/{FULL_POOL}/seed{{seed}}.log",
    localrule: True
    conda:
        ENVIRONMENT
    params:
        annotations=OPTIONS.annotations,
        labels=LATE_LABELS.of_pool,
        provenance=provenance("full_pool"),
    shell:
        "python -m activepool.stages.full_pool --samples {input.samples} --validation {input.validation}"
        " {params.annotations:q} --output {output} --provenance {params.provenance:q} 2> >(tee {log} >&2)"


use rule curves as ceiling with:
    input:
        metrics=PLAN.ceiling_metrics(),
        samples=PLAN.samples,
    output:
        curves="results/{experiment}/ceiling.csv",
        class_counts="results/{experiment}/ceiling_class_counts.csv",
    log:
        "results/logs/{experiment}/ceiling.log",
    params:
        runs=OPTIONS.ceiling(),
        provenance=json.dumps(PLAN.chain.provenance_of_ceiling()),
