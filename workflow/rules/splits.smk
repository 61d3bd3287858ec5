# What is fixed before the first round, per seed: the validation split and the initial pool.


rule validation:
    input:
        PLAN.samples,
    output:
        "results/{experiment}/splits/seed{seed}/validation.csv",
    log:
        "results/logs/{experiment}/splits/seed{seed}.validation.log",
    localrule: True
    conda:
        ENVIRONMENT
    params:
        fraction=setting("validation", "fraction"),
        provenance=provenance("validation"),
    shell:
        "python -m activepool.stages.validation --samples {input} --fraction {params.fraction}"
        " --seed {wildcards.seed} --output {output}"
        " --provenance {params.provenance:q} 2> >(tee {log} >&2)"


rule initial_pool:
    input:
        samples=PLAN.samples,
        validation="results/{experiment}/splits/seed{seed}/validation.csv",
    output:
        selected="results/{experiment}/initial_{kind}/seed{seed}/round00/selected.csv",
        labelled="results/{experiment}/initial_{kind}/seed{seed}/round00/labelled.csv",
    log:
        "results/logs/{experiment}/initial_{kind}/seed{seed}/round00.select.log",
    localrule: True
    conda:
        ENVIRONMENT
    params:
        size=setting("initial_pool", "size"),
        provenance=provenance("initial_pool"),
    shell:
        "python -m activepool.stages.initial_pool --samples {input.samples} --validation {input.validation}"
        " --kind {wildcards.kind} --size {params.size} --seed {wildcards.seed}"
        " --output {output.selected} --output-labelled {output.labelled}"
        " --provenance {params.provenance:q} 2> >(tee {log} >&2)"
