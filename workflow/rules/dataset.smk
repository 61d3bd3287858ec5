# From the user's files to one table of samples.


rule dataset:
    output:
        dataset="results/datasets/{dataset}/dataset.h5",
        unreadable="results/datasets/{dataset}/unreadable.csv",
    log:
        "results/logs/datasets/{dataset}.log",
    conda:
        ENVIRONMENT
    threads: 2
    resources:
        mem_mb=4000,
        runtime=240,
    params:
        settings=untracked(json.dumps(given(EXPERIMENT.dataset))),
        provenance=provenance("dataset"),
    shell:
        "python -m activepool.stages.dataset --dataset {params.settings:q} --workers {threads}"
        " --output {output.dataset} --unreadable {output.unreadable}"
        " --provenance {params.provenance:q} --log {log}"
