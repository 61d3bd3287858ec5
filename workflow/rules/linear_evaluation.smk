# A round's training in linear evaluation: a head on the cached features.


rule train:
    input:
        features=PLAN.features,
        validation="results/{experiment}/splits/seed{seed}/validation.csv",
        labelled="results/{experiment}/{strategy}/seed{seed}/round{round}/labelled.csv",
    output:
        head="results/{experiment}/{strategy}/seed{seed}/round{round}/head.h5",
        metrics="results/{experiment}/{strategy}/seed{seed}/round{round}/metrics.json",
    log:
        "results/logs/{experiment}/{strategy}/seed{seed}/round{round}.train.log",
    retries: NEEDS.retries
    group:
        NEEDS.training_group
    conda:
        ENVIRONMENT
    resources:
        mem_mb=NEEDS.memory(3000, 0.6),
        runtime=NEEDS.runtime(30, 60),
        gpu=PLAN.gpus,
        device=EXPERIMENT.device,
    params:
        head=json.dumps(PLAN.chain.settings("train")),
        annotations=OPTIONS.annotations,
        labels=LATE_LABELS.of_round,
        provenance=provenance("train"),
    shell:
        "python -m activepool.stages.train --head {params.head:q} --features {input.features}"
        " --validation {input.validation} --labelled {input.labelled} {params.annotations:q}"
        " --seed {wildcards.seed} --round {wildcards.round} --device {resources.device} --workers {threads}"
        " --output {output.head} --metrics {output.metrics}"
        " --provenance {params.provenance:q} 2> >(tee {log} >&2)"
