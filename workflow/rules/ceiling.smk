# The ceiling: a training on all labels of the pool, for each seed. It runs like a round, in its own folder.

from planning.configuration.sections import FULL_POOL


rule full_pool:
    """List all labelled samples of the pool."""
    input:
        samples=PATHS.samples,
        validation=VALIDATION,
        # Late labels are complete only after all rounds.
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
    """Join the metrics of the trainings on all labels."""
    input:
        metrics=PATHS.ceiling_metrics(),
        samples=PATHS.samples,
    output:
        curves="results/{experiment}/ceiling.csv",
        class_counts="results/{experiment}/ceiling_class_counts.csv",
    log:
        f"{LOGS}/ceiling.log",
    params:
        *arguments("curves", runs=arguments.settings.ceiling_runs()),
