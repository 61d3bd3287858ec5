# What all labels of the pool would bring: a training on the whole of it, for each seed. It is trained and measured
# as a round is, in a folder of its own.


rule full_pool:
    """List all samples of the pool whose labels are known."""
    input:
        samples=PATHS.samples,
        validation=VALIDATION,
        # Labels that come later are all there when all rounds have been trained.
        rounds=PATHS.last_rounds(),
    output:
        labelled=f"results/{{experiment}}/{FULL_POOL}/seed{{seed}}/round00/labelled.csv",
    log:
        f"{LOGS}/{FULL_POOL}/seed{{seed}}.log",
    localrule: True
    conda:
        ENVIRONMENT
    params:
        *arguments("full_pool"),
    shell:
        program("full_pool")


use rule curves as ceiling with:
    input:
        metrics=[f"{run}/metrics.json" for run in PATHS.ceiling_runs()],
        samples=PATHS.samples,
    output:
        curves="results/{experiment}/ceiling.csv",
        class_counts="results/{experiment}/ceiling_class_counts.csv",
    log:
        f"{LOGS}/ceiling.log",
    params:
        *arguments("curves", runs=arguments.settings.ceiling_runs()),
