# From images to features.h5: extraction in shards, and joining these.
# Existing embeddings are checked and copied instead.

FEATURES = "results/features/{dataset}/{backbone}"

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
        *arguments("extract", earlier=f"{FEATURES}/features.h5"),
    shell:
        program("extract")
