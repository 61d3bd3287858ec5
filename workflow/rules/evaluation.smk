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


# One rule each, because each has its caption.
for figure in PLAN.figure_names:

    rule:
        name:
            f"figure_{figure}"
        input:
            curves="results/{experiment}/curves.csv",
            class_counts="results/{experiment}/class_counts.csv",
        output:
            pdf=f"results/{{experiment}}/figures/{figure}.pdf",
            png=report(
                f"results/{{experiment}}/figures/{figure}.png",
                caption=f"../report/{figure}.rst",
                category="Figures",
                labels={"figure": figure.replace("_", " ")},
            ),
        log:
            f"results/logs/{{experiment}}/figures/{figure}.log",
        conda:
            "../../envs/activepool.yaml"
        params:
            figure=figure,
            settings=settings("figure"),
            upper_references=PLAN.upper_references_options(),
            provenance=PLAN.chain.provenance_of_drawing("figure", figure),
        shell:
            "python -m activepool.stages.figure --figure {params.figure} --curves {input.curves}"
            " --class-counts {input.class_counts} {params.upper_references:q} --settings {params.settings:q}"
            " --output-pdf {output.pdf} --output-png {output.png} 2> >(tee {log} >&2)"


for table in PLAN.table_names:

    rule:
        name:
            f"table_{table}"
        input:
            "results/{experiment}/curves.csv",
        output:
            report(
                f"results/{{experiment}}/tables/{table}.csv",
                caption=f"../report/{table}.rst",
                category="Tables",
                labels={"table": table.replace("_", " ")},
            ),
        log:
            f"results/logs/{{experiment}}/tables/{table}.log",
        conda:
            "../../envs/activepool.yaml"
        params:
            table=table,
            settings=settings("table"),
            upper_references=PLAN.upper_references_options(),
            provenance=PLAN.chain.provenance_of_drawing("table", table),
        shell:
            "python -m activepool.stages.table --table {params.table} --curves {input}"
            " {params.upper_references:q} --settings {params.settings:q} --output {output} 2> >(tee {log} >&2)"
