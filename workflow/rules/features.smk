# From images to features.h5: pretraining, extraction in shards, and the gathering of these.
# Embeddings that exist already are checked and copied instead.

if EXPERIMENT.dataset.kind == "embeddings":

    ruleorder: embeddings > gather

else:

    ruleorder: gather > embeddings


rule embeddings:
    output:
        "results/features/{dataset}/{backbone}/features.h5",
    log:
        "results/logs/features/{dataset}/{backbone}.embeddings.log",
    conda:
        ENVIRONMENT
    resources:
        mem_mb=4000,
        runtime=120,
    params:
        settings=untracked(json.dumps(given(EXPERIMENT.dataset))),
        provenance=provenance("embeddings"),
    shell:
        "python -m activepool.stages.embeddings --embeddings {params.settings:q} --output {output}"
        " --provenance {params.provenance:q} 2> >(tee {log} >&2)"


rule pretrain:
    input:
        "results/datasets/{dataset}/dataset.h5",
    output:
        backbone="results/pretrained/{dataset}/{backbone}/backbone.safetensors",
        curve="results/pretrained/{dataset}/{backbone}/pretrain.csv",
    log:
        "results/logs/pretrained/{dataset}/{backbone}.log",
    conda:
        ENVIRONMENT
    threads: 2
    resources:
        mem_mb=8000,
        runtime=2880,
        gpu=PLAN.gpus,
        device=EXPERIMENT.device,
        # How many train together, each on a GPU of its own; a profile sets it together with gpu.
        processes=1,
    params:
        backbone=setting("pretrain", "backbone"),
        pretrain=setting("pretrain", "pretrain"),
        provenance=provenance("pretrain"),
    shell:
        "python -m activepool.parallel.launch --processes {resources.processes} activepool.stages.pretrain"
        " --dataset {input} --backbone {params.backbone:q}"
        " --pretrain {params.pretrain:q} --device {resources.device} --workers {threads}"
        " --output {output.backbone} --curve {output.curve}"
        " --provenance {params.provenance:q} --log {log}"


rule figure_pretraining:
    input:
        "results/pretrained/{dataset}/{backbone}/pretrain.csv",
    output:
        pdf="results/pretrained/{dataset}/{backbone}/pretrain.pdf",
        png=report(
            "results/pretrained/{dataset}/{backbone}/pretrain.png",
            caption="../report/pretraining.rst",
            category="Features",
            labels={"figure": "pretraining"},
        ),
    log:
        "results/logs/pretrained/{dataset}/{backbone}.figure.log",
    localrule: True
    conda:
        ENVIRONMENT
    params:
        provenance=provenance("pretraining_figure"),
    shell:
        "python -m activepool.stages.pretraining_figure --curve {input}"
        " --output-pdf {output.pdf} --output-png {output.png}"
        " --provenance {params.provenance:q} 2> >(tee {log} >&2)"


rule extract:
    input:
        dataset="results/datasets/{dataset}/dataset.h5",
        checkpoint=PLAN.checkpoint_inputs,
    output:
        temp("results/features/{dataset}/{backbone}/shards/{shard}-of-{shards}.h5"),
    log:
        "results/logs/features/{dataset}/{backbone}/{shard}-of-{shards}.log",
    conda:
        ENVIRONMENT
    resources:
        mem_mb=8000,
        runtime=720,
        gpu=PLAN.gpus,
        device=EXPERIMENT.device,
    params:
        backbone=setting("extract", "backbone"),
        batch_size=setting("extract", "batch_size"),
        dtype=setting("extract", "dtype"),
        views=setting("extract", "views"),
        augmentation=setting("extract", "augmentation"),
        checkpoint=OPTIONS.checkpoint,
        provenance=provenance("extract"),
    shell:
        "python -m activepool.stages.extract --dataset {input.dataset} --backbone {params.backbone:q}"
        " --checkpoint={params.checkpoint:q} --shard {wildcards.shard} --shards {wildcards.shards}"
        " --batch-size {params.batch_size} --views {params.views}"
        " --augmentation {params.augmentation} --dtype {params.dtype}"
        " --device {resources.device} --workers {threads} --output {output}"
        " --provenance {params.provenance:q} --log {log}"


rule gather:
    input:
        dataset="results/datasets/{dataset}/dataset.h5",
        shards=PLAN.shards(),
    output:
        "results/features/{dataset}/{backbone}/features.h5",
    log:
        "results/logs/features/{dataset}/{backbone}.gather.log",
    conda:
        ENVIRONMENT
    resources:
        mem_mb=4000,
        runtime=120,
    params:
        provenance=provenance("gather"),
    shell:
        "python -m activepool.stages.gather --dataset {input.dataset} --shards {input.shards}"
        " --output {output}"
        " --provenance {params.provenance:q} 2> >(tee {log} >&2)"
