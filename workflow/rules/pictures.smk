# Pictures of what was picked, with the first seed: contact sheets of the images, and where the picks lie among all
# features.


rule contact_sheet:
    input:
        dataset=PLAN.dataset,
        selected=lambda wildcards: PLAN.pictured_selections(wildcards.strategy),
        labelled=PLAN.awaited_labels,
    output:
        report(
            "results/{experiment}/figures/contact_sheet_{strategy}.png",
            caption="../report/contact_sheet.rst",
            category="Selections",
            labels={"figure": "contact sheet: {strategy}"},
        ),
    log:
        "results/logs/{experiment}/figures/contact_sheet_{strategy}.log",
    wildcard_constraints:
        strategy=one_of(PLAN.strategies()),
    conda:
        ENVIRONMENT
    params:
        runs=lambda wildcards: OPTIONS.pictured_runs(wildcards.strategy),
        annotations=OPTIONS.annotations,
        labels=LATE_LABELS.of_pictures,
        oracles=OPTIONS.oracles(),
        provenance=provenance("contact_sheet"),
    shell:
        "python -m activepool.stages.contact_sheet --dataset {input.dataset} {params.runs:q}"
        " {params.annotations:q} {params.oracles:q}"
        " --output {output}"
        " --provenance {params.provenance:q} 2> >(tee {log} >&2)"


rule projection:
    input:
        "results/features/{dataset}/{backbone}/features.h5",
    output:
        "results/features/{dataset}/{backbone}/map_{method}.h5",
    log:
        "results/logs/features/{dataset}/{backbone}.projection_{method}.log",
    conda:
        ENVIRONMENT
    threads: 2
    resources:
        mem_mb=4000,
        runtime=240,
    params:
        provenance=provenance("projection"),
    shell:
        "python -m activepool.stages.projection --features {input} --method {wildcards.method}"
        " --workers {threads} --output {output}"
        " --provenance {params.provenance:q} 2> >(tee {log} >&2)"


rule feature_map:
    input:
        map=PLAN.map,
        selected=PLAN.pictured_selections(*PLAN.strategies()),
    output:
        pdf="results/{experiment}/figures/feature_map.pdf",
        png=report(
            "results/{experiment}/figures/feature_map.png",
            caption="../report/feature_map.rst",
            category="Features",
            labels={"figure": "feature map"},
        ),
    log:
        "results/logs/{experiment}/figures/feature_map.log",
    localrule: True
    conda:
        ENVIRONMENT
    params:
        runs=OPTIONS.pictured_runs(*PLAN.strategies()),
        oracles=OPTIONS.oracles(),
        provenance=json.dumps(
            PLAN.chain.provenance("projection")
            | PLAN.chain.provenance_of_all("feature_map")
        ),
    shell:
        "python -m activepool.stages.feature_map --map {input.map} {params.runs:q} {params.oracles:q}"
        " --output-pdf {output.pdf} --output-png {output.png}"
        " --provenance {params.provenance:q} 2> >(tee {log} >&2)"
