# Drawn once per seed, before the first query: the validation split and the labelled sets of round 0.

from typing import get_args

from planning.configuration.sections import DrawnKind

# Round 0 of the strategies that start from a kind of labelled set.
INITIAL = "results/{experiment}/initial_{kind}/seed{seed}/round00"


rule validation:
    """Set aside the validation split."""
    input:
        samples=PATHS.samples,
    output:
        validation=VALIDATION,
    log:
        f"{LOGS}/splits/seed{{seed}}.validation.log",
    localrule: True
    conda:
        ENVIRONMENT
    params:
        *arguments("validation"),
    shell:
        program("validation")


DRAWN = [kind for kind in EXPERIMENT.initial_kinds if kind in get_args(DrawnKind)]
PICKED = [kind for kind in EXPERIMENT.initial_kinds if kind not in DRAWN]

if DRAWN:

    rule initial_labelled:
        """Pick the labelled set of round 0."""
        input:
            samples=PATHS.samples,
            validation=VALIDATION,
        output:
            selected=f"{INITIAL}/selected.csv",
            labelled=f"{INITIAL}/labelled.csv",
        log:
            f"{LOGS}/initial_{{kind}}/seed{{seed}}/round00.select.log",
        wildcard_constraints:
            kind=one_of(DRAWN),
        localrule: True
        conda:
            ENVIRONMENT
        params:
            *arguments("initial_labelled"),
        shell:
            program("initial_labelled")


# One rule each, because each depends on the code of its strategy.
for picked in PICKED:

    rule:
        """Pick the labelled set of round 0 by a strategy that needs no label."""
        name:
            f"select_initial_{picked}"
        input:
            features=PATHS.features,
            validation=VALIDATION,
        output:
            selected=f"{INITIAL}/selected.csv",
            labelled=f"{INITIAL}/labelled.csv",
        log:
            f"{LOGS}/initial_{{kind}}/seed{{seed}}/round00.select.log",
        wildcard_constraints:
            kind=picked,
        retries: RESOURCES.retries
        conda:
            ENVIRONMENT
        resources:
            **RESOURCES.of_features(3000, 30, share=1.2, minutes_per_gb=20),
        params:
            *arguments("select_initial"),
        shell:
            program("select_initial")
