# End-to-end training of a round: the whole network, and its features of the pool for the next query. These
# features are large; Snakemake deletes them when no job needs them any more.


FINETUNED = {
    "head": f"{ROUND}/head.h5",
    "metrics": f"{ROUND}/metrics.json",
    "curve": f"{ROUND}/finetune.csv",
}
if EXPERIMENT.changes_features:
    FINETUNED["network"] = f"{ROUND}/network.safetensors"


rule finetune:
    """Train the network of a round, or only its head, on images and evaluate it on the test set."""
    input:
        dataset=PATHS.dataset,
        checkpoint=PATHS.checkpoint_inputs,
        validation=VALIDATION,
        labelled=f"{ROUND}/labelled.csv",
    output:
        **FINETUNED,
    log:
        f"{ROUND_LOGS}.finetune.log",
    retries: RESOURCES.retries
    conda:
        ENVIRONMENT
    threads: 2
    resources:
        **RESOURCES.of_images(8000, 2880),
        processes=1,
    params:
        *arguments("finetune"),
    shell:
        program("finetune")


if EXPERIMENT.changes_features:

    use rule extract as extract_round with:
        """Pass a shard of the images through the network of a round."""
        input:
            dataset=PATHS.dataset,
            checkpoint=f"{ROUND}/network.safetensors",
        output:
            features=temp(f"{ROUND}/shards/{{shard}}-of-{{shards}}.h5"),
        log:
            f"{ROUND_LOGS}.extract/{{shard}}-of-{{shards}}.log",
        params:
            *arguments("extract"),

    use rule gather as gather_round with:
        """Join the shards of a round's features."""
        input:
            dataset=PATHS.dataset,
            shards=PATHS.shards(ROUND),
        output:
            features=temp(f"{ROUND}/features.h5"),
        log:
            f"{ROUND_LOGS}.gather.log",
        params:
            *arguments("gather"),
