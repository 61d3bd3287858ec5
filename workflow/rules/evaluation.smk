# From the metrics of all rounds to curves, figures and tables; all of them from cached files alone.


rule curves:
    input:
        PLAN.metrics(),
    output:
        curves="results/{experiment}/curves.csv",
        class_counts="results/{experiment}/class_counts.csv",
    log:
        "results/logs/{experiment}/curves.log",
    conda:
        "../../envs/activepool.yaml"
    params:
        strategies=[strategy.folder for strategy in EXPERIMENT.strategies],
        provenance=PLAN.chain.provenance_of_all("curves"),
    shell:
        "python -m activepool.stages.curves --metrics {input} --strategies {params.strategies:q}"
        " --output-curves {output.curves} --output-class-counts {output.class_counts} 2> >(tee {log} >&2)"


rule figure:
    input:
        curves="results/{experiment}/curves.csv",
        class_counts="results/{experiment}/class_counts.csv",
    output:
        pdf="results/{experiment}/figures/{figure}.pdf",
        png=report(
            "results/{experiment}/figures/{figure}.png",
            caption="../report/{figure}.rst",
            category="Figures",
            labels={"figure": "{figure}"},
        ),
    log:
        "results/logs/{experiment}/figures/{figure}.log",
    conda:
        "../../envs/activepool.yaml"
    params:
        settings=settings("figure"),
        upper_references=PLAN.upper_references_options(),
        provenance=lambda wildcards: PLAN.chain.provenance_of_drawing(
            "figure", wildcards.figure
        ),
    shell:
        "python -m activepool.stages.figure --figure {wildcards.figure} --curves {input.curves}"
        " --class-counts {input.class_counts} {params.upper_references:q} --settings {params.settings:q}"
        " --output-pdf {output.pdf} --output-png {output.png} 2> >(tee {log} >&2)"


rule table:
    input:
        "results/{experiment}/curves.csv",
    output:
        report(
            "results/{experiment}/tables/{table}.csv",
            caption="../report/{table}.rst",
            category="Tables",
            labels={"table": "{table}"},
        ),
    log:
        "results/logs/{experiment}/tables/{table}.log",
    conda:
        "../../envs/activepool.yaml"
    params:
        settings=settings("table"),
        upper_references=PLAN.upper_references_options(),
        provenance=lambda wildcards: PLAN.chain.provenance_of_drawing(
            "table", wildcards.table
        ),
    shell:
        "python -m activepool.stages.table --table {wildcards.table} --curves {input}"
        " {params.upper_references:q} --settings {params.settings:q} --output {output} 2> >(tee {log} >&2)"
