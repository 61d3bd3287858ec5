# Training of a round in linear evaluation: a head on the cached features.

from activepool.heads.settings import SgdSettings

TRAINED = {"head": f"{ROUND}/head.h5", "metrics": f"{ROUND}/metrics.json"}
if EXPERIMENT.head.solver == SgdSettings.solver:
    TRAINED["curve"] = f"{ROUND}/sgd.csv"


rule train:
    """Train the linear head of a round and evaluate it on the test set."""
    input:
        features=PATHS.features,
        validation=VALIDATION,
        labelled=f"{ROUND}/labelled.csv",
    output:
        **TRAINED,
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
