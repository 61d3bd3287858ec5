# The query of a round: score each sample of the unlabelled pool, then pick.
# labelled.csv holds the picks of all rounds so far, so that a job has few inputs, whatever the round.


rule prepare:
    """Compute, before the first round, what all rounds of a strategy share."""
    input:
        features=PATHS.features,
        validation=VALIDATION,
    output:
        prepared=f"{SEED}/prepared.h5",
    log:
        f"{LOGS}/{{strategy}}/seed{{seed}}.prepare.log",
    wildcard_constraints:
        strategy=strategies_that(lambda entry: entry.declared.prepare),
    conda:
        ENVIRONMENT
    resources:
        **RESOURCES.of_features(4000, 60, share=1.5, minutes_per_gb=60),
    params:
        *arguments("prepare"),
    shell:
        program("prepare")


rule train_on_images:
    """Train a strategy's own model on the images of a round."""
    input:
        dataset=PATHS.dataset,
        validation=VALIDATION,
        labelled=PATHS.previous("labelled.csv"),
        metrics=PATHS.metrics_of_head,
    output:
        model=f"{ROUND}/image_model.safetensors",
    log:
        f"{ROUND_LOGS}.train_on_images.log",
    wildcard_constraints:
        strategy=strategies_that(lambda entry: entry.declared.image_model),
    group:
        RESOURCES.query_group
    conda:
        ENVIRONMENT
    resources:
        **RESOURCES.of_images(8000, 720),
    params:
        *arguments("train_on_images"),
    shell:
        program("train_on_images")


# With pool_shards, one job scores each shard of the pool, and gather_scores joins the shards.
rule score:
    """Score the pool, or a shard of it, sample by sample."""
    input:
        features=PATHS.scoring_features,
        validation=VALIDATION,
        labelled=PATHS.previous("labelled.csv"),
        head=PATHS.scoring_head,
        prepared=PATHS.scoring_prepared,
        dataset=PATHS.image_dataset,
        model=PATHS.image_model,
    output:
        scores=(
            temp(f"{ROUND}/scores/{{shard}}-of-{{shards}}.h5")
            if EXPERIMENT.in_shards
            else f"{ROUND}/scores.h5"
        ),
    log:
        f"{ROUND_LOGS}.score/{{shard}}-of-{{shards}}.log"
        if EXPERIMENT.in_shards
        else f"{ROUND_LOGS}.score.log",
    retries: RESOURCES.retries
    group:
        RESOURCES.query_group
    conda:
        ENVIRONMENT
    resources:
        **RESOURCES.of_features(2000, 15, share=0.3, minutes_per_gb=10),
    params:
        *arguments("score"),
    shell:
        program("score")


if EXPERIMENT.in_shards:

    rule gather_scores:
        """Join the scores of all shards."""
        input:
            shards=PATHS.score_shards,
        output:
            scores=f"{ROUND}/scores.h5",
        log:
            f"{ROUND_LOGS}.gather_scores.log",
        conda:
            ENVIRONMENT
        resources:
            mem_mb=4000,
            runtime=30,
        params:
            *arguments("gather_scores"),
        shell:
            program("gather_scores")


# What a strategy picks from; a function returns [] for what the strategy does not read.
SELECTED_FROM = {
    "features": PATHS.selection_features,
    "validation": VALIDATION,
    "labelled": PATHS.previous("labelled.csv"),
    "head": PATHS.selection_head,
    "scores": PATHS.scores,
    "prepared": PATHS.prepared,
}
SELECTED = {
    "selected": f"{ROUND}/selected.csv",
    "labelled_with_picks": f"{ROUND}/labelled.csv",
}


rule select:
    """Pick the samples of a round."""
    input:
        **SELECTED_FROM,
    output:
        **SELECTED,
    log:
        f"{ROUND_LOGS}.select.log",
    wildcard_constraints:
        strategy=strategies_that(lambda entry: not PATHS.keeps_state(entry)),
    retries: RESOURCES.retries
    group:
        RESOURCES.query_group
    conda:
        ENVIRONMENT
    resources:
        **RESOURCES.of_features(3000, 30, share=1.2, minutes_per_gb=20),
    params:
        *arguments("select"),
    shell:
        program("select")


use rule select as select_with_state with:
    """Pick the samples of a round, with a strategy that keeps state between rounds."""
    input:
        **SELECTED_FROM,
        state=PATHS.previous_state,
    output:
        **SELECTED,
        next_state=f"{ROUND}/state.h5",
    wildcard_constraints:
        strategy=strategies_that(PATHS.keeps_state),
    params:
        *arguments("select"),
