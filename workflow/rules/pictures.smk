# Pictures of the picks with the first seed: contact sheets of the images, and a map of the pool.


rule contact_sheet:
    """Show the images that a strategy picked."""
    input:
        dataset=PATHS.dataset,
        selected=lambda wildcards: PATHS.pictured_selections(wildcards.strategy),
        labelled=lambda wildcards: PATHS.last_rounds(wildcards.strategy, seeds=EXPERIMENT.seed_list[:1]),
    output:
        sheet=report(
            "results/{experiment}/figures/contact_sheet_{strategy}.png",
            caption="../report/contact_sheet.rst",
            category="Selections",
            labels={"figure": "contact sheet: {strategy}"},
        ),
    log:
        f"{LOGS}/figures/contact_sheet_{{strategy}}.log",
    wildcard_constraints:
        strategy=one_of(EXPERIMENT.strategy_folders),
    conda:
        ENVIRONMENT
    params:
        *arguments("contact_sheet"),
    shell:
        program("contact_sheet")


rule projection:
    """Project the features to the plane."""
    input:
        features=f"{FEATURES}/features.h5",
    output:
        map=f"{FEATURES}/map_{{method}}.h5",
    log:
        "results/logs/features/{dataset}/{backbone}.projection_{method}.log",
    conda:
        ENVIRONMENT
    threads: 2
    resources:
        mem_mb=4000,
        runtime=240,
    params:
        *arguments("projection"),
    shell:
        program("projection")


rule feature_map:
    """Show where in the pool each strategy picked."""
    input:
        map=PATHS.map,
        selected=PATHS.pictured_selections(*EXPERIMENT.strategy_folders),
    output:
        pdf="results/{experiment}/figures/feature_map.pdf",
        png=report(
            "results/{experiment}/figures/feature_map.png",
            caption="../report/feature_map.rst",
            category="Features",
            labels={"figure": "feature map"},
        ),
    log:
        f"{LOGS}/figures/feature_map.log",
    localrule: True
    conda:
        ENVIRONMENT
    params:
        *arguments("feature_map"),
    shell:
        program("feature_map")
