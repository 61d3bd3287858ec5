# From images to features.h5: pretraining, extraction in shards, and joining these.
# Existing embeddings are checked and copied instead.

if PATHS.is_embedded:

    rule embeddings:
        """Check existing embeddings and copy them."""
        output:
            features=f"{FEATURES}/features.h5",
        log:
            "results/logs/features/{dataset}/{backbone}.embeddings.log",
        conda:
            ENVIRONMENT
        resources:
            mem_mb=4000,
            runtime=120,
        params:
            *arguments("embeddings"),
        shell:
            program("embeddings")

else:

    rule gather:
        """Join the shards of the features."""
        input:
            dataset="results/datasets/{dataset}/dataset.h5",
            shards=PATHS.shards(FEATURES),
        output:
            features=f"{FEATURES}/features.h5",
        log:
            "results/logs/features/{dataset}/{backbone}.gather.log",
        conda:
            ENVIRONMENT
        resources:
            mem_mb=4000,
            runtime=120,
        params:
            *arguments("gather"),
        shell:
            program("gather")


rule pretrain:
    """Pretrain the backbone on the dataset's own images, without labels."""
    input:
        dataset="results/datasets/{dataset}/dataset.h5",
    output:
        weights="results/pretrained/{dataset}/{backbone}/backbone.safetensors",
        curve="results/pretrained/{dataset}/{backbone}/pretrain.csv",
    log:
        "results/logs/pretrained/{dataset}/{backbone}.log",
    conda:
        ENVIRONMENT
    threads: 2
    resources:
        **RESOURCES.of_images(8000, 2880),
        # Processes that train together, each on its own GPU; a profile sets it together with gpu.
        processes=1,
    params:
        *arguments("pretrain"),
    shell:
        program("pretrain")


rule figure_pretraining:
    """Draw the loss and k-NN accuracy of the pretraining."""
    input:
        curve="results/pretrained/{dataset}/{backbone}/pretrain.csv",
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
        *arguments("pretraining_figure"),
    shell:
        program("pretraining_figure")


rule extract:
    """Extract the features of a shard of the images."""
    input:
        dataset="results/datasets/{dataset}/dataset.h5",
        checkpoint=PATHS.checkpoint_inputs,
    output:
        features=temp(f"{FEATURES}/shards/{{shard}}-of-{{shards}}.h5"),
    log:
        "results/logs/features/{dataset}/{backbone}/{shard}-of-{shards}.log",
    conda:
        ENVIRONMENT
    resources:
        **RESOURCES.of_images(8000, 720),
    params:
        *arguments("extract"),
    shell:
        program("extract")
