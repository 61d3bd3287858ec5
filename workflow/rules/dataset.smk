# From the user's files to a table of samples.


rule dataset:
    """List the images: labels, classes, paths, and the pixels of small images."""
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
        *arguments("dataset"),
    shell:
        program("dataset")
