# A round's training end to end: the whole network, and the features of the pool by this network, which the next
# query reads. They are large, and deleted when no job needs them any more.

RUN = "results/{experiment}/{strategy}/seed{seed}/round{round}"


rule finetune:
    input:
        dataset=PLAN.dataset,
        checkpoint=PLAN.checkpoint_inputs,
        validation="results/{experiment}/splits/seed{seed}/validation.csv",
        labelled=f"{RUN}/labelled.csv",
    output:
        network=f"{RUN}/network.safetensors",
        head=f"{RUN}/head.h5",
        metrics=f"{RUN}/metrics.json",
        curve=f"{RUN}/finetune.csv",
    log:
        "results/logs/{experiment}/{strategy}/seed{seed}/round{round}.finetune.log",
    retries: NEEDS.retries
    conda:
        ENVIRONMENT
    threads: 2
    resources:
        mem_mb=8000,
        runtime=2880,
        gpu=PLAN.gpus,
        device=EXPERIMENT.device,
        processes=1,
    params:
        head=setting("finetune", "head"),
        backbone=setting("finetune", "backbone"),
        checkpoint=OPTIONS.checkpoint,
        annotations=OPTIONS.annotations,
        labels=LATE_LABELS.of_round,
        provenance=provenance("finetune"),
    shell:
        "python -m activepool.parallel.launch --processes {resources.processes} activepool.stages.finetune"
        " --head {params.head:q} --backbone {params.backbone:q}"
        " --checkpoint={params.checkpoint:q} --dataset {input.dataset} --validation {input.validation}"
        " --labelled {input.labelled} {params.annotations:q} --seed {wildcards.seed} --round {wildcards.round}"
        " --device {resources.device} --workers {threads} --output {output.network}"
        " --output-head {output.head} --metrics {output.metrics} --curve {output.curve}"
        " --provenance {params.provenance:q} --log {log}"


use rule extract as extract_round with:
    input:
        dataset=PLAN.dataset,
        checkpoint=f"{RUN}/network.safetensors",
    output:
        temp(f"{RUN}/shards/{{shard}}-of-{{shards}}.h5"),
    log:
        "results/logs/{experiment}/{strategy}/seed{seed}/round{round}.extract/{shard}-of-{shards}.log",
    params:
        backbone=setting("extract_round", "backbone"),
        batch_size=setting("extract_round", "batch_size"),
        dtype=setting("extract_round", "dtype"),
        views=0,
        augmentation="crop",
        checkpoint=lambda wildcards, input: input.checkpoint,
        provenance=provenance("extract_round"),


use rule gather as gather_round with:
    input:
        dataset=PLAN.dataset,
        shards=PLAN.shards_in(RUN),
    output:
        temp(f"{RUN}/features.h5"),
    log:
        "results/logs/{experiment}/{strategy}/seed{seed}/round{round}.gather.log",
    params:
        provenance=provenance("gather_round"),
