# Training of a round in linear evaluation: a head on the cached features.


rule train:
    """Train the linear head of a round and evaluate it on the test set."""
    input:
        features=PATHS.features,
        validation=VALIDATION,
        labelled=f"{ROUND}/labelled.csv",
    output:
        head=f"{ROUND}/head.h5",
        metrics=f"{ROUND}/metrics.json",
    log:
        f"{ROUND_LOGS}.train.log",
    retries: RESOURCES.retries
    group:
        RESOURCES.training_group
    conda:
        ENVIRONMENT
    resources:
        **RESOURCES.of_features(3000, 30, share=0.6, minutes_per_gb=60),
    params:
        *arguments("train"),
    shell:
        program("train")
